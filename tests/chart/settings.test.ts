import assert from "node:assert/strict";
import { test } from "node:test";
import type { IContainer } from "kubernetes-models/v1/Container";
import { targetsIn } from "./addresses.ts";
import { environmentOf, usedNames } from "./environment.ts";
import { ofKind } from "./manifest.ts";
import { claimsOf, objectsOfVolume, preparedObjects, volumeOf } from "./mounts.ts";
import { type Program, programs, settingOf } from "./programs.ts";
import { render, scenarios } from "./render.ts";
import { allContainers, containersOf, workloads } from "./workloads.ts";
import type { KubernetesObject } from "./manifest.ts";

const identity = (name: string) => ({ name, namespace: "swarm", ip: "10.0.0.9", hostIp: "10.0.0.1" });

/** What a container's settings are in one of its pods: from the environment, then from the file that it names. */
function given(program: Program, pod: string, objects: readonly KubernetesObject[]): Record<string, string> {
  const env = environmentOf(program.container, identity(pod));
  const file = env.SETTINGS_FILE;
  if (file === undefined) return env;
  const mount = program.container.volumeMounts?.find(
    ({ mountPath }) => file === mountPath || file.startsWith(`${mountPath}/`),
  );
  assert.ok(mount !== undefined, `${program.where}: SETTINGS_FILE is not mounted`);
  const name = volumeOf(program, mount)?.configMap?.name;
  const map = ofKind(objects, "ConfigMap").find(({ metadata }) => metadata.name === name);
  const text = map?.data?.[pod];
  assert.ok(text !== undefined, `${program.where}: ConfigMap ${name} has no ${pod}`);
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return { ...Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])), ...env };
}

function faultsOf(program: Program, env: Record<string, string>): string[] {
  const used = usedNames(program.container);
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [variable, text] of Object.entries(env)) {
    const key = settingOf(program, variable);
    if (key === undefined) {
      if (!used.has(variable)) faults.push(`${program.where}: ${program.name} has no setting ${variable}`);
      continue;
    }
    if (seen.has(key)) faults.push(`${program.where}: ${key} is given twice`);
    seen.add(key);
    const known = key === variable && text !== "" && !text.startsWith("<");
    const parsed = known ? program.settings[key]!.schema.safeParse(text) : undefined;
    if (parsed?.success === false) faults.push(`${program.where}: ${variable}=${text}: ${parsed.error.message}`);
  }
  for (const [key, entry] of Object.entries(program.settings)) {
    const optional = entry.default !== undefined || entry.schema.safeParse(undefined).success;
    if (!optional && !seen.has(key)) faults.push(`${program.where}: ${key} is required`);
  }
  return faults;
}

for (const { name, options } of scenarios()) {
  test(`${name}: every variable is a setting of its program with a value that it takes, and all that are required are given`, () => {
    const objects = render(options);
    const faults = programs(allContainers(objects)).flatMap((program) =>
      program.workload.pods.flatMap((pod) => faultsOf(program, given(program, pod, objects))),
    );
    assert.deepEqual([...new Set(faults)], []);
  });

  test(`${name}: no secret is in a ConfigMap, in the environment or on a command line`, () => {
    const objects = render(options);
    const looksSecret = /-----BEGIN|:\/\/[^/\s:@]*:[^/\s@]+@|\b(0x)?[0-9a-fA-F]{64}\b/;
    const faults: string[] = [];
    for (const { metadata, data = {} } of ofKind(objects, "ConfigMap")) {
      for (const [key, text] of Object.entries(data)) {
        if (looksSecret.test(text)) faults.push(`ConfigMap ${metadata.name}: ${key}`);
      }
    }
    const isGiven = (container: IContainer): string[] => [
      ...(container.env ?? []).flatMap(({ name: variable, value = "" }) => (looksSecret.test(value) ? [variable] : [])),
      ...[...(container.command ?? []), ...(container.args ?? [])].filter((word) => looksSecret.test(word)),
    ];
    for (const { container, where } of allContainers(objects)) {
      faults.push(...isGiven(container).map((what) => `${where}: ${what}`));
    }
    for (const program of programs(allContainers(objects))) {
      for (const { name: variable, value = "" } of program.container.env ?? []) {
        const ofRelease = targetsIn(value, objects).length > 0; // the address of a Service is no secret
        if (program.settings[variable]?.secret === true && !ofRelease)
          faults.push(`${program.where}: ${variable}, not ${variable}_FILE`);
      }
    }
    // Bootstrap peers and node keys of other clusters are public keys.
    assert.deepEqual(
      faults.filter((fault) => !fault.endsWith("PEER_SEEDS")),
      [],
    );
  });

  test(`${name}: every mount has its volume, every volume its use, and every entry its Secret or ConfigMap`, () => {
    const objects = render(options);
    const prepared = preparedObjects(objects, "net-swarmpost");
    const rendered = new Map(
      [...ofKind(objects, "Secret"), ...ofKind(objects, "ConfigMap")].map((object) => {
        const { kind, metadata, data = {} } = object as KubernetesObject & { data?: object; stringData?: object };
        return [
          `${kind} ${metadata.name}`,
          new Set(Object.keys({ ...data, ...(object as { stringData?: object }).stringData })),
        ];
      }),
    );
    const faults: string[] = [];
    for (const workload of workloads(objects)) {
      const containers = containersOf(workload);
      const claims = claimsOf(objects, workload);
      const mounted = new Set(
        containers.flatMap(({ container }) => (container.volumeMounts ?? []).map((mount) => mount.name)),
      );
      const known = new Set([...(workload.spec.volumes ?? []).map((volume) => volume.name), ...claims]);
      for (const volume of mounted) if (!known.has(volume)) faults.push(`${workload.name}: no volume ${volume}`);
      for (const volume of known)
        if (!mounted.has(volume)) faults.push(`${workload.name}: volume ${volume} is not mounted`);
      for (const volume of workload.spec.volumes ?? []) {
        for (const { kind, name: object, items, optional } of objectsOfVolume(volume)) {
          const entries = rendered.get(`${kind} ${object}`) ?? prepared.get(`${kind} ${object}`);
          const ownerGiven = isGivenByOwner(object, name) || object === "kube-root-ca.crt"; // in every namespace
          if (entries === undefined && !optional && !ownerGiven)
            faults.push(`${workload.name}: nobody makes ${kind} ${object}`);
          for (const { key } of entries === undefined ? [] : (items ?? [])) {
            if (!entries!.has(key) && !optional) faults.push(`${workload.name}: ${kind} ${object} has no ${key}`);
          }
        }
      }
    }
    assert.deepEqual(faults, []);
  });

  test(`${name}: every _FILE setting names a path below a mount`, () => {
    const faults = programs(allContainers(render(options))).flatMap((program) =>
      Object.entries(environmentOf(program.container, identity(program.workload.pods[0]!))).flatMap(
        ([variable, path]) => {
          if (!/_(FILE|DIR)$/.test(variable)) return [];
          const mounts = program.container.volumeMounts ?? [];
          const below = mounts.some(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
          return below ? [] : [`${program.where}: ${variable}=${path}`];
        },
      ),
    );
    assert.deepEqual(faults, []);
  });
}

/** Values files name Secrets that their owner makes; their names begin with `given-`. */
function isGivenByOwner(object: string, scenario: string): boolean {
  return scenario !== "default values" && object.startsWith("given-");
}
