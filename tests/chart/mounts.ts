import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { type KubernetesObject, ofKind } from "./manifest.ts";
import { componentOf, type PlacedContainer, type Workload, workloads } from "./workloads.ts";

/** A volume's Secret or ConfigMap and the entries that are mounted; `keys` is undefined for all of them. */
export interface MountedObject {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly optional: boolean;
  readonly items: readonly { readonly key: string; readonly path: string }[] | undefined;
}

/** What a volume shows of Secrets and ConfigMaps. */
export function objectsOfVolume(volume: IVolume): readonly MountedObject[] {
  const sources = volume.projected?.sources ?? [
    { secret: volume.secret && { ...volume.secret, name: volume.secret.secretName }, configMap: volume.configMap },
  ];
  return sources.flatMap(({ secret, configMap }) => {
    const found = secret ?? configMap;
    if (found === undefined) return [];
    const { name = "", optional = false, items } = found;
    return [{ kind: secret === undefined ? "ConfigMap" : "Secret", name, optional, items } as const];
  });
}

/** The volume behind a mount: the pod's own, or the StatefulSet's claim. */
export function volumeOf({ workload }: PlacedContainer, mount: IVolumeMount): IVolume | undefined {
  return workload.spec.volumes?.find((volume) => volume.name === mount.name);
}

/** Names of a StatefulSet's volume claim templates. */
export function claimsOf(objects: readonly KubernetesObject[], workload: Workload): readonly string[] {
  const set = ofKind(objects, "StatefulSet").find(({ metadata }) => metadata.name === workload.name);
  if (workload.kind !== "StatefulSet") return [];
  return (set?.spec?.volumeClaimTemplates ?? []).flatMap((claim) => claim.metadata?.name ?? []);
}

/** Entries of the objects that the `prepare` Job makes, by `Kind name`. */
export function preparedObjects(
  objects: readonly KubernetesObject[],
  fullname: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const nodes = workloads(objects).find((workload) => componentOf(workload) === "node")?.pods ?? [];
  const services = ["chain-watcher", "swarm-coordinator", "test-suite", "file-server"];
  const tls = ["node", "chain-watcher", "swarm-coordinator", "test-suite", "register"];
  const connections = [
    "postgres-password",
    "nats-password",
    "nats-auth.conf",
    "redis-password",
    "redis.conf",
    "bus-url",
    "redis-url",
    "database-admin-url",
  ];
  const made: [string, readonly string[]][] = [
    [`Secret ${fullname}-node-keys`, nodes],
    [`ConfigMap ${fullname}-node-keys`, nodes],
    [`Secret ${fullname}-cluster-ca`, ["ca.crt", "ca.key"]],
    ...tls.map((component): [string, string[]] => [
      `Secret ${fullname}-tls-${component}`,
      ["ca.crt", "tls.crt", "tls.key"],
    ]),
    [`Secret ${fullname}-file-server`, ["onion-key"]],
    [`ConfigMap ${fullname}-file-server`, ["onion-pubkey"]],
    [`Secret ${fullname}-databases`, [...nodes, ...services]],
    [`Secret ${fullname}-connections`, connections],
  ];
  return new Map(made.map(([name, entries]) => [name, new Set(entries)]));
}
