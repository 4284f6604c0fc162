import { setImmediate as turn } from "node:timers/promises";
import { TestkitError } from "./errors.ts";
import { Mutator } from "./mutator.ts";

/** What is fed with hostile bytes. */
export interface FuzzTarget {
  /** Inputs that it takes, which hostile ones are made of. */
  readonly corpus: readonly (Buffer | string)[];
  /** Reads one input. */
  readonly parse: (input: Buffer) => unknown;
  /** Whether an error is one that its documentation names. */
  readonly documented: (error: unknown) => boolean;
}

const INPUTS = 10_000;
/** Parsers may put off work to the event loop's next turn, which comes after so many inputs. */
const TURN = 1000;
const SLOW_MS = 200;
const RETRIES = 3;
const MOST_BYTES = 400 * 1024 * 1024;

/**
 * Feeds `INPUTS` (environment, 10,000) inputs made from `SEED` (environment, or the time) to a parser of outside bytes. Every one must
 * be taken or refused with a documented error, within 200 ms, and all together must not make the process grow by 400 MiB. A
 * parser may return a promise.
 * @throws TestkitError `fuzz` with the seed and the input.
 */
export async function fuzz(target: FuzzTarget, environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  const seed = Number(environment["SEED"] ?? Date.now() % 2 ** 31);
  const count = Number(environment["INPUTS"] ?? INPUTS);
  const corpus = target.corpus.map((input) => Buffer.from(input as string));
  for (const input of corpus) await refuseAny(input, target);
  const mutator = new Mutator(corpus, seed);
  const grownFrom = process.memoryUsage().rss;
  for (let index = 0; index < count; index++) {
    if (index % TURN === 0) await turn();
    const input = mutator.next();
    const why = await fault(input, target);
    if (why !== undefined) throw failed(why, { seed, input });
  }
  const grown = process.memoryUsage().rss - grownFrom;
  if (grown > MOST_BYTES) throw new TestkitError("fuzz", `SEED=${seed}: the process grew by ${grown} bytes`);
}

/** A corpus that is refused would fuzz only the first check. */
async function refuseAny(input: Buffer, target: FuzzTarget): Promise<void> {
  try {
    if ((await target.parse(input)) !== undefined) return;
  } catch (cause) {
    throw new TestkitError("fuzz", `the corpus holds an input that is refused: ${input.toString("latin1")}`, { cause });
  }
  throw new TestkitError("fuzz", `the corpus holds an input that is not read: ${input.toString("latin1")}`);
}

/** What is wrong with how `input` was read; undefined when nothing is. Slowness counts when it stays in the next tries. */
async function fault(input: Buffer, target: FuzzTarget): Promise<{ what: string; cause?: unknown } | undefined> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries <= RETRIES && fastest > SLOW_MS; tries++) {
    const begun = performance.now();
    try {
      await target.parse(input);
    } catch (error) {
      if (!target.documented(error)) return { what: "an error that is not documented", cause: error };
    }
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return fastest > SLOW_MS ? { what: `${Math.round(fastest)} ms` } : undefined;
}

function failed(
  why: { what: string; cause?: unknown },
  { seed, input }: { seed: number; input: Buffer },
): TestkitError {
  const shown =
    input.length > 2048 ? `${input.subarray(0, 2048).toString("hex")}… (${input.length} bytes)` : input.toString("hex");
  return new TestkitError("fuzz", `SEED=${seed}: ${why.what}; input ${shown}`, { cause: why.cause });
}
