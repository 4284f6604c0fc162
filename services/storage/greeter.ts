import type { Pubkey } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Clock, Logger } from "@swarmpost/runtime";
import type { DatabaseIdentity } from "./database-identity.ts";
import { StorageError } from "./errors.ts";
import { type DatabaseMark, decodeHelloAnswer, encodeHello, type Hello, type HelloAnswer } from "./hello-codec.ts";
import type { NodeView } from "./node-view.ts";
import { KIND, knowsNot } from "./replica-kinds.ts";

/** What greeting needs. */
export interface GreeterParts {
  readonly identity: DatabaseIdentity;
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The database lost something: everything is to be pulled. Resolves once that is on disk. */
  readonly onLost: () => Promise<void>;
  /** Told of each loss that is found. */
  readonly onFound: () => void;
}

const DEADLINE_MS = 1_000;
/** A node that cannot ask enough members goes on with what it has. */
const UNSURE_MS = 20_000;

/**
 * Tells the members of the swarm which database this node has and how far it has come, and hears what they remember. Until
 * those that can be reached have answered, and have brought what they kept for it, the node is not sure that it holds what it
 * acknowledged: its database may have been emptied or taken back to an older state while it was stopped.
 */
export class Greeter {
  readonly #parts: GreeterParts;
  /** Members that answered, and how many missed frames they keep. */
  readonly #answered = new Map<Pubkey, number>();
  readonly #told = new Map<Pubkey, DatabaseMark>();
  /** Members on whose word this run has given up what it had. A true one has no reason to say so twice. */
  readonly #believed = new Set<Pubkey>();
  #sinceMs: number | undefined;
  #sure = false;
  #losing: Promise<void> = Promise.resolve();

  constructor(parts: GreeterParts) {
    this.#parts = parts;
  }

  /** Whether this node knows of all that it may lack. */
  get sure(): boolean {
    return this.#sure;
  }

  /** A member has just started: it may have forgotten what it was told. */
  again(member: Pubkey): void {
    this.#told.delete(member);
  }

  /** Greets those that must hear something, once. @throws DatabaseError */
  async run(): Promise<void> {
    const { identity, view } = this.#parts;
    if (view.ownSwarm === undefined) return;
    this.#sinceMs ??= this.#parts.clock.now();
    if (identity.unseen) {
      await this.#parts.onLost();
      await identity.planned();
      this.#parts.onFound();
    }
    await Promise.all(view.mates.filter((mate) => this.#due(mate)).map((mate) => this.#greet(mate)));
    if (!this.#sure && !identity.unseen) this.#sure = this.#asked();
  }

  /** Tells the members that are there that this node is being stopped. */
  async leave(): Promise<void> {
    const { view, links } = this.#parts;
    const there = view.mates.filter((mate) => links.state(mate) === "up");
    await Promise.all(there.map((mate) => this.#send(mate, this.#mark(mate), "leaving")));
  }

  #due(mate: Pubkey): boolean {
    const { identity } = this.#parts;
    const kept = this.#answered.get(mate);
    if (kept === undefined || (kept > 0 && !this.#sure)) return true;
    const told = this.#told.get(mate);
    if (told === undefined || !told.id.equals(identity.id)) return true;
    return told.commits !== identity.commits;
  }

  async #greet(mate: Pubkey): Promise<void> {
    const { identity } = this.#parts;
    const mark = this.#mark(mate);
    const answer = await this.#send(mate, mark, this.#sure ? "serving" : "starting");
    if (answer === undefined) return;
    const { remembered, kept } = answer;
    if (remembered !== undefined && !identity.accounts(remembered, mark.commits) && !this.#believed.has(mate)) {
      this.#believed.add(mate);
      return this.#lost(remembered);
    }
    this.#answered.set(mate, kept);
    this.#told.set(mate, mark);
  }

  /**
   * What a member is told. Until it has answered once, the commits that this run began with: what has come since must not
   * make up, in number, for what is missing.
   */
  #mark(mate: Pubkey): DatabaseMark {
    const { id, commits, commitsAtStart } = this.#parts.identity;
    return { id, commits: this.#answered.has(mate) ? commits : commitsAtStart };
  }

  async #send(mate: Pubkey, mark: DatabaseMark, phase: Hello["phase"]): Promise<HelloAnswer | undefined> {
    const { identity, links } = this.#parts;
    const payload = encodeHello({ ...mark, former: identity.former, phase });
    try {
      return decodeHelloAnswer(await links.request(mate, KIND.hello, payload, { deadlineMs: DEADLINE_MS }));
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof StorageError)) throw error;
      // A program of a release before this one remembers nothing.
      return knowsNot(error) ? { kept: 0, remembered: undefined } : undefined;
    }
  }

  /** One after another: what several members remember of one loss is one loss. */
  async #lost(remembered: DatabaseMark): Promise<void> {
    const before = this.#losing;
    this.#losing = before.catch(() => {}).then(() => this.#renew(remembered));
    await this.#losing;
  }

  async #renew(remembered: DatabaseMark): Promise<void> {
    const { identity, logger, clock } = this.#parts;
    if (identity.accounts(remembered, identity.commitsAtStart)) return;
    this.#sure = false;
    this.#sinceMs = clock.now();
    this.#answered.clear();
    if (!identity.unseen) {
      const state = identity.commitsAtStart === 0n ? "empty" : "older";
      logger.warn("database_lost_what_members_remember", { state });
    }
    await identity.renew([remembered.id]);
  }

  /** Whether all that can be reached, and with this node a majority, have answered and keep nothing; or it took too long. */
  #asked(): boolean {
    const { view, links, clock } = this.#parts;
    if (clock.now() - (this.#sinceMs ?? clock.now()) >= UNSURE_MS) return true;
    const reachable = (mate: Pubkey) => view.current.node(mate)?.contact !== undefined && links.state(mate) !== "down";
    const { mates } = view;
    const answered = mates.filter((mate) => this.#answered.has(mate));
    const isDone = mates.every((mate) => (this.#answered.get(mate) ?? (reachable(mate) ? 1 : 0)) === 0);
    return isDone && answered.length >= Math.floor((mates.length + 1) / 2);
  }
}
