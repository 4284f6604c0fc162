import type { NodeKeys } from "@swarmpost/crypto";
import type { Clock } from "@swarmpost/runtime";
import type { ConvertKey, SubRequest } from "@swarmpost/storage-rpc";
import type { AccountPull } from "../account-pull.ts";
import type { Executor } from "../executor.ts";
import type { MessageTable } from "../message-table.ts";
import type { LongPolls } from "../long-polls.ts";
import type { WaitResult } from "../metrics.ts";
import type { NodeView } from "../node-view.ts";
import type { Pending } from "../pending.ts";
import type { PollQueue } from "../poll-queue.ts";
import type { Replicator } from "../replicate.ts";
import type { RevocationQueue } from "../revocation-queue.ts";
import type { RevocationTable } from "../revocation-table.ts";
import type { StampClock } from "../stamp.ts";
import type { NodeLists } from "./active-nodes.ts";
import type { Answer } from "./answer.ts";
import type { Caller } from "./caller.ts";

/** What the methods work with. */
export interface MethodNode extends NodeLists {
  readonly keys: NodeKeys;
  readonly clock: Clock;
  readonly view: NodeView;
  readonly stamps: StampClock;
  readonly executor: Executor;
  readonly replicator: Replicator;
  readonly pending: Pending;
  readonly polls: PollQueue;
  readonly accounts: AccountPull;
  readonly messages: MessageTable;
  readonly revocations: RevocationQueue;
  readonly revocationTable: RevocationTable;
  readonly waits: LongPolls;
  /** Counts the end of a wait; `wokenAt` is when a commit woke it, of `performance.now()`. */
  readonly waited: (result: WaitResult, wokenAt?: number) => void;
  /** Turns Ed25519 keys into X25519 ones and remembers them. */
  readonly convert: ConvertKey;
}

/** One method of the storage RPC: check → act → shape. @throws StorageError "unavailable". */
export type Method<R extends SubRequest> = (request: R, node: MethodNode, caller: Caller) => Promise<Answer>;
