import { targetsIn } from "./addresses.ts";
import { environmentOf } from "./environment.ts";
import type { KubernetesObject } from "./manifest.ts";
import { objectsOfVolume, volumeOf } from "./mounts.ts";
import { allContainers, componentOf, type PlacedContainer, type Workload } from "./workloads.ts";

/** One container opens connections to a port of another pod because a setting names it. */
export interface Arrow {
  readonly from: Workload;
  readonly to: Workload;
  readonly port: number;
  readonly because: string;
}

const identity = (name: string) => ({ name, namespace: "swarm", ip: "10.0.0.9", hostIp: "10.0.0.1" });

/** Entries that `prepare` makes of addresses that it is told: entry of a Secret → the setting of `prepare` behind it. */
const madeFrom: readonly (readonly [secret: RegExp, key: RegExp, setting: string])[] = [
  [/-connections$/, /^bus-url$/, "QUICKSTART_NATS"],
  [/-connections$/, /^redis-url$/, "QUICKSTART_REDIS"],
  [/-connections$/, /^database-admin-url$/, "QUICKSTART_POSTGRES"],
  [/-databases$/, /./, "QUICKSTART_POSTGRES"],
];

/** Every connection inside the release that the settings of its containers lead to. */
export function arrowsOf(objects: readonly KubernetesObject[]): readonly Arrow[] {
  const containers = allContainers(objects);
  const prepare = containers.find(({ workload }) => componentOf(workload) === "prepare");
  const told = prepare === undefined ? {} : environmentOf(prepare.container, identity("prepare"));
  return containers.flatMap((placed) => {
    const env = environmentOf(placed.container, identity(placed.workload.pods[0]!));
    // What `prepare` is told about the stores it only writes down.
    const own = Object.entries(env).filter(([variable]) => placed !== prepare || !variable.startsWith("QUICKSTART_"));
    const mounted = mountedEntries(placed).flatMap(({ name, key }) =>
      madeFrom.flatMap(([secret, entry, setting]): [string, string][] =>
        secret.test(name) && entry.test(key) && told[setting] !== undefined ? [[setting, told[setting]]] : [],
      ),
    );
    return [...own, ...mounted].flatMap(([variable, text]) => arrowsTo(objects, placed, variable, text));
  });
}

/** Entries of Secrets that a container can read; a sub-path by pod name stands for any entry. */
function mountedEntries(placed: PlacedContainer): { name: string; key: string }[] {
  return (placed.container.volumeMounts ?? []).flatMap((mount) => {
    const volume = volumeOf(placed, mount);
    if (volume === undefined) return [];
    return objectsOfVolume(volume).flatMap(({ name, items }) => {
      const whole = mount.subPath ?? mount.subPathExpr;
      const keys = whole !== undefined ? [whole] : (items?.map(({ key }) => key) ?? ["."]);
      return keys.map((key) => ({ name, key }));
    });
  });
}

function arrowsTo(
  objects: readonly KubernetesObject[],
  placed: PlacedContainer,
  because: string,
  text: string,
): Arrow[] {
  return targetsIn(text, objects).flatMap(({ workload, port }) =>
    port === undefined ? [] : [{ from: placed.workload, to: workload, port, because: `${placed.where} ${because}` }],
  );
}
