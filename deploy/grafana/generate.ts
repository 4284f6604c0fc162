// Writes deploy/grafana/dashboards/*.json, which the chart ships; removes what is no dashboard any more.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardFiles } from "./dashboards.ts";

const folder = join(import.meta.dirname, "dashboards");
const files = dashboardFiles();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
