import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { KubernetesObject } from "./manifest.ts";

const root = join(import.meta.dirname, "../..");

/** The chart's folder. */
export const chartFolder = join(root, "charts/swarmpost");

/** Every helm that the chart supports, oldest first, as `npm run test:chart` fetches them. */
export const helms = ["3.17.3", "4.1.4"].map((version) => ({
  version,
  path: join(root, `node_modules/.cache/swarmpost/helm-${version}`),
}));

/** How a release is rendered. */
export interface RenderOptions {
  /** Values files below the chart's folder, the last one wins. */
  readonly values?: readonly string[];
  /** `path=value` pairs, as after `--set`. */
  readonly set?: readonly string[];
  /** Name of the release, `net` by default. */
  readonly release?: string;
  readonly namespace?: string;
  /** Version of helm, the newest by default. */
  readonly helm?: string;
  readonly kubeVersion?: string;
  /** `group/version/Kind` that the cluster would have besides Kubernetes' own. */
  readonly apis?: readonly string[];
  /** Renders what an upgrade would apply. */
  readonly upgrade?: boolean;
}

/** What a run of helm gave. */
export interface HelmRun {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one helm. @throws Error when it was not fetched yet. */
export function helm(args: readonly string[], version = helms.at(-1)!.version): HelmRun {
  const path = helms.find((each) => each.version === version)?.path ?? "";
  if (!existsSync(path)) throw new Error(`helm ${version} is missing: run \`npm run test:chart\` once`);
  const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", KUBECONFIG: "/nonexistent" };
  const run = spawnSync(path, args, { encoding: "utf8", env, maxBuffer: 64 * 1024 * 1024 });
  if (run.error !== undefined) throw run.error;
  return { ok: run.status === 0, stdout: run.stdout, stderr: run.stderr };
}

/** Runs `helm template` and gives what it printed, good or bad. */
export function template(options: RenderOptions = {}): HelmRun {
  const { release = "net", namespace = "swarm", kubeVersion = "1.29.0" } = options;
  const args = ["template", release, chartFolder, "--namespace", namespace, "--kube-version", kubeVersion];
  for (const file of options.values ?? []) args.push("--values", join(chartFolder, file));
  for (const pair of options.set ?? []) args.push("--set", pair);
  for (const api of options.apis ?? []) args.push("--api-versions", api);
  if (options.upgrade === true) args.push("--is-upgrade");
  return helm(args, options.helm);
}

const rendered = new Map<string, readonly KubernetesObject[]>();

/** The objects of a release, in the order of the manifest; equal options are rendered once. @throws Error with helm's own words. */
export function render(options: RenderOptions = {}): readonly KubernetesObject[] {
  const key = JSON.stringify(options);
  const known = rendered.get(key);
  if (known !== undefined) return known;
  const run = template(options);
  if (!run.ok) throw new Error(`helm template ${key}: ${run.stderr}`);
  const objects = parseObjects(run.stdout);
  rendered.set(key, objects);
  return objects;
}

/** Reads a manifest; an object that is there twice stays there twice. */
export function parseObjects(manifest: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(manifest, { uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.map((error) => error.message).join("; "));
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

/** One way to install the chart that the tests go through. */
export interface Scenario {
  readonly name: string;
  readonly options: RenderOptions;
}

/** Every values file of the chart's `ci` folder, and the chart's own values. */
export function scenarios(): readonly Scenario[] {
  const files = globSync("ci/*-values.yaml", { cwd: chartFolder }).sort();
  const named = files.map((file) => ({ name: basename(file, "-values.yaml"), options: { values: [file] } }));
  return [{ name: "default values", options: {} }, ...named];
}

/** A YAML file below the chart's folder. */
export function readYaml(path: string): unknown {
  return parse(readFileSync(join(chartFolder, path), "utf8"));
}
