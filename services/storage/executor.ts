import { blake2b, type NodeKeys, sign } from "@swarmpost/crypto";
import type { Clock } from "@swarmpost/runtime";
import {
  messageHashFromBytes,
  nodeSignedDelete,
  nodeSignedRevocation,
  nodeSignedStore,
  parseAccountId,
} from "@swarmpost/storage-rpc";
import { doChange } from "./change-executor.ts";
import { RequestMemory } from "./request-memory.ts";
import { signedResult } from "./change-result.ts";
import { BURIALS_TOGETHER, type CommitQueue } from "./commit-queue.ts";
import { decodeDeleteRequest } from "./delete-request.ts";
import type { BurialResult, Deletion } from "./delete-statement.ts";
import { StorageError } from "./errors.ts";
import type { MemberOutcome } from "./outcome-codec.ts";
import type { Attempt, ChangeRecord, DeleteRecord, ReplicaRecord, RevocationRecord, StoreRecord } from "./record.ts";
import { decodeRevocationRequest } from "./revocation-request.ts";
import type { StoreResult } from "./store-statement.ts";
import { TOMBSTONE_LIFE_MS } from "./tombstone-life.ts";

/** Identity of a deletion, however often it arrives. */
export function deletionOf(account: Buffer, request: Buffer): Deletion {
  return { id: blake2b(32, request), account, request };
}

/** Does a verified record on this node: commits it, then signs what was done. The same for entry node and members. */
export class Executor {
  /** Deletes and changes, which reach the queue in parts. */
  readonly #long = new Set<Promise<MemberOutcome>>();
  readonly #memory: RequestMemory;
  readonly #parts: { commits: CommitQueue; keys: NodeKeys; clock: Clock };

  constructor(parts: { commits: CommitQueue; keys: NodeKeys; clock: Clock }) {
    this.#parts = parts;
    this.#memory = new RequestMemory(parts.clock);
  }

  /** @throws StorageError "unavailable" when nothing was surely committed. */
  async run(record: ReplicaRecord, attempt: Attempt = "first"): Promise<MemberOutcome> {
    if (record.kind === "store") return this.#store(record);
    if (record.kind === "revocation") return this.#revoke(record, attempt);
    const running = record.kind === "change" ? this.#change(record, attempt) : this.#delete(record, attempt);
    this.#long.add(running);
    return running.finally(() => this.#long.delete(running));
  }

  /** Resolves when every delete and change that began before has come to its end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#long);
  }

  async #store(record: StoreRecord): Promise<MemberOutcome> {
    // What ends on its way here is done at once: there is nothing to keep, and no body partition for days that are past.
    const expired = record.expiryMs <= this.#parts.clock.now();
    const result: StoreResult = expired
      ? { outcome: "stored", expiryMs: record.expiryMs, already: false }
      : await this.#parts.commits.store(record);
    if (result.outcome === "superseded") return { kind: "superseded", stampMs: result.stampMs };
    const signature = this.#sign(nodeSignedStore(messageHashFromBytes(record.hash)));
    return { kind: "stored", expiryMs: result.expiryMs, already: result.already, signature };
  }

  async #delete(record: DeleteRecord, attempt: Attempt): Promise<MemberOutcome> {
    const { request, ...kept } = deletionOf(record.account, record.request);
    const expiryMs = record.stamp.ms + TOMBSTONE_LIFE_MS;
    const results: BurialResult[] = [];
    for (let from = 0; from < record.hashes.length; from += BURIALS_TOGETHER) {
      const chunk = record.hashes.slice(from, from + BURIALS_TOGETHER);
      const deletion = from === 0 ? { ...kept, request } : kept;
      const burials = chunk.map((hash) => ({ deletion, hash, stamp: record.stamp, expiryMs }));
      results.push(...(await Promise.all(burials.map((burial) => this.#parts.commits.bury(burial)))));
    }
    const deleted = record.hashes.filter((_, i) => results[i]?.outcome === "deleted");
    const hits = deleted.map((hash) => ({ hash, namespace: 0, expiryMs: 0 }));
    const outcome = { hits, unchanged: [], beatenMs: latestBeaten(results) };
    const all = new Set(this.#memory.joined(record, outcome, attempt).hits.map(({ hash }) => hash.toString("latin1")));
    const hashes = record.hashes.filter((hash) => all.has(hash.toString("latin1")));
    const { beatenMs } = outcome;
    return { kind: "deleted", hashes, beatenMs, signature: this.#signDelete(record, hashes) };
  }

  async #change(record: ChangeRecord, attempt: Attempt): Promise<MemberOutcome> {
    const outcome = this.#memory.joined(record, await doChange(record, this.#parts.commits), attempt);
    return { kind: "changed", ...outcome, signature: this.#sign(signedResult(record.change, record.stamp, outcome)) };
  }

  async #revoke(record: RevocationRecord, attempt: Attempt): Promise<MemberOutcome> {
    const { account, timestamp, tokens } = decodeRevocationRequest(record.request, record.account);
    const { beatenMs, ...result } = await this.#parts.commits.revoke(record);
    const { restored = 0 } = this.#memory.joined(record, { hits: [], unchanged: [], beatenMs, ...result }, attempt);
    const signature = sign(nodeSignedRevocation(account, timestamp, tokens), this.#parts.keys.ed25519.secretKey);
    return { kind: "revoked", restored, beatenMs, signature };
  }

  #signDelete(record: DeleteRecord, deleted: readonly Buffer[]): Buffer {
    const account = parseAccountId(record.account);
    if (account === undefined) throw new StorageError("malformed", "not an account");
    const requested = decodeDeleteRequest(record.request).messages;
    return this.#sign(nodeSignedDelete(account, requested, deleted.map(messageHashFromBytes)));
  }

  #sign(text: string): Buffer {
    return sign(Buffer.from(text, "latin1"), this.#parts.keys.ed25519.secretKey);
  }
}

function latestBeaten(results: readonly BurialResult[]): number {
  return results.reduce(
    (latest, result) => (result.outcome === "beaten" ? Math.max(latest, result.stampMs) : latest),
    0,
  );
}
