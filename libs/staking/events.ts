import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { type Address, type Hex, hexToBytes, type Log, parseEventLogs } from "viem";
import { serviceNodeRegistryAbi } from "./gen/abi.ts";

interface EventPlace {
  /** Block that holds the event. */
  readonly height: bigint;
  readonly blockHash: Hex;
  /** Position in the block. */
  readonly logIndex: number;
  /** Id of the registration, never used twice. */
  readonly id: bigint;
  readonly nodeKey: Pubkey;
  readonly operator: Address;
}

/** An operator staked for a node key. The signature is not checked yet. */
export interface NodeRegistered extends EventPlace {
  readonly kind: "registered";
  readonly stake: bigint;
  /** 64 bytes. */
  readonly signature: Buffer;
}

/** An operator asked to unlock. The node stays registered. */
export interface UnlockRequested extends EventPlace {
  readonly kind: "unlock-requested";
  /** First block in which it may exit. */
  readonly unlocksAt: bigint;
}

/** A registration ended and its stake went back. */
export interface NodeExited extends EventPlace {
  readonly kind: "exited";
  readonly stake: bigint;
}

/** What the staking contract tells. */
export type StakingEvent = NodeRegistered | UnlockRequested | NodeExited;

/** The staking contract's events, in the order of the chain. Logs of other kinds are left out. */
export function decodeStakingEvents(logs: readonly Log[]): StakingEvent[] {
  const parsed = parseEventLogs({ abi: serviceNodeRegistryAbi, logs: [...logs], strict: true });
  return parsed.map(toEvent).sort((a, b) => Number(a.height - b.height) || a.logIndex - b.logIndex);
}

type ParsedLog = ReturnType<typeof parseEventLogs<typeof serviceNodeRegistryAbi, true>>[number];

function toEvent(log: ParsedLog): StakingEvent {
  if (log.blockNumber === null || log.blockHash === null || log.logIndex === null) {
    throw new TypeError("a log of a pending block has no place in the chain");
  }
  const place: EventPlace = {
    height: log.blockNumber,
    blockHash: log.blockHash,
    logIndex: log.logIndex,
    id: log.args.id,
    nodeKey: pubkey(log.args.nodeKey.slice(2)),
    operator: log.args.operator,
  };
  switch (log.eventName) {
    case "NodeRegistered": {
      const signature = Buffer.from(hexToBytes(log.args.signature));
      return { ...place, kind: "registered", stake: log.args.stake, signature };
    }
    case "UnlockRequested":
      return { ...place, kind: "unlock-requested", unlocksAt: log.args.unlocksAt };
    case "NodeExited":
      return { ...place, kind: "exited", stake: log.args.stake };
  }
}
