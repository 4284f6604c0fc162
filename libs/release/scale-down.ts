import type { Pubkey } from "@swarmpost/crypto";
import { getConfigMap, getStatefulSet, type Kubernetes } from "@swarmpost/kubernetes";
import type { Address } from "@swarmpost/staking";
import { readStakedNodes } from "@swarmpost/staking";
import { ReleaseError } from "./errors.ts";
import { firstAnswer } from "./first-answer.ts";
import { podName } from "./release-objects.ts";

/** Nodes as they are to be, and the chain that knows which of them hold stake. */
export interface ScaleOptions {
  readonly fullname: string;
  readonly replicas: number;
  readonly rpcUrls: readonly string[];
  readonly contract: Address;
}

/**
 * Refuses to take away a node that holds stake: it would be punished for its silence.
 * @throws ReleaseError `still-staked`, or `chain` when the chain can't be asked
 */
export async function refuseStakedScaleDown(kubernetes: Kubernetes, options: ScaleOptions): Promise<void> {
  const { fullname, replicas } = options;
  const present = (await getStatefulSet(kubernetes, `${fullname}-node`))?.replicas ?? 0;
  if (present <= replicas) return;
  const keys = (await getConfigMap(kubernetes, `${fullname}-node-keys`))?.entries ?? {};
  const leaving = new Map<Pubkey, number>();
  for (let ordinal = replicas; ordinal < present; ordinal++) {
    const key = keys[podName(fullname, ordinal)];
    if (key !== undefined) leaving.set(key as Pubkey, ordinal);
  }
  const target = { contract: options.contract };
  const ask = (rpcUrl: string) => readStakedNodes({ ...target, rpcUrl });
  const staked = await firstAnswer(options.rpcUrls, ask).catch((cause: Error) => {
    throw new ReleaseError(
      "chain",
      `nodes.replicas ${replicas} would take away ${present - replicas} nodes, but whether they hold stake can't be asked: ${cause.message}; nodes.allowStakedScaleDown goes on unasked`,
      { cause },
    );
  });
  const ordinals = staked.flatMap(({ nodeKey }) => leaving.get(nodeKey) ?? []).sort((a, b) => a - b);
  if (ordinals.length === 0) return;
  throw new ReleaseError(
    "still-staked",
    `nodes.replicas ${replicas} would take away ordinals ${ordinals.join(", ")}, which still hold stake: name them in nodes.unlock, and wait until they have left`,
  );
}
