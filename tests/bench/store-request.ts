import { randomBytes } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { accountSpace, responsibleSwarm } from "@swarmpost/swarm";

/** Bytes of a message. */
export const MESSAGE_BYTES = 1_024;
const TTL_MS = 14 * 86_400_000;

/** A store of fresh random bytes into the public inbox of an account, which needs no signature. */
export interface StoreRequestText {
  /** `{"method":"store","params":{…}}`. */
  readonly json: Buffer;
  /** 33 bytes. */
  readonly account: Buffer;
  readonly data: Buffer;
  readonly timestampMs: number;
  readonly expiryMs: number;
}

/** @param account 33 bytes; an account of nobody by default. */
export function storeRequest(account: Buffer = randomAccount()): StoreRequestText {
  const timestampMs = Date.now();
  const data = randomBytes(MESSAGE_BYTES);
  const where = { pubkey: account.toString("hex"), namespace: 0 };
  const params = { ...where, timestamp: timestampMs, ttl: TTL_MS, data: encodeBase64(data) };
  const json = Buffer.from(JSON.stringify({ method: "store", params }));
  return { json, account, data, timestampMs, expiryMs: timestampMs + TTL_MS };
}

/** Account IDs of nobody that the given swarm keeps. */
export function accountsOf(swarm: bigint, swarms: readonly bigint[], count: number): Buffer[] {
  const found: Buffer[] = [];
  while (found.length < count) {
    const account = randomAccount();
    if (keeps(swarm, swarms, account)) found.push(account);
  }
  return found;
}

/** Whether a swarm keeps an account (33 bytes). @param swarms all ids, ascending. */
export function keeps(swarm: bigint, swarms: readonly bigint[], account: Buffer): boolean {
  return (
    (responsibleSwarm as (ids: readonly bigint[], space: bigint) => bigint | undefined)(
      swarms,
      accountSpace(account.subarray(1)),
    ) === swarm
  );
}

function randomAccount(): Buffer {
  return Buffer.concat([Buffer.of(5), randomBytes(32)]);
}
