// `npm run demo`: a whole network on this machine, and a message that crosses it.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { startNetwork } from "@swarmpost/localnet";
import { DemoScreen } from "./demo-screen.ts";
import { type DemoResult, runDemo } from "./demo-story.ts";
import { exitCodeOf, oneLine } from "./failure-line.ts";
import { stopSignal } from "./stop-signal.ts";

const usage = "usage: npm run demo -- [--nodes N] [--message TEXT | --file FILE] [--json] [--stay]";
const fewestNodes = 12;

interface DemoOptions {
  readonly nodes: number;
  readonly text: string;
  readonly json: boolean;
  readonly stay: boolean;
}

async function parseOptions(): Promise<DemoOptions> {
  const { values } = parseArgs({
    options: {
      nodes: { type: "string", default: "14" },
      message: { type: "string" },
      file: { type: "string" },
      json: { type: "boolean", default: false },
      stay: { type: "boolean", default: false },
    },
  });
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < fewestNodes || nodes > 200) {
    throw new RangeError(`--nodes must be ${fewestNodes} to 200: ${fewestNodes} are the fewest that make two swarms`);
  }
  if (values.message !== undefined && values.file !== undefined)
    throw new RangeError("give --message or --file, not both");
  const text = values.file === undefined ? (values.message ?? "Hello from swarmpost 👋") : await readText(values.file);
  if (text === "") throw new RangeError("the message is empty");
  return { nodes, text, json: values.json, stay: values.stay };
}

/** A file's text; what is not UTF-8 can't be a text message. */
async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RangeError(`${file} is not UTF-8 text; attachments come with a later version`, { cause });
  }
}

async function main(): Promise<number> {
  const started = performance.now();
  using stop = stopSignal();
  const options = await parseOptions();
  const screen = new DemoScreen();
  await using network = await startNetwork({
    nodes: options.nodes,
    onProgress: (progress) => screen.progress(progress),
    signal: stop.signal,
  });
  const result = await runDemo(network, options.text, { screen, signal: stop.signal });
  if (options.stay) await stay(network, stop, screen);
  else screen.done(performance.now() - started);
  await network.stop();
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return passed(result) ? 0 : 1;
}

function passed(result: DemoResult): boolean {
  return result.delivered && result.readAfterNodeLoss;
}

async function stay(
  network: { readonly seedUrl: string; writeNetworkFile(): Promise<string> },
  stop: { readonly received: Promise<void> },
  screen: DemoScreen,
): Promise<void> {
  screen.staying(network.seedUrl, await network.writeNetworkFile());
  await stop.received;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`swarmpost demo: ${oneLine(error)}\n`);
  if (error instanceof TypeError && "code" in error) process.stderr.write(`${usage}\n`);
  process.exitCode = exitCodeOf(error);
}
