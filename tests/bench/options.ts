import { parseArgs } from "node:util";

/** The parts of the benchmark, in order. */
export const PARTS = ["hop", "store", "poll", "network"] as const;

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
  /** Folder for V8 CPU profiles of the services. */
  readonly profiles: string | undefined;
}

/** What `--help` says. */
export const USAGE = `npm run bench -- [options]: what swarmpost costs against the raw limits of the same machine, as ratios of one run

  --quick           fewer and shorter rounds: about 30 seconds
  --json            one JSON document
  --only=a,b        only these parts: ${PARTS.join(", ")}
  --cpu-prof=DIR    also write V8 CPU profiles of the services there (then the numbers are worth less)`;

/** Reads the command line. @returns undefined when it asks for help. @throws TypeError with one line for a person. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", default: PARTS.join(",") },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const parts = values.only.split(",").map(asPart);
  const size = values.quick ? { rounds: 3, scale: 0.3 } : { rounds: 5, scale: 1 };
  return { parts, json: values.json, profiles: values["cpu-prof"], ...size };
}

function asPart(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (part === undefined) throw new TypeError(`there is no part "${name}": choose from ${PARTS.join(", ")}`);
  return part;
}
