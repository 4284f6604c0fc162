import { verifyRegistration } from "@swarmpost/proof";
import type { StakingEvent } from "@swarmpost/staking";
import type { JudgedEvent } from "./registry-state.ts";
import type { SourceIdentity } from "./source-identity.ts";

/** Checks the node key's signature of each registration; every other event counts as it is. */
export function judgeEvents(events: readonly StakingEvent[], source: SourceIdentity): JudgedEvent[] {
  return events.map((event) => {
    if (event.kind !== "registered") return { event, valid: true };
    const { nodeKey, operator, signature } = event;
    const binding = { chainId: source.chainId, contract: source.contract, operator, nodeKey };
    return { event, valid: verifyRegistration(binding, signature) };
  });
}
