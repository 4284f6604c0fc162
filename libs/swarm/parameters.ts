import { SwarmError } from "./swarm-error.ts";

/** Sizes of swarms, in nodes; minimum < target < maximum. The same in every cluster of a network. */
export interface SwarmParameters {
  /** A swarm with fewer members starves: it takes nodes from others or dissolves. */
  readonly minimum: number;
  /** Members of a new swarm. */
  readonly target: number;
  /** A swarm with this many has no room. */
  readonly maximum: number;
}

/** Nmin, Ntarget and Nmax of the network. */
export const swarmParameters: SwarmParameters = Object.freeze({ minimum: 5, target: 7, maximum: 10 });

/** @throws SwarmError "bad-parameters" unless 1 ≤ minimum < target < maximum, all whole. */
export function checkParameters(parameters: SwarmParameters): void {
  const { minimum, target, maximum } = parameters;
  const whole = [minimum, target, maximum].every(Number.isSafeInteger);
  if (!whole || minimum < 1 || minimum >= target || target >= maximum)
    throw new SwarmError("bad-parameters", "swarm parameters must be whole and 1 <= minimum < target < maximum");
}
