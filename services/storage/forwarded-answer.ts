import { decodeBase64 } from "@swarmpost/encoding";
import {
  messageHash,
  parseMessageHash,
  type RetrievedMessage,
  type RetrieveReply,
  retrieveReply,
  type RetrieveRequest,
} from "@swarmpost/storage-rpc";

/**
 * What a holder answered to a forwarded retrieve, made anew from the parts that hold: each message's bytes have its hash,
 * and the clock is our own. Undefined for an error and for anything that is not a retrieve's answer.
 */
export function readForwarded(
  bytes: Buffer,
  request: Pick<RetrieveRequest, "account" | "namespace">,
  nowMs: number,
): RetrieveReply | undefined {
  const answer = parsed(bytes);
  if (!isObject(answer) || answer["status"] !== 200 || !isObject(answer["body"])) return undefined;
  const { messages, more } = answer["body"];
  if (!Array.isArray(messages) || typeof more !== "boolean") return undefined;
  const read = messages.map((each) => readMessage(each, request));
  const good = read.filter((each) => each !== undefined);
  return good.length === read.length ? retrieveReply(good, more, nowMs) : undefined;
}

function readMessage(
  value: unknown,
  { account, namespace }: Pick<RetrieveRequest, "account" | "namespace">,
): RetrievedMessage | undefined {
  if (!isObject(value)) return undefined;
  const { hash: text, timestamp, expiration: expiry } = value;
  const hash = typeof text === "string" ? parseMessageHash(text) : undefined;
  const data = typeof value["data"] === "string" ? decodeBase64(value["data"]) : undefined;
  if (!isTime(timestamp) || !isTime(expiry) || hash === undefined || data === undefined) return undefined;
  return messageHash(account, namespace, data) === hash ? { hash, timestamp, expiry, data } : undefined;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
