import { generateSeed, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { addConfigMapEntries, addSecretEntries, getConfigMap, getSecret } from "@swarmpost/kubernetes";
import { ReleaseError } from "./errors.ts";
import { givenSecret, labelsOf, podName, type Release } from "./release-objects.ts";

/** Which nodes, and where their seeds come from. */
export interface NodeKeyOptions {
  readonly replicas: number;
  /** A Secret of the operator; without it seeds are made, once. */
  readonly existingSecret?: string | undefined;
}

/**
 * Makes the seeds that are missing, and tells the public keys in a ConfigMap. A node has its key for life: an entry that is
 * there never changes, and a seed that is lost is not replaced: the node that it was would be gone without a word.
 * @throws ReleaseError `given-secret` for a Secret that lacks a node, holds no seeds, or holds others than before; `lost`
 */
export async function provideNodeKeys(release: Release, options: NodeKeyOptions): Promise<ReadonlyMap<string, Pubkey>> {
  const pods = Array.from({ length: options.replicas }, (_, ordinal) => podName(release.fullname, ordinal));
  const seeds = await seedsOf(release, pods, options.existingSecret);
  const keys = new Map(pods.map((pod) => [pod, publicKey(pod, seeds[pod])]));
  refuseTwins(keys);
  const name = `${release.fullname}-node-keys`;
  const entries = Object.fromEntries(keys);
  const told = await addConfigMapEntries(release.kubernetes, { name, labels: labelsOf(release, "node"), entries });
  for (const [pod, key] of keys) {
    if (told.entries[pod] === key) continue;
    throw new ReleaseError(
      "given-secret",
      `the key of ${pod} is not the one that it had, which the ConfigMap ${name} tells`,
    );
  }
  return keys;
}

async function seedsOf(
  release: Release,
  pods: readonly string[],
  existing: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (existing !== undefined) return await givenSecret(release.kubernetes, existing, pods);
  const name = `${release.fullname}-node-keys`;
  await refuseLost(release, name, pods);
  const entries = Object.fromEntries(pods.map((pod) => [pod, generateSeed().toString("hex")]));
  return (await addSecretEntries(release.kubernetes, { name, labels: labelsOf(release, "node"), entries })).entries;
}

/** Nodes whose public key was told once and whose seed is not there any more. */
async function refuseLost({ kubernetes }: Release, name: string, pods: readonly string[]): Promise<void> {
  const told = (await getConfigMap(kubernetes, name))?.entries ?? {};
  const seeds = (await getSecret(kubernetes, name))?.entries ?? {};
  const lost = pods.filter((pod) => told[pod] !== undefined && seeds[pod] === undefined);
  if (lost.length === 0) return;
  throw new ReleaseError(
    "lost",
    `the Secret ${name} has lost the keys of ${lost.join(", ")}: bring them back from a backup; for new nodes in their place remove their entries from the ConfigMap ${name}`,
  );
}

function publicKey(pod: string, seed = ""): Pubkey {
  if (!/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw new ReleaseError("given-secret", `the entry ${pod} of the nodes' keys is not 64 hex digits`);
  }
  return nodeKeysFromSeed(Buffer.from(seed, "hex")).pubkey;
}

/** Two pods with one key would accuse each other of being it. */
function refuseTwins(keys: ReadonlyMap<string, Pubkey>): void {
  const holders = new Map<Pubkey, string>();
  for (const [pod, key] of keys) {
    const other = holders.get(key);
    if (other !== undefined) throw new ReleaseError("given-secret", `${other} and ${pod} have the same key`);
    holders.set(key, pod);
  }
}
