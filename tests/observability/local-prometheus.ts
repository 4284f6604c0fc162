import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sparePort, startGuarded, temporaryFolder } from "@swarmpost/testkit";
import { rulesFolder } from "./rule-file.ts";

/** One series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A Prometheus of its own that scrapes the given addresses every second. */
export interface LocalPrometheus extends AsyncDisposable {
  /** The answer to an instant query. Rejects with Prometheus's own words when it cannot be evaluated. */
  query(expression: string): Promise<readonly Sample[]>;
  /** How many targets answer, and how many there are. */
  targets(): Promise<{ up: number; all: number }>;
  /** Rules that could not be evaluated, with the reason; and how many rules there are. */
  rules(): Promise<{ failed: readonly string[]; all: number }>;
}

/** Starts the system's `prometheus` with the rules of this repository, all targets under one job. */
export async function startPrometheus(targets: readonly string[]): Promise<LocalPrometheus> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const port = await sparePort();
  const scrape = { job_name: "net/swarmpost-metrics", static_configs: [{ targets, labels: { namespace: "net" } }] };
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "2s" },
    rule_files: [join(rulesFolder, "rules.yaml")],
    scrape_configs: [scrape],
  };
  const file = join(folder.path, "prometheus.yml");
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder.path}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const server = await startGuarded("prometheus", args, { readyText: "Server is ready to receive web requests" });
  stack.defer(() => server.end("SIGTERM"));
  const ask = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as Record<string, unknown>;
    if (answer["status"] !== "success") throw new Error(String(answer["error"]));
    return answer["data"];
  };
  const owned = stack.move();
  return {
    query: async (expression) => {
      const data = (await ask(`query?query=${encodeURIComponent(expression)}`)) as { result: Sample[] };
      return data.result;
    },
    targets: async () => {
      const { activeTargets } = (await ask("targets")) as { activeTargets: { health: string }[] };
      return { up: activeTargets.filter(({ health }) => health === "up").length, all: activeTargets.length };
    },
    rules: async () => {
      const { groups } = (await ask("rules")) as {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      };
      const all = groups.flatMap((group) => group.rules);
      const failed = all.filter(({ health }) => health !== "ok").map(({ name, lastError }) => `${name}: ${lastError}`);
      return { failed, all: all.length };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
