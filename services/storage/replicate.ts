import type { Pubkey } from "@swarmpost/crypto";
import type { Swarm } from "@swarmpost/network-view";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Absences } from "./absences.ts";
import { ByteWriter } from "./byte-writer.ts";
import { StorageError } from "./errors.ts";
import { writeFence } from "./fence.ts";
import { gatherMajority } from "./gather-majority.ts";
import type { NodeView } from "./node-view.ts";
import { decodeOutcome, type MemberOutcome } from "./outcome-codec.ts";
import type { Attempt, ReplicaRecord } from "./record.ts";
import { encodeRecord } from "./record-codec.ts";
import { KIND, MAP_WAIT_MS, REFUSAL } from "./replica-kinds.ts";
import { AGAIN } from "./replicate-method.ts";

/** Why a member did not confirm. */
export type MemberFailure =
  /** No answer: down, too slow, or the link broke. */
  | { readonly kind: "no-answer" }
  | { readonly kind: "refused"; readonly code: number }
  | { readonly kind: "bad-answer" };

/** What each member did, this node included. */
export type MemberResult = MemberOutcome | MemberFailure;

/** The result of one round through the swarm. */
export interface Replication {
  /** By member; the members are those of the map in force at the end. */
  readonly results: ReadonlyMap<Pubkey, MemberResult>;
  /** Encoded record, for those who must be given it later. */
  readonly record: Buffer;
}

/** Bounds of replication, in milliseconds. */
export interface ReplicatorOptions {
  readonly memberTimeoutMs: number;
  readonly stragglerMs: number;
}

/** What replication works with. */
export interface ReplicatorParts {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly absences: Pick<Absences, "isAway">;
}

const MAX_ROUNDS = 3;

/** What the members did so far, and what of it counts towards the majority. */
interface Round {
  readonly results: Map<Pubkey, MemberResult>;
  readonly counts: (result: MemberResult | undefined) => boolean;
  readonly attempt: Attempt;
}
const TAKEN: readonly MemberResult["kind"][] = ["stored", "deleted", "superseded", "changed", "revoked"];

/**
 * True for what counts towards the majority: the member has committed the record, and nothing later of it is on record.
 * Any two majorities share a member, so a write that is acknowledged has beaten every one that was acknowledged before.
 */
export function committed(result: MemberResult | undefined): boolean {
  if (result?.kind === "deleted" || result?.kind === "changed" || result?.kind === "revoked")
    return result.beatenMs === 0;
  return result?.kind === "stored";
}

/** True when the member needs no further delivery. */
export function taken(result: MemberResult | undefined): boolean {
  return result !== undefined && TAKEN.includes(result.kind);
}

/** The number of members, this node included, that must have committed. */
export function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** Sends records to the other members of the swarm, encoded once, in parallel. */
export class Replicator {
  readonly #options: ReplicatorOptions;
  readonly #parts: ReplicatorParts;

  constructor(options: ReplicatorOptions, parts: ReplicatorParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Commits here and at every other member at once. When a member knows a newer map, waits for that map and goes on with
   * the members it names. Undefined when this node no longer keeps the account.
   * @param local the own commit, begun here so that it runs while the frames travel.
   * @param counts what counts towards the majority.
   */
  async run(
    record: ReplicaRecord,
    local: () => Promise<MemberOutcome>,
    counts: (result: MemberResult | undefined) => boolean = committed,
    attempt: Attempt = "first",
  ): Promise<Replication | undefined> {
    const encoded = encodeRecord(record);
    const results = new Map<Pubkey, MemberResult>();
    let own: Promise<boolean> | undefined;
    for (let round = 1; ; round++) {
      const swarm = this.#parts.view.responsible(record.account);
      if (swarm === undefined || !swarm.members.includes(this.#parts.view.self)) return undefined;
      own ??= this.#own(local, results);
      const fresh = await this.#round(swarm, encoded, own, { results, counts, attempt });
      if (fresh || round === MAX_ROUNDS) return { record: encoded, results: only(swarm.members, results) };
    }
  }

  async #own(local: () => Promise<MemberOutcome>, results: Map<Pubkey, MemberResult>): Promise<boolean> {
    try {
      results.set(this.#parts.view.self, await local());
      return true;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      results.set(this.#parts.view.self, { kind: "refused", code: REFUSAL.unavailable });
      return false;
    }
  }

  /** False when the map moved on and another round is needed. */
  async #round(
    swarm: Swarm,
    encoded: Buffer,
    own: Promise<boolean>,
    { results, counts, attempt }: Round,
  ): Promise<boolean> {
    const { view } = this.#parts;
    const fence = view.fence(swarm);
    const frame = writeFence(new ByteWriter().u8(attempt === "again" ? AGAIN : 0), fence)
      .bytes(encoded)
      .finish();
    const missing = swarm.members.filter((member) => member !== view.self && !counts(results.get(member)));
    const already = swarm.members.length - 1 - missing.length;
    const sent = missing.map(async (member) => {
      results.delete(member);
      const result = await this.#send(member, frame);
      // A straggler of an earlier round must not hide what a later one brought.
      if (!counts(results.get(member))) results.set(member, result);
      return counts(result);
    });
    const options = { stragglerMs: this.#options.stragglerMs };
    await gatherMajority([own, ...sent], majority(swarm.members.length) - already, options);
    const stale = missing.some((member) => isStale(results.get(member)));
    if (stale) await view.until(() => view.current.map.height > fence.mapHeight, MAP_WAIT_MS);
    return view.current.map.height === fence.mapHeight || !stale;
  }

  async #send(member: Pubkey, frame: Buffer): Promise<MemberResult> {
    if (this.#parts.absences.isAway(member)) return { kind: "no-answer" };
    try {
      const deadlineMs = this.#options.memberTimeoutMs;
      return decodeOutcome(await this.#parts.links.request(member, KIND.replicate, frame, { deadlineMs }));
    } catch (error) {
      if (error instanceof StorageError) return { kind: "bad-answer" };
      if (!(error instanceof LinkError)) throw error;
      return error.code === "refused" ? { kind: "refused", code: error.detail ?? 500 } : { kind: "no-answer" };
    }
  }
}

function isStale(result: MemberResult | undefined): boolean {
  return result?.kind === "refused" && result.code === REFUSAL.staleMap;
}

/** The results of the given members; one without a result did not answer in time. */
function only(members: readonly Pubkey[], results: ReadonlyMap<Pubkey, MemberResult>): Map<Pubkey, MemberResult> {
  return new Map(members.map((member) => [member, results.get(member) ?? { kind: "no-answer" }]));
}
