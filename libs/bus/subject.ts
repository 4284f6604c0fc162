import { MAX_PAYLOAD_BYTES } from "./bus.ts";
import { BusError } from "./errors.ts";

const word = /^[^\s.*>]+$/;

/** Checks a subject to publish to. @throws BusError `bad-subject` */
export function checkSubject(subject: string): void {
  if (!subject.split(".").every((part) => word.test(part))) {
    throw new BusError("bad-subject", "a subject is words joined by dots");
  }
}

/** Checks a pattern to subscribe to. @throws BusError `bad-subject` */
export function checkPattern(pattern: string): void {
  const words = pattern.split(".");
  const good = words.every((part, i) => word.test(part) || part === "*" || (part === ">" && i === words.length - 1));
  if (!good) throw new BusError("bad-subject", "a pattern is words, * and a last > joined by dots");
}

/** @throws BusError `too-large` */
export function checkPayload(payload: Uint8Array): void {
  if (payload.byteLength > MAX_PAYLOAD_BYTES) throw new BusError("too-large", "a message is at most 1 MiB");
}

/** Whether a subject falls under a pattern, as NATS defines it. */
export function matches(pattern: string, subject: string): boolean {
  if (pattern === subject) return true;
  const words = subject.split(".");
  const parts = pattern.split(".");
  for (const [i, part] of parts.entries()) {
    if (part === ">") return words.length > i;
    if (words[i] === undefined || (part !== "*" && part !== words[i])) return false;
  }
  return words.length === parts.length;
}
