import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "Dockerfile"), "utf8");

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, continued lines as one, comments left out. */
const instructions: Instruction[] = text
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => ({ word: line.split(" ", 1)[0]!, rest: line.slice(line.indexOf(" ") + 1).trim() }));

/** Instructions by the stage that they belong to. */
const stages = new Map<string, Instruction[]>();
for (const instruction of instructions) {
  if (instruction.word === "FROM") stages.set(/ AS (\S+)$/.exec(instruction.rest)?.[1] ?? "unnamed", []);
  else [...stages.values()].at(-1)?.push(instruction);
}

function last(stage: string, word: string): string | undefined {
  return stages.get(stage)?.findLast((instruction) => instruction.word === word)?.rest;
}

test("every stage begins with the base that the builder chooses", () => {
  assert.deepEqual(instructions[0], { word: "ARG", rest: "BASE=node:24-bookworm-slim" });
  const froms = instructions.filter(({ word }) => word === "FROM").map(({ rest }) => rest);
  assert.ok(froms.length >= 3);
  assert.deepEqual(
    froms.filter((rest) => !/^\$\{BASE\} AS [a-z]+$/.test(rest)),
    [],
  );
  assert.equal([...stages.keys()].at(-1), "swarmpost", "the image of the programs is the one that is built by default");
});

test("both images run as nobody that the machine knows, and start programs without a shell", () => {
  for (const stage of ["swarmpost", "quickstart"]) {
    assert.equal(last(stage, "USER"), "10001:10001", stage);
    for (const word of ["ENTRYPOINT", "CMD"]) {
      const command = JSON.parse(last(stage, word) ?? "[]") as string[];
      assert.ok(!command.some((part) => /(^|\/)(sh|bash|dash)$/.test(part)), `${stage} ${word}`);
    }
  }
  assert.deepEqual(JSON.parse(last("swarmpost", "ENTRYPOINT")!), ["node", "--enable-source-maps", "/app/main.mjs"]);
});

test("whatever is copied exists, and what is run is in the build's context", () => {
  for (const [stage, list] of stages) {
    for (const { rest } of list.filter(({ word }) => word === "COPY")) {
      const [, from, source] = /^(?:--from=(\S+) )?(\S+) \S+$/.exec(rest) ?? [];
      if (from === undefined) assert.ok(existsSync(join(root, source!)), `${stage}: ${rest}`);
      else {
        const made = stages.get(from)?.some(({ rest: other }) => other.includes(source!));
        assert.ok(made, `${stage}: ${from} makes no ${source}`);
      }
    }
  }
  const scripts = [...text.matchAll(/\bnode (deploy\/\S+)/g)].map((match) => match[1]!);
  assert.ok(scripts.length >= 2);
  for (const script of scripts) assert.ok(existsSync(join(root, script)) && !ignored(script), script);
});

const patterns = readFileSync(join(root, ".dockerignore"), "utf8").split("\n").filter(Boolean);

/** Whether the build's context lacks a path: the last pattern that matches it, or a folder above it, decides. */
function ignored(path: string): boolean {
  const parts = path.split("/");
  const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  let left = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (above.some((each) => matchesGlob(each, negated ? pattern.slice(1) : pattern))) left = !negated;
  }
  return left;
}

test("the context has every package of the workspace and its sources, and no installed or secret thing", () => {
  const manifests = globSync("{libs,services}/*/package.json", { cwd: root });
  const needed = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "tests/package.json", ...manifests];
  for (const path of [...needed, "services/relay/main.ts", "libs/protos/gen/swarmpost/node/v1/node_pb.js"])
    assert.ok(!ignored(path), path);
  for (const path of [".git/config", "node_modules/pg/package.json", "libs/crypto/node_modules/x", "tests/e2e/a.ts"])
    assert.ok(ignored(path), path);
});

test("only npm's registry, of the base's or the builder's choice, and Debian's mirror are reached", () => {
  const runs = instructions.filter(({ word }) => word === "RUN").map(({ rest }) => rest);
  for (const run of runs) assert.doesNotMatch(run, /https?:|curl|wget|git clone|\bADD\b/, run);
  assert.ok(!instructions.some(({ word }) => word === "ADD"));
  assert.deepEqual(
    [...stages].filter(([, list]) => list.some(({ rest }) => rest.includes("apt-get"))).map(([stage]) => stage),
    ["quickstart"],
  );
});

test("the image, the chart and the package have one version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  assert.match(text, new RegExp(`^ARG VERSION=${version}$`, "m"));
  assert.match(
    readFileSync(join(root, "charts/swarmpost/Chart.yaml"), "utf8"),
    new RegExp(`^appVersion: "${version}"$`, "m"),
  );
});
