import assert from "node:assert/strict";
import { test } from "node:test";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IProbe } from "kubernetes-models/v1/Probe";
import { targetsIn } from "./addresses.ts";
import { matches, ofKind } from "./manifest.ts";
import { environmentOf } from "./environment.ts";
import { isOurs, programs } from "./programs.ts";
import { render, scenarios } from "./render.ts";
import { allContainers, type PlacedContainer, workloads } from "./workloads.ts";

/** Settings that are the number of a port on which the program listens. */
const served = /^(ADMIN|HTTPS|SEED_HTTP|PEER|GRPC|HTTP|LOCAL|CHAIN)_PORT$/;
/** The storage serves this one; to the relay it is only a number to tell. */
const servedByStorage = "REPLICA_PORT";

const isServed = (program: string, key: string): boolean =>
  served.test(key) || (key === servedByStorage && program === "storage");

function portOf(probe: IProbe, container: IContainer): number | undefined {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  return typeof port === "number" ? port : container.ports?.find((each) => each.name === port)?.containerPort;
}

function probeFaults(placed: PlacedContainer): string[] {
  const { container, where, workload } = placed;
  const probes = { readinessProbe: container.readinessProbe, livenessProbe: container.livenessProbe };
  if (workload.kind === "Job" || workload.kind === "Pod") {
    return Object.entries(probes).flatMap(([name, probe]) =>
      probe === undefined ? [] : [`${where}: ${name} of a Job`],
    );
  }
  return Object.entries(probes).flatMap(([name, probe]) => {
    if (probe === undefined) return [`${where}: no ${name}`];
    if (probe.exec !== undefined) return [];
    const port = portOf(probe, container);
    const declared = container.ports?.some((each) => each.containerPort === port);
    const faults = declared ? [] : [`${where}: ${name} asks a port that is not the container's`];
    const path = { readinessProbe: "/readyz", livenessProbe: "/livez" }[name];
    if (isOurs(placed) && probe.httpGet?.path !== path) faults.push(`${where}: ${name} does not ask ${path}`);
    return faults;
  });
}

for (const { name, options } of scenarios()) {
  test(`${name}: what runs for ever has both probes, on its own ports and our programs' paths; Jobs have none`, () => {
    assert.deepEqual(allContainers(render(options)).flatMap(probeFaults), []);
  });

  test(`${name}: the ports of a container are those that its settings make its program listen on`, () => {
    for (const program of programs(allContainers(render(options)))) {
      const pod = { name: program.workload.pods[0]!, namespace: "swarm", ip: "10.0.0.9", hostIp: "10.0.0.1" };
      const env = environmentOf(program.container, pod);
      const settings = Object.entries(program.settings).filter(([key]) => isServed(program.name, key));
      const loopbackOnly = (env.LOCAL_HOST ?? String(program.settings.LOCAL_HOST?.default)).startsWith("127.")
        ? ["LOCAL_PORT"]
        : [];
      const jobs = program.workload.kind === "Job" || program.workload.kind === "Pod" ? ["ADMIN_PORT"] : [];
      const listening = settings
        .filter(([key]) => ![...loopbackOnly, ...jobs].includes(key))
        .map(([key, entry]) => env[key] ?? entry.default)
        // A port that is off unless it is set.
        .filter((port) => port !== undefined)
        .map(Number);
      const declared = (program.container.ports ?? []).map((port) => port.containerPort);
      assert.deepEqual(declared.toSorted(), listening.toSorted(), program.where);
      const hosts = Object.keys(program.settings).filter((key) => /^(ADMIN_|GRPC_|REPLICA_|CHAIN_)?HOST$/.test(key));
      for (const key of jobs.length > 0 ? [] : hosts) {
        assert.equal(env[key] ?? program.settings[key]?.default, "0.0.0.0", `${program.where}: ${key}`);
      }
    }
  });

  test(`${name}: ports have names that are one in their pod, and no two containers of a pod share a number`, () => {
    for (const workload of workloads(render(options))) {
      const ports = workload.spec.containers.flatMap((container) => container.ports ?? []);
      for (const key of ["name", "containerPort"] as const) {
        const all = ports.map((port) => port[key]);
        assert.deepEqual(all, [...new Set(all)], workload.name);
      }
    }
  });

  test(`${name}: a Service leads to ports that its pods have, by name`, () => {
    const objects = render(options);
    for (const service of ofKind(objects, "Service")) {
      const selector = { ...service.spec?.selector };
      delete selector["statefulset.kubernetes.io/pod-name"];
      delete selector["swarmpost.dev/role"];
      const target = workloads(objects).find(({ labels }) => matches(selector, labels));
      const names =
        target?.spec.containers.flatMap((container) => (container.ports ?? []).map((port) => port.name)) ?? [];
      for (const port of service.spec?.ports ?? []) {
        assert.ok(
          names.includes(String(port.targetPort)),
          `Service ${service.metadata.name}: no port ${port.targetPort}`,
        );
      }
    }
  });

  test(`${name}: whoever is told the address of a Service is told one of its ports`, () => {
    const objects = render(options);
    const faults: string[] = [];
    for (const { container, where, workload } of allContainers(objects)) {
      const pod = { name: workload.pods[0]!, namespace: "swarm", ip: "10.0.0.9", hostIp: "10.0.0.1" };
      for (const [variable, text] of Object.entries(environmentOf(container, pod))) {
        const lost = targetsIn(text, objects).filter(({ port }) => port === undefined);
        faults.push(...lost.map(({ service }) => `${where}: ${variable} ${service}`));
      }
    }
    assert.deepEqual(faults, []);
  });
}
