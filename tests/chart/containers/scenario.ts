// Runs inside a network and process namespace of its own: `node scenario.ts FOLDER APP`. Brings the quickstart up from its
// rendered chart, tests it, stops it, and writes what it saw to FOLDER/report.json.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@swarmpost/testkit";
import { render } from "../render.ts";
import { Release } from "./release.ts";

/** What the test reads. */
export interface Report {
  /** What `prepare` printed. */
  readonly prepared: string;
  /** Secrets and ConfigMaps that it made. */
  readonly made: readonly string[];
  readonly seconds: { readonly ready: number; readonly stopped: number };
  /** What the ordinary Jobs printed. */
  readonly jobs: string;
  /** What the pod of `helm test` printed. */
  readonly tested: string;
  /** Calls of the Kubernetes API that no Role allowed. */
  readonly refused: readonly string[];
  /** Containers that had to be started again. */
  readonly restarts: readonly string[];
  /** Connections that a NetworkPolicy stopped. */
  readonly blocked: readonly string[];
  /** One line for each container that did not end well. */
  readonly badEnds: readonly string[];
  /** Labels of every pod at the end. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly budgets: readonly string[];
  /** From the SIGTERM of chain-watcher's leader to the standby's label. */
  readonly handover: { readonly from: string; readonly to: string; readonly seconds: number };
}

const [folder = "", app = ""] = process.argv.slice(2);
const objects = render({ set: ["nodes.replicas=5"] });
await using release = await Release.prepare({ objects, namespace: "swarm", folder, images: { app } });
const { api } = release;
const begun = performance.now();
const since = (): number => Math.round((performance.now() - begun) / 100) / 10;

const prepared = await release.runHooks();
const made = [...api.names("secrets"), ...api.names("configmaps")];
await release.install();

await release.untilReady(180_000);
const ready = since();
const jobs = await release.jobs();
const tested = await release.test();
const labels = Object.fromEntries(release.pods.map(({ name }) => [name, api.labelsOf(name)]));
const budgets = api.names("poddisruptionbudgets");
const leader = (): string => release.leaderOf("chain-watcher");
const from = leader();
const told = since();
const leaderEnd = await release.stopPod(from);
await eventually(() => leader() !== "" && leader() !== from, { timeoutMs: 30_000 });
const handover = { from, to: leader(), seconds: since() - told };
const restarts = release.restarts();
const blocked = release.blocked();
const badEnds = [...leaderEnd, ...(await release.stop())];
const report: Report = {
  prepared,
  made,
  seconds: { ready, stopped: since() },
  jobs,
  tested,
  refused: api.refused,
  restarts,
  blocked,
  badEnds,
  labels,
  budgets,
  handover,
};
await writeFile(join(folder, "report.json"), JSON.stringify(report));
process.exit(0); // the pods' networks are processes of this one
