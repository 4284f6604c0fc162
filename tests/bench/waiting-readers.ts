import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { eventually } from "@swarmpost/testkit";
import { askChild } from "./ask-child.ts";
import { type BenchOptions, serviceEnvironment } from "./options.ts";
import { cpuBetween, descendantsCpu } from "./process-cpu.ts";
import { descendantsMemory } from "./process-memory.ts";
import { Rounds, type Section } from "./report.ts";
import { quantile } from "./statistics.ts";
import type { ReadersOrder, ReadersResult } from "./waiting-client.ts";

const NODES = 7;
const READERS = 3_000;
/** So many begin to wait at once, so that the handshakes of their connections do not wait for one another. */
const WAVE = 100;
/** Longer than a wait: the cost of asking again is part of waiting. */
const WAITING_MS = 24_000;
const IDLE_MS = 8_000;
/** How often a reader without the long poll asks, s. */
const POLL_SECONDS = 5;
const PARTS = ["relay", "storage", "postgres", "redis-server"];
const unlimited = "1000000";

type Name =
  | "waitCpu"
  | "pollCpu"
  | "relayKib"
  | "storageKib"
  | "onionP50"
  | "onionP99"
  | "plainP50"
  | "plainP99"
  | "left"
  | "failed";

/** Question 5: many readers who wait for messages, against the same readers polling. */
export async function measureWaiting({ scale, services }: BenchOptions): Promise<Section> {
  const node = { RATE_NODE_BURST: unlimited, RATE_NODE_PER_SECOND: unlimited };
  const settings = { relay: serviceEnvironment("relay", node, services) };
  await using network = await startNetwork({ nodes: NODES, processes: true, durable: true, settings });
  const load = fork(join(import.meta.dirname, "waiting-client.ts"));
  try {
    const readers = Math.round((READERS * scale) / WAVE) * WAVE;
    const results = new Rounds<Name>();
    const failures: string[] = [];
    results.add(await measureRound(network, { load, readers, failures }));
    return section(results, readers, failures);
  } finally {
    load.disconnect();
  }
}

async function measureRound(
  network: Network,
  { load, readers, failures }: { load: ChildProcess; readers: number; failures: string[] },
): Promise<Record<Name, number>> {
  const say = async (order: ReadersOrder) => {
    const result = await askChild<ReadersResult>(load, order);
    failures.push(...result.failures);
    return result;
  };
  await say({ step: "begin", network: network.networkFile, readers });
  await say({ step: "poll" }); // Until code is compiled, connections are there and links are open.
  const idle = await cpuPerSecond(IDLE_MS);
  const beforePolls = descendantsCpu();
  await say({ step: "poll" });
  const pollCpu = cpuBetween(beforePolls, descendantsCpu(), PARTS) / readers / POLL_SECONDS;
  const without = descendantsMemory();
  for (let from = 0; from < readers; from += WAVE) {
    await say({ step: "wait", from, to: from + WAVE });
    await allWait(network, from + WAVE);
  }
  const waitCpu = ((await cpuPerSecond(WAITING_MS)) - idle) / readers;
  await allWait(network, readers);
  const withReaders = descendantsMemory();
  const each = (part: string) => ((withReaders.get(part) ?? 0) - (without.get(part) ?? 0)) / 1_024 / readers;
  const { onionMs, plainMs } = await say({ step: "store" });
  const leaving = performance.now();
  await say({ step: "leave" });
  await eventually(async () => (await waitingIn(network)) === 0, { timeoutMs: 30_000, intervalMs: 50 });
  return {
    waitCpu,
    pollCpu,
    relayKib: each("relay"),
    storageKib: each("storage"),
    onionP50: quantile(onionMs, 0.5),
    onionP99: quantile(onionMs, 0.99),
    plainP50: quantile(plainMs, 0.5),
    plainP99: quantile(plainMs, 0.99),
    left: performance.now() - leaving,
    failed: failures.length,
  };
}

/** CPU of all nodes in a second, µs. */
async function cpuPerSecond(forMs: number): Promise<number> {
  const before = descendantsCpu();
  await pause(forMs);
  return (cpuBetween(before, descendantsCpu(), PARTS) / forMs) * 1_000;
}

/** Some are always between the end of a wait and the beginning of the next. */
async function allWait(network: Network, readers: number): Promise<void> {
  const enough = async () => (await waitingIn(network)) >= readers * 0.97;
  await eventually(enough, { timeoutMs: 120_000, intervalMs: 100 });
}

async function waitingIn(network: Network): Promise<number> {
  const metrics = await Promise.all(network.nodes.map((node) => node.metrics()));
  const of = (text: string) => Number(/^swarmpost_storage_waiting_readers (\d+)$/m.exec(text)?.[1]);
  return metrics.reduce((sum, text) => sum + of(text), 0);
}

/** How often each reason, most frequent first. */
function reasons(failures: readonly string[]): string[] {
  const counts = Map.groupBy(failures, (reason) => reason.replaceAll(/[0-9a-f]{64}/g, "…"));
  const sorted = [...counts].map(([reason, all]) => ({ reason, times: all.length })).sort((a, b) => b.times - a.times);
  return sorted.slice(0, 3).map(({ reason, times }) => `Refused or broken ${times} times: ${reason}.`);
}

function section(results: Rounds<Name>, readers: number, failures: readonly string[]): Section {
  return {
    title: `5  ${readers.toLocaleString("en")} readers who wait for messages at ${NODES} nodes`,
    ratios: [
      results.ratio("waitCpu", "pollCpu", `CPU of waiting : CPU of polling every ${POLL_SECONDS} s instead`),
      results.ratio("onionP50", "plainP50", "from store to reader, through three hops : by plain HTTPS"),
    ],
    figures: [
      results.figure("waitCpu", "µs CPU", "a waiting reader, a second, all nodes together"),
      results.figure("pollCpu", "µs CPU", `one that polls every ${POLL_SECONDS} s, a second`),
      results.figure(
        "relayKib",
        "KiB",
        "memory of all relays, a waiting reader (its TLS connection and up to four hops)",
      ),
      results.figure("storageKib", "KiB", "memory of all storages, a waiting reader"),
      results.figure("onionP50", "ms", "from store to reader through three hops, median"),
      results.figure("onionP99", "ms", "99 of 100"),
      results.figure("plainP50", "ms", "from store to reader by plain HTTPS, median"),
      results.figure("plainP99", "ms", "99 of 100"),
      results.figure("left", "ms", "until no node waits any more once all connections are closed"),
      results.figure("failed", "of all", "waits that were refused or broke, and were begun again"),
    ],
    counted: [
      "A process for each relay and storage, as in part 4. Half of the readers ask through three hops, half by plain HTTPS; all over a connection of their own, from addresses of their own.",
      `CPU of waiting is measured over ${WAITING_MS / 1_000} s, longer than a wait, less what the idle network takes; each reader asks again when its wait is over.`,
      "A store is sent to a random node while eight others are; its time ends when the reader has opened the answer.",
      ...reasons(failures),
    ],
  };
}
