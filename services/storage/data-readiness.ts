import type { Clock } from "@swarmpost/runtime";
import type { Greeter } from "./greeter.ts";
import type { HandoffState } from "./handoff-state.ts";
import type { NodeView } from "./node-view.ts";

/** What readiness of the data is read from. */
export interface DataReadinessParts {
  readonly greeter: Pick<Greeter, "sure">;
  readonly state: Pick<HandoffState, "behind" | "progressMs">;
  readonly view: Pick<NodeView, "ownSwarm">;
  readonly clock: Clock;
}

/** Nobody is waited for who has given nothing for this long: there may be no more of it anywhere that can be reached. */
const STUCK_MS = 60_000;

/**
 * Why the data of this node is not whole, as far as waiting helps: a rolling update goes on to the next node only when it
 * is. Undefined when it is whole; also when there is nobody left to get more from, else the update would wait for ever.
 */
export function dataReason({ greeter, state, view, clock }: DataReadinessParts): string | undefined {
  if (view.ownSwarm === undefined) return undefined;
  if (!greeter.sure) return "asking the swarm what it knows of this database";
  if (state.behind.length === 0 || clock.now() - state.progressMs >= STUCK_MS) return undefined;
  return "pulling what this node lacks";
}
