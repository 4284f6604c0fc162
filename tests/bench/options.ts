import { parseArgs } from "node:util";

/** The parts of the benchmark, in order. */
export const PARTS = ["hop", "store", "poll", "network", "waiting"] as const;

/** One part. */
export type Part = (typeof PARTS)[number];

/** What a run measures. */
export interface BenchOptions {
  readonly parts: readonly Part[];
  /** Print one JSON document instead of text. */
  readonly json: boolean;
  /** Rounds whose median counts. */
  readonly rounds: number;
  /** Size of a round; 1 is a full one. */
  readonly scale: number;
  /** How the services run. */
  readonly services: ServiceOptions;
}

/** How services under load run. */
export interface ServiceOptions {
  /** Settings by service name, to see what they are worth. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folder for V8 CPU profiles of relays and storages; written when they end. */
  readonly profiles: string | undefined;
}

/** What `--help` says. */
export const USAGE = `npm run bench -- [options]: what swarmpost costs against the raw limits of the same machine, as ratios of one run

  --quick           fewer and shorter rounds: less than a minute on a quiet machine
  --json            one JSON document
  --only=a,b        only these parts: ${PARTS.join(", ")}
  --set=a.KEY=value a setting of a service, for instance storage.COMMIT_GATHER_MS=10; any number of times
  --cpu-prof=DIR    also write V8 CPU profiles of the services there (then the numbers are worth less)`;

/** Reads the command line. @returns undefined when it asks for help. @throws TypeError with one line for a person. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", default: PARTS.join(",") },
      set: { type: "string", multiple: true, default: [] },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const parts = values.only.split(",").map(asPart);
  const size = values.quick ? { rounds: 3, scale: 0.35 } : { rounds: 5, scale: 1 };
  const services = { settings: settingsOf(values.set), profiles: values["cpu-prof"] };
  return { parts, json: values.json, services, ...size };
}

/** The environment of a service: what it needs, what the command line says, and where its profile goes. */
export function serviceEnvironment(
  name: string,
  needed: Readonly<Record<string, string>>,
  { settings, profiles }: ServiceOptions,
): Record<string, string> {
  const profile = profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  return { ...needed, ...settings[name], ...profile };
}

function settingsOf(given: readonly string[]): ServiceOptions["settings"] {
  const settings: Record<string, Record<string, string>> = {};
  for (const text of given) {
    const [, service, key, value] = /^([a-z-]+)\.([A-Z_0-9]+)=(.*)$/.exec(text) ?? [];
    if (service === undefined || key === undefined) throw new TypeError(`--set wants service.KEY=value, not "${text}"`);
    settings[service] = { ...settings[service], [key]: value ?? "" };
  }
  return settings;
}

function asPart(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (part === undefined) throw new TypeError(`there is no part "${name}": choose from ${PARTS.join(", ")}`);
  return part;
}
