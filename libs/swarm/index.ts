// The swarm rules, pure: who is in which swarm, and which swarm keeps whose messages.

export { applyBlock, type SwarmBlock } from "./apply-block.ts";
export { decodeSwarmState, encodeSwarmState, mapHash } from "./canonical.ts";
export { Mt19937_64 } from "./mt19937-64.ts";
export { checkParameters, swarmParameters, type SwarmParameters } from "./parameters.ts";
export { accountSpace, responsibleSwarm, swarmRange, type SwarmRange } from "./ring.ts";
export { SwarmError, type SwarmErrorCode } from "./swarm-error.ts";
export { newSwarmId, type SwarmId, swarmId, UNASSIGNED } from "./swarm-id.ts";
export { emptySwarmState, type SwarmMembers, type SwarmState } from "./swarm-state.ts";
export { shuffle, uniform } from "./uniform.ts";
