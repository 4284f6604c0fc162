import { PRIVATE_MAX_TTL_MS, PUBLIC_INBOX_MAX_TTL_MS } from "./limits.ts";
import { invalidRequest } from "./rpc-error.ts";

/** A compartment of an account's mailbox, -32768 to 32767; its number decides who may do what. */
export type Namespace = number & { readonly __brand: "Namespace" };

/** Where one-to-one messages wait, and what a request without a namespace means. */
export const DEFAULT_NAMESPACE = 0 as Namespace;

const LEGACY_CLOSED_GROUP = -10;
const TESTING = -3741;

/**
 * Brands a namespace number.
 *
 * @throws RpcError 400 when it is no 16-bit signed integer.
 */
export function namespace(value: number): Namespace {
  if (!Number.isInteger(value)) throw invalidRequest("Invalid value given for 'namespace': expected integer");
  if (value < -32768 || value > 32767) throw invalidRequest("Invalid value given for 'namespace': value out of range");
  return (value === 0 ? 0 : value) as Namespace;
}

/** Anyone may store here; only the account reads. Every multiple of ten. */
export function isPublicInbox(ns: Namespace): boolean {
  return ns % 10 === 0;
}

/** The account publishes one message here; anyone may read it. -1, -21, -41, … */
export function isPublicOutbox(ns: Namespace): boolean {
  return ns < 0 && -ns % 20 === 1;
}

/** Revoked subaccounts may still retrieve here. -11, -111, -211, … */
export function isUnrevocable(ns: Namespace): boolean {
  return ns < 0 && -ns % 100 === 11;
}

/** 2.11's namespace for network tests: stores are refused and it is always empty. */
export function isTesting(ns: Namespace): boolean {
  return ns === TESTING;
}

/** Whether a store must be signed. */
export function storeNeedsAuth(ns: Namespace): boolean {
  return !isPublicInbox(ns);
}

/** Whether a retrieve must be signed. */
export function retrieveNeedsAuth(ns: Namespace): boolean {
  return ns !== LEGACY_CLOSED_GROUP && !isPublicOutbox(ns);
}

/** Longest life of a message, in ms. */
export function maxTtlMs(ns: Namespace): number {
  return isPublicInbox(ns) ? PUBLIC_INBOX_MAX_TTL_MS : PRIVATE_MAX_TTL_MS;
}
