import { XCHACHA_NONCE_BYTES, xchachaOpen } from "@swarmpost/crypto";
import { bdecode, type BValue, EncodingError } from "@swarmpost/encoding";
import { type AccountId, type MessageHash, parseAccountId, parseMessageHash } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";

// What Session's push server has a phone's system deliver: nonce, then XChaCha20-Poly1305 with a key of 32 bytes that the
// device chose when it subscribed, padded with zeros. Inside is a list: what the message is (JSON) and the message itself,
// unless that is too long to be pushed.

/** A pushed message. */
export interface PushNotification {
  /** Whose inbox it waits in. */
  readonly account: AccountId;
  readonly hash: MessageHash;
  readonly namespace: number;
  /** When it was stored and when it expires, unix ms. */
  readonly storedMs: number;
  readonly expiresMs: number;
  /** Bytes of the stored message. */
  readonly length: number;
  /** The bytes that were stored, as `decodeText` reads them; absent when too long to be pushed: poll for it. */
  readonly data?: Buffer;
}

/** Opens a payload with the device's key. Throws ClientError "unreadable-message" when it was sealed with another one. */
export function openPushPayload(payload: Uint8Array, key: Uint8Array): Buffer {
  const [nonce, box] = [payload.subarray(0, XCHACHA_NONCE_BYTES), payload.subarray(XCHACHA_NONCE_BYTES)];
  const opened = xchachaOpen(key, nonce, box);
  if (opened === undefined) throw unreadable("it was not sealed with this key");
  let end = opened.length;
  while (end > 0 && opened[end - 1] === 0) end--;
  return opened.subarray(0, end);
}

/** Opens a payload and reads it. Throws ClientError "unreadable-message". */
export function openPushNotification(payload: Uint8Array, key: Uint8Array): PushNotification {
  const [info, data] = listOf(openPushPayload(payload, key));
  const { "@": id, "#": name, n, t, z, l, B: tooLong } = objectOf(info);
  const account = typeof id === "string" ? parseAccountId(id) : undefined;
  const hash = typeof name === "string" ? parseMessageHash(name) : undefined;
  if (account === undefined || hash === undefined) throw unreadable("it names no message");
  const numbers = [n, t, z, l];
  if (!numbers.every((number): number is number => Number.isSafeInteger(number))) throw unreadable("it lacks a number");
  const [namespace = 0, storedMs = 0, expiresMs = 0, length = 0] = numbers;
  const about = { account, hash, namespace, storedMs, expiresMs, length };
  if (tooLong === true || tooLong === 1) return about;
  if (!Buffer.isBuffer(data) || data.length !== length) throw unreadable("its message is cut");
  return { ...about, data };
}

function listOf(bytes: Buffer): readonly BValue[] {
  try {
    const value = bdecode(bytes);
    if (Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
  }
  throw unreadable("it is not a list");
}

function objectOf(info: BValue | undefined): Record<string, unknown> {
  try {
    const value: unknown = Buffer.isBuffer(info) ? JSON.parse(info.toString("utf8")) : undefined;
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON: told below.
  }
  throw unreadable("it does not say what it is");
}

function unreadable(why: string): ClientError {
  return new ClientError("unreadable-message", `a push notification can't be read: ${why}`);
}
