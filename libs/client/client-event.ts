import type { Pubkey } from "@swarmpost/crypto";
import type { SwarmTask } from "./swarm-requests.ts";

/** What a client tells while it works, for a progress display. Holds no account and no message. */
export type ClientEvent =
  | { readonly type: "nodes"; readonly nodes: number; readonly swarms: number; readonly seeds: number }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "path-built"; readonly hops: readonly Pubkey[]; readonly ms: number }
  | {
      readonly type: "path-failed";
      readonly hops: readonly Pubkey[];
      readonly reason: string;
      readonly dropped: boolean;
    }
  | { readonly type: "node-dropped"; readonly node: Pubkey; readonly reason: string }
  | {
      readonly type: "retry";
      readonly what: SwarmTask;
      readonly reason: string;
    };

/** Takes events; must not throw. */
export type OnEvent = (event: ClientEvent) => void;
