import { availableParallelism, loadavg } from "node:os";
import { measureHop } from "./hop.ts";
import { type BenchOptions, type Part, parseOptions, USAGE } from "./options.ts";
import { type Section, sectionJson, sectionText } from "./report.ts";
import { measureNetwork } from "./whole-network.ts";
import { measureStorage } from "./storage-paths.ts";
import { measureWaiting } from "./waiting-readers.ts";

/** `store` and `poll` share their servers. */
async function measure(part: Part, options: BenchOptions): Promise<Section[]> {
  switch (part) {
    case "hop":
      return [await measureHop(options)];
    case "store":
      return measureStorage(options);
    case "poll":
      return options.parts.includes("store") ? [] : measureStorage(options);
    case "network":
      return [await measureNetwork(options)];
    case "waiting":
      return [await measureWaiting(options)];
  }
}

async function main(options: BenchOptions): Promise<void> {
  const started = performance.now();
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(text);
  };
  const machine = { cores: availableParallelism(), node: process.version, loadBefore: loadavg()[0] ?? 0 };
  say(`${machine.cores} cores, Node ${machine.node}, load ${machine.loadBefore.toFixed(1)} before. `);
  say("Everything, the load included, shares these cores: read the ratios, not the rates.\n");
  const sections: Section[] = [];
  for (const part of options.parts) {
    const measured = await measure(part, options);
    sections.push(...measured);
    for (const section of measured) say(`\n${sectionText(section)}\n`);
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ machine, seconds, sections: sections.map(sectionJson) }, null, 2)}\n`);
  } else say(`\n${seconds} s\n`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${USAGE}\n`);
  else await main(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
