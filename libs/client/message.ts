import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type Content,
  ContentSchema,
  EnvelopeSchema,
  type WebSocketMessage,
  WebSocketMessageSchema,
} from "@swarmpost/protos";
import { type AccountId, MAX_MESSAGE_BYTES } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import type { Recipient } from "./account-id.ts";
import { type Attachment, attachmentOf, attachmentPointer } from "./attachments/attachment.ts";
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
  /** Empty when the message has attachments only. */
  readonly text: string;
  /** When the sender says it was sent, unix ms. */
  readonly sentMs: number;
  /** Set on the copy that a sender's other devices leave in its own swarm: the account ID it was sent to. */
  readonly sentTo?: string;
  /** Files that the message points to; absent when it has none. */
  readonly attachments?: readonly Attachment[];
}

/** What a message says. */
export interface MessageBody {
  readonly text: string;
  readonly attachments?: readonly Attachment[];
  /** Makes it the sender's own copy of a message to this account ID. */
  readonly sentTo?: AccountId;
}

/**
 * The bytes to store for a text to `recipient`, sent at `sentMs` (unix ms).
 * Throws ClientError "message-too-long" when they pass what a node takes.
 */
export function encodeText(sender: Account, recipient: Recipient, text: string, sentMs: number): Buffer {
  return encodeMessage(sender, recipient, { text }, sentMs);
}

/** As `encodeText`, with attachments, or as the sender's own copy. */
export function encodeMessage(sender: Account, recipient: Recipient, message: MessageBody, sentMs: number): Buffer {
  const bytes = encodeContent(sender, recipient, contentOf(message, sentMs), sentMs);
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  const excess = Math.ceil((bytes.length - MAX_MESSAGE_BYTES) / 160) * 160;
  throw new ClientError(
    "message-too-long",
    `the message is too long: ${Buffer.byteLength(message.text)} bytes of text; shorten it by ${excess} bytes or more`,
  );
}

/** The bytes to store for any content to `recipient`. */
export function encodeContent(sender: Account, recipient: Recipient, content: Content, sentMs: number): Buffer {
  const sealed = sealContent(sender, recipient.x25519, pad(toBinary(ContentSchema, content)));
  const envelope = create(EnvelopeSchema, { type: SESSION_MESSAGE, timestamp: BigInt(sentMs), content: sealed });
  const body = toBinary(EnvelopeSchema, envelope);
  const wrapper = create(WebSocketMessageSchema, {
    type: REQUEST,
    request: { verb: "PUT", path: "/api/v1/message", body, id: 0n },
  });
  return Buffer.from(toBinary(WebSocketMessageSchema, wrapper));
}

/**
 * Opens stored bytes: what `from` has sealed to `recipient`, with the time of its envelope. Throws ClientError
 * "unreadable-message" when they are not a message, not for this account, or forged.
 */
export function decodeContent(
  recipient: Account,
  bytes: Uint8Array,
): { readonly from: AccountId; readonly content: Content; readonly envelopeMs: number } {
  const envelope = readEnvelope(bytes);
  const opened = openContent(recipient, envelope.content);
  if (opened === undefined) throw unreadable("it was not sealed to this account, or its signature is wrong");
  return { from: opened.from, content: readContent(opened.content), envelopeMs: Number(envelope.timestamp) };
}

/** Reads what was sealed, with its padding or without. Throws ClientError "unreadable-message". */
export function readContent(padded: Uint8Array): Content {
  return read(() => fromBinary(ContentSchema, unpad(padded) ?? padded));
}

/**
 * Reads stored bytes as a text to `recipient`. Throws ClientError "unreadable-message" when they are not a message, not for
 * this account, forged, or carry no text (calls, receipts and other kinds, which are not read yet).
 */
export function decodeText(recipient: Account, bytes: Uint8Array): TextMessage {
  const { from, content, envelopeMs } = decodeContent(recipient, bytes);
  return ownTextOf(recipient, content, from, envelopeMs);
}

/** Reads an opened content as a text to `recipient`, as `decodeText`. */
export function ownTextOf(recipient: Account, content: Content, from: AccountId, envelopeMs: number): TextMessage {
  const message = textOf(content, from, envelopeMs);
  if (message.sentTo !== undefined && from !== recipient.id) {
    throw unreadable("it claims to be a copy of a message that this account sent");
  }
  return message;
}

/** A message's content before it is padded and sealed; `sentMs` in unix ms. */
export function contentOf({ text, attachments = [], sentTo }: MessageBody, sentMs: number): Content {
  const timestamp = BigInt(sentMs);
  const copy = sentTo === undefined ? {} : { syncTarget: sentTo };
  const dataMessage = { body: text, timestamp, attachments: attachments.map(attachmentPointer), ...copy };
  return create(ContentSchema, { dataMessage, sigTimestamp: timestamp });
}

/** Reads a content as a text of `from`. Throws ClientError "unreadable-message" when it carries neither text nor files. */
export function textOf({ dataMessage, sigTimestamp }: Content, from: AccountId, envelopeMs: number): TextMessage {
  const attachments = (dataMessage?.attachments ?? []).map(attachmentOf).filter((each) => each !== undefined);
  const text = dataMessage?.body ?? (attachments.length > 0 ? "" : undefined);
  if (text === undefined) throw unreadable("it carries no text");
  const sentMs = Number(sigTimestamp ?? envelopeMs);
  const sentTo = dataMessage?.syncTarget;
  return {
    from,
    text,
    sentMs,
    ...(sentTo === undefined ? {} : { sentTo }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
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
