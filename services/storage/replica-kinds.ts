import { LinkError } from "@swarmpost/rpc";

/** Kinds of requests on a replica link: docs/protocol/replication.md. */
export const KIND = {
  replicate: 1,
  offer: 2,
  handOver: 3,
  pullIndex: 4,
  pullRecords: 5,
  pullTombstones: 6,
  pullAccount: 7,
  hello: 8,
  pullChanges: 9,
  bringChanges: 10,
  pullRevocations: 16,
  handRevocations: 17,
} as const;

/** Numbers of refusals on a replica link. */
export const REFUSAL = {
  /**
   * The frame does not parse, or its record is not what the account signed. Never send it again, unless it is of a kind that an
   * older program refuses so because it does not know it.
   */
  invalid: 400,
  /** The sender may not send this: it is in another swarm, or never was responsible. */
  stranger: 403,
  /** The sender's map is older than the receiver's: refresh it and send again to the members it names. */
  staleMap: 409,
  /** The receiver's map is older than the sender's, or its clock far behind: try again later. */
  tooEarly: 425,
  /** The receiver does not hold everything and cannot answer for it. */
  notWhole: 410,
  /** The receiver's program does not know such a request, or such a record. Once it is a later one, it may. */
  unknown: 501,
  /** The receiver's database did not commit, or it is shutting down: try again later. */
  unavailable: 503,
} as const;

/** Whether an answer says that the other program does not know what it was asked: older ones said so by `invalid`. */
export function knowsNot(error: unknown): boolean {
  if (!(error instanceof LinkError) || error.code !== "refused") return false;
  return error.detail === REFUSAL.unknown || error.detail === REFUSAL.invalid;
}

/** How long a member waits for its own map to catch up before it refuses, in milliseconds. */
export const MAP_WAIT_MS = 2_000;
