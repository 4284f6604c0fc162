import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ContentSchema, EnvelopeSchema, type WebSocketMessage, WebSocketMessageSchema } from "@swarmpost/protos";
import { type AccountId, MAX_MESSAGE_BYTES } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import type { Recipient } from "./account-id.ts";
import { ClientError } from "./client-error.ts";
import { pad, unpad } from "./padding.ts";
import { openContent, sealContent } from "./sealed-content.ts";

// Content → padding → signature and seal → Envelope → WebSocketMessage: what `store` carries for a one-to-one message.

const SESSION_MESSAGE = 6;
const REQUEST = 1;

/** A text that one account sent to another. */
export interface TextMessage {
  /** Account ID of the sender, proven by its signature. */
  readonly from: AccountId;
  readonly text: string;
  /** When the sender says it was sent, unix ms. */
  readonly sentMs: number;
  /** Set on the copy that a sender's other devices leave in its own swarm: the account ID it was sent to. */
  readonly sentTo?: string;
}

/**
 * The bytes to store for a text to `recipient`, sent at `sentMs` (unix ms).
 * Throws ClientError "message-too-long" when they pass what a node takes.
 */
export function encodeText(sender: Account, recipient: Recipient, text: string, sentMs: number): Buffer {
  const timestamp = BigInt(sentMs);
  const content = create(ContentSchema, { dataMessage: { body: text, timestamp }, sigTimestamp: timestamp });
  const sealed = sealContent(sender, recipient.x25519, pad(toBinary(ContentSchema, content)));
  const envelope = create(EnvelopeSchema, { type: SESSION_MESSAGE, timestamp, content: sealed });
  const body = toBinary(EnvelopeSchema, envelope);
  const wrapper = create(WebSocketMessageSchema, {
    type: REQUEST,
    request: { verb: "PUT", path: "/api/v1/message", body, id: 0n },
  });
  const bytes = Buffer.from(toBinary(WebSocketMessageSchema, wrapper));
  if (bytes.length > MAX_MESSAGE_BYTES) {
    const excess = Math.ceil((bytes.length - MAX_MESSAGE_BYTES) / 160) * 160;
    throw new ClientError(
      "message-too-long",
      `the message is too long: ${Buffer.byteLength(text)} bytes of text; shorten it by ${excess} bytes or more`,
    );
  }
  return bytes;
}

/**
 * Reads stored bytes as a text to `recipient`. Throws ClientError "unreadable-message" when they are not a message, not for
 * this account, forged, or carry no text (calls, receipts and other kinds, which are not read yet).
 */
export function decodeText(recipient: Account, bytes: Uint8Array): TextMessage {
  const envelope = readEnvelope(bytes);
  const opened = openContent(recipient, envelope.content);
  if (opened === undefined) throw unreadable("it was not sealed to this account, or its signature is wrong");
  const content = read(() => fromBinary(ContentSchema, unpad(opened.content) ?? opened.content));
  const text = content.dataMessage?.body;
  if (text === undefined) throw unreadable("it carries no text");
  const sentMs = Number(content.sigTimestamp ?? envelope.timestamp);
  const sentTo = content.dataMessage?.syncTarget;
  if (sentTo === undefined) return { from: opened.from, text, sentMs };
  if (opened.from !== recipient.id) throw unreadable("it claims to be a copy of a message that this account sent");
  return { from: opened.from, text, sentMs, sentTo };
}

function readEnvelope(bytes: Uint8Array): { content: Uint8Array; timestamp: bigint } {
  const wrapper: WebSocketMessage = read(() => fromBinary(WebSocketMessageSchema, bytes));
  const body = wrapper.request?.body;
  if (body === undefined) throw unreadable("it is not a message");
  const envelope = read(() => fromBinary(EnvelopeSchema, body));
  if (envelope.type !== SESSION_MESSAGE || envelope.content === undefined) throw unreadable("it is of another kind");
  return { content: envelope.content, timestamp: envelope.timestamp };
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw unreadable("it is not a message", cause);
  }
}

function unreadable(why: string, cause?: unknown): ClientError {
  return new ClientError("unreadable-message", `a message can't be read: ${why}`, { cause });
}
