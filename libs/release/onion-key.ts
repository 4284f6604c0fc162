import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { addConfigMapEntries, addSecretEntries, getConfigMap, getSecret } from "@swarmpost/kubernetes";
import { ReleaseError } from "./errors.ts";
import { givenSecret, labelsOf, type Release } from "./release-objects.ts";

/** Entry of the file server's Secret: its Ed25519 seed, 64 hex digits. */
const KEY = "onion-key";
/** Entry of the ConfigMap beside it: the X25519 key that follows, which clients encrypt to, 64 hex digits. */
export const ONION_PUBKEY = "onion-pubkey";

/**
 * Makes the file server's key when it is missing, and tells its public one in a ConfigMap. Clients have it in their network
 * file, so it never changes.
 * @throws ReleaseError `given-secret` for a Secret without a key, or with another one than before; `lost` when the made one has gone
 */
export async function provideOnionKey(
  release: Release,
  options: { existingSecret?: string | undefined },
): Promise<void> {
  const seed = await seedOf(release, options.existingSecret);
  if (!/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw new ReleaseError("given-secret", `the entry ${KEY} of the file server's key is not 64 hex digits`);
  }
  const pubkey = nodeKeysFromSeed(Buffer.from(seed, "hex")).x25519.publicKey.toString("hex");
  const entries = { [ONION_PUBKEY]: pubkey };
  const told = await addConfigMapEntries(release.kubernetes, { ...objectOf(release), entries });
  if (told.entries[ONION_PUBKEY] === pubkey) return;
  throw new ReleaseError(
    "given-secret",
    `the file server's key is not the one that it had, which the ConfigMap ${objectOf(release).name} tells`,
  );
}

async function seedOf(release: Release, existing: string | undefined): Promise<string> {
  if (existing !== undefined) return (await givenSecret(release.kubernetes, existing, [KEY]))[KEY] ?? "";
  await refuseLost(release);
  const entries = { [KEY]: generateSeed().toString("hex") };
  return (await addSecretEntries(release.kubernetes, { ...objectOf(release), entries })).entries[KEY] ?? "";
}

async function refuseLost(release: Release): Promise<void> {
  const { name } = objectOf(release);
  const told = (await getConfigMap(release.kubernetes, name))?.entries[ONION_PUBKEY];
  if (told === undefined || (await getSecret(release.kubernetes, name))?.entries[KEY] !== undefined) return;
  throw new ReleaseError(
    "lost",
    `the Secret ${name} has lost the file server's key: bring it back from a backup; for a new one remove the ConfigMap ${name}`,
  );
}

function objectOf(release: Release): Pick<Parameters<typeof addSecretEntries>[1], "name" | "labels"> {
  return { name: `${release.fullname}-file-server`, labels: labelsOf(release, "file-server") };
}
