import { toBinary } from "@bufbuild/protobuf";
import { randomBytes, verify } from "@swarmpost/crypto";
import { decodeBase64, encodeBase64 } from "@swarmpost/encoding";
import { ContentSchema } from "@swarmpost/protos";
import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { ClientError } from "../client-error.ts";
import type { CallOptions, Deadlines } from "../deadline.ts";
import { contentOf, readContent, textOf } from "../message.ts";
import type { NetworkClock } from "../network-clock.ts";
import { pad } from "../padding.ts";
import type { ServerPlace, ServerReply, ServerRequests } from "../server-requests.ts";
import type { Blinding } from "./blinded-key.ts";
import { openFromBlinded, sealForBlinded } from "./blinded-message.ts";
import { openGroupHeaders, type OpenGroupIdentity, openGroupIdentity } from "./open-group-auth.ts";

/** A text in a room, by whoever has that id there. */
export interface RoomMessage {
  readonly id: number;
  /** Blinded id of the sender, proven by its signature. */
  readonly from: string;
  readonly text: string;
  /** When the sender says it was sent, unix ms. */
  readonly sentMs: number;
}

/** A text to this account alone. */
export interface DirectMessage {
  readonly id: number;
  /** The sender's account, proven; the server knows its blinded id only. */
  readonly from: AccountId;
  readonly fromBlinded: string;
  readonly text: string;
  readonly sentMs: number;
}

/** What an open group's requests go through. */
export interface OpenGroupParts {
  readonly requests: ServerRequests;
  readonly clock: NetworkClock;
  readonly deadlines: Deadlines;
}

/**
 * An open group server (Session's "communities"), asked over onion v4: it knows neither the account nor the address of
 * who asks. Every method throws ClientError "server-unreachable", "timed-out", and "server-refused" with the server's status. A
 * request that is sent again has the same nonce, so the server takes it once.
 */
export class OpenGroup {
  /** How this server knows the account. */
  readonly identity: OpenGroupIdentity;
  readonly #account: Account;
  readonly #place: ServerPlace;
  readonly #key: Buffer;
  readonly #parts: OpenGroupParts;

  constructor(
    account: Account,
    { blinding, ...place }: ServerPlace & { readonly blinding: Blinding | "none" },
    parts: OpenGroupParts,
  ) {
    this.#account = account;
    this.#place = place;
    this.#key = Buffer.from(place.pubkey, "hex");
    this.#parts = parts;
    this.identity = openGroupIdentity(account, this.#key, blinding);
  }

  /** A signed request; the answer whatever its code. `endpoint` is a path with query. Throws URIError when it is not percent-encoded. */
  async request(
    method: "GET" | "POST" | "PUT" | "DELETE",
    endpoint: string,
    { body, ...call }: CallOptions & { readonly body?: object } = {},
  ): Promise<ServerReply> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const [timestamp, nonce] = [Math.floor(this.#parts.clock.now() / 1000), randomBytes(16)];
    const signed = { method, path: decodeURIComponent(endpoint), timestamp, nonce, ...(bytes && { body: bytes }) };
    const headers = openGroupHeaders(this.identity, this.#key, signed);
    const typed = bytes === undefined ? headers : { ...headers, "Content-Type": "application/json" };
    const request = { method, endpoint, headers: typed, ...(bytes && { body: bytes }) };
    const { deadlines, requests } = this.#parts;
    return await deadlines.run(call, (signal) => requests.send(this.#place, request, { signal }));
  }

  /** Posts a text in a room. */
  async post(room: string, text: string, options: CallOptions = {}): Promise<void> {
    const content = toBinary(ContentSchema, contentOf({ text }, this.#parts.clock.now()));
    const data = pad(content);
    const signature = encodeBase64(this.identity.sign(data));
    const body = { data: encodeBase64(data), signature };
    await this.#done("POST", `/room/${encodeURIComponent(room)}/message`, { ...options, body });
  }

  /** The latest texts of a room, as the server lists them. Those without their sender's signature are left out. */
  async recent(
    room: string,
    { limit = 100, ...call }: CallOptions & { readonly limit?: number } = {},
  ): Promise<readonly RoomMessage[]> {
    const reply = await this.#done("GET", `/room/${encodeURIComponent(room)}/messages/recent?limit=${limit}`, call);
    return listOf(reply).flatMap((entry) => readRoomMessage(entry) ?? []);
  }

  /** Sends a text to someone of whom this server's blinded id is known. Throws ClientError "bad-blinded-id". */
  async sendDirect(blindedId: string, text: string, options: CallOptions = {}): Promise<void> {
    const content = toBinary(ContentSchema, contentOf({ text }, this.#parts.clock.now()));
    const message = sealForBlinded(this.#account, blindedId, this.#key, pad(content));
    await this.#done("POST", `/inbox/${blindedId}`, { ...options, body: { message: encodeBase64(message) } });
  }

  /** Texts that were sent to this account through the server. Those that can't be opened are left out. */
  async inbox(options: CallOptions = {}): Promise<readonly DirectMessage[]> {
    const reply = await this.#done("GET", "/inbox", options);
    return listOf(reply).flatMap((entry) => this.#readDirect(entry) ?? []);
  }

  #readDirect(entry: Record<string, unknown>): DirectMessage | undefined {
    const { id, sender, message } = entry;
    const sealed = typeof message === "string" ? decodeBase64(message) : undefined;
    if (typeof id !== "number" || typeof sender !== "string" || sealed === undefined) return undefined;
    return orUndefined(() => {
      const ids = { senderId: sender, recipientId: this.identity.id };
      const opened = openFromBlinded(this.#account, ids, this.#key, sealed);
      const text = opened && textOf(readContent(opened.content), opened.from, 0);
      return opened && text && { id, from: opened.from, fromBlinded: sender, text: text.text, sentMs: text.sentMs };
    });
  }

  async #done(
    method: "GET" | "POST",
    endpoint: string,
    options: CallOptions & { readonly body?: object },
  ): Promise<ServerReply> {
    const reply = await this.request(method, endpoint, options);
    if (reply.code >= 200 && reply.code < 300) return reply;
    throw new ClientError("server-refused", `the open group's server refused (${reply.code})`, {
      detail: { status: reply.code },
    });
  }
}

function listOf({ json }: ServerReply): Record<string, unknown>[] {
  const entries = Array.isArray(json) ? (json as unknown[]) : [];
  return entries.filter((entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null);
}

function readRoomMessage(entry: Record<string, unknown>): RoomMessage | undefined {
  const { id, session_id: from, data: encoded, signature: proof } = entry;
  if (typeof id !== "number" || typeof from !== "string" || !/^[0-9a-f]{66}$/.test(from)) return undefined;
  const data = typeof encoded === "string" ? decodeBase64(encoded) : undefined;
  const signature = typeof proof === "string" ? decodeBase64(proof) : undefined;
  if (data === undefined || signature === undefined) return undefined;
  if (!verify(signature, data, Buffer.from(from.slice(2), "hex"))) return undefined;
  return orUndefined(() => {
    const { text, sentMs } = textOf(readContent(data), from as AccountId, 0);
    return { id, from, text, sentMs };
  });
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ClientError) return undefined;
    throw error;
  }
}
