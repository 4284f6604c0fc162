import type { BenchOptions } from "./options.ts";
import { measurePolls } from "./polls.ts";
import type { Section } from "./report.ts";
import { startStorageStage } from "./storage-stage.ts";
import { measureStores } from "./stores.ts";

/** Questions 2 and 3, on the same servers. */
export async function measureStorage(options: BenchOptions): Promise<Section[]> {
  await using stage = await startStorageStage(options.services);
  const sections: Section[] = [];
  if (options.parts.includes("store")) sections.push(await measureStores(stage, options));
  if (options.parts.includes("poll")) sections.push(await measurePolls(stage, options));
  return sections;
}
