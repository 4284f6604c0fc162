import assert from "node:assert/strict";
import { verify } from "@swarmpost/crypto";
import { decodeBase64 } from "@swarmpost/encoding";
import type { Answer } from "./caller.ts";

/** A member's part of an answer in which the whole swarm took part. */
export type Entry = Readonly<Record<string, unknown>> & { readonly signature: string };

/** The body of such an answer. */
export interface SwarmBody {
  readonly swarm: Readonly<Record<string, Entry>>;
  readonly t: number;
  readonly hf: readonly number[];
}

/**
 * The entries of an answer, after what every one of them must be: 5 to 10 members, each signature the member's own over
 * what `signed` makes of its entry, and the time and hard fork of the network beside them.
 */
export function signedEntries(answer: Answer, signed: (entry: Entry) => string | Uint8Array, status = 200): Entry[] {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  const { swarm, t, hf } = answer.body as SwarmBody;
  assert.ok(Math.abs(t - Date.now()) < 60_000);
  assert.ok(hf.length === 2 && hf[0]! >= 19);
  const entries = Object.entries(swarm);
  assert.ok(entries.length >= 5 && entries.length <= 10, `${entries.length} members`);
  for (const [member, entry] of entries) {
    assert.equal(entry["failed"], undefined, JSON.stringify(entry));
    const message = signed(entry);
    const bytes = typeof message === "string" ? Buffer.from(message) : message;
    const signature = decodeBase64(entry.signature);
    assert.ok(entry.signature.length === 88 && signature, "88 characters of base64");
    assert.ok(verify(signature, bytes, Buffer.from(member, "hex")), "the member signed something else");
  }
  return entries.map(([, entry]) => entry);
}
