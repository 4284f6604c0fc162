import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KubernetesObject, matches, ofKind } from "../manifest.ts";
import type { Mount } from "./container.ts";
import type { Pod } from "./pod.ts";

/** A name that the cluster's DNS would know, without namespace and domain, and its address. */
type Name = readonly [name: string, ip: string];

/** Names of Services, of pods behind headless ones, and of pods that a StatefulSet's Service governs. */
export function serviceNames(
  objects: readonly KubernetesObject[],
  addresses: ReadonlyMap<string, string>,
  pods: readonly Pod[],
): readonly Name[] {
  const headless = ofKind(objects, "Service").filter(({ spec }) => spec?.clusterIP === "None");
  const behind = headless.flatMap(({ metadata, spec }) =>
    pods.filter(({ workload }) => matches(spec?.selector, workload.labels)).map(({ ip }): Name => [metadata.name, ip]),
  );
  const governed = ofKind(objects, "StatefulSet").flatMap(({ metadata, spec }) =>
    pods
      .filter(({ workload }) => workload.name === metadata.name)
      .map(({ name, ip }): Name => [`${name}.${spec!.serviceName}`, ip]),
  );
  return [...addresses, ...behind, ...governed];
}

/** Writes the names in the forms that a cluster's DNS and its search list answer; `api` is the address of the Kubernetes API. */
export async function writeHosts(
  folder: string,
  namespace: string,
  api: string,
  names: readonly Name[],
): Promise<void> {
  const suffixes = ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`];
  const lines = names.map(([name, ip]) => [ip, ...suffixes.flatMap((suffix) => [name + suffix, `${name}${suffix}.`])]);
  const all = [["127.0.0.1", "localhost"], [api, "kubernetes.default.svc"], ...lines];
  await writeFile(join(folder, "hosts"), all.map((words) => `${words.join(" ")}\n`).join(""));
}

/** The few files of /etc that programs read. */
export async function writeSystemFiles(folder: string): Promise<readonly Mount[]> {
  await mkdir(folder, { recursive: true });
  const files: Record<string, string> = {
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "host.conf": "multi on\n", // a headless Service has many addresses
    "resolv.conf": "",
    passwd: "root:x:0:0:root:/:/sbin/nologin\nswarmpost:x:10001:10001::/:/sbin/nologin\n",
    group: "root:x:0:\nswarmpost:x:10001:\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return [...Object.keys(files), "hosts"].map((name) => ({
    source: join(folder, name),
    target: `/etc/${name}`,
    writable: false,
  }));
}
