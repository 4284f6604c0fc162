// Renews everything generated: protobuf code, the contents page of libs/protos, contract artifacts, docs/*.md tables, dashboards.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, root } from "./setup.mjs";

/** Runs a program with the tools of the workspace on its PATH. */
function run(command, args, folder) {
  const PATH = [join(root, "libs/protos/node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH].join(
    ":",
  );
  const result = spawnSync(command, args, { cwd: join(root, folder), stdio: "inherit", env: { ...process.env, PATH } });
  if (result.status !== 0) fail(`${command} ${args.join(" ")} failed`);
}

/** `export { … } from` lines for every generated file. */
export function protosIndex() {
  const parts = ["// Generated code from protos/, by subject. Regenerate with `npm run generate`.\n"];
  for (const file of globSync("gen/swarmpost/*/v1/*_pb.d.ts", { cwd: join(root, "libs/protos") }).sort()) {
    const text = readFileSync(join(root, "libs/protos", file), "utf8");
    const names = (pattern) => [...text.matchAll(pattern)].map((match) => match[1]);
    const types = names(/export declare type (\w+) =/g);
    const values = names(/export declare const (\w+):/g).filter((name) => !name.startsWith("file_"));
    const from = `"./${file.replace(".d.ts", ".js")}"`;
    if (types.length > 0) parts.push(`export type {\n${types.map((name) => `  ${name},\n`).join("")}} from ${from};\n`);
    parts.push(`export {\n${values.map((name) => `  ${name},\n`).join("")}} from ${from};\n`);
  }
  return parts.join("\n");
}

run("buf", ["lint"], "protos");
run("buf", ["generate"], "protos");
writeFileSync(join(root, "libs/protos/index.ts"), protosIndex());
run("biome", ["format", "--write", "libs/protos/index.ts"], ".");
run(process.execPath, ["libs/staking/compile.ts"], ".");
run(process.execPath, ["deploy/dev/generate-docs.ts"], ".");
run(process.execPath, ["deploy/grafana/generate.ts"], ".");
run(process.execPath, ["deploy/dev/generate-chart.ts"], ".");
run("biome", ["format", "--write", "charts/swarmpost/values.schema.json"], ".");
