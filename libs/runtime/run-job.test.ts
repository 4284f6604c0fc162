import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const index = fileURLToPath(new URL("./index.ts", import.meta.url));

/** A process that runs the given body as a job. */
function job(body: string, env: Record<string, string> = { NAME: "one" }) {
  const source = `
    import { configTypes, defineConfig, runJob } from ${JSON.stringify(index)};
    const schema = defineConfig({ NAME: { schema: configTypes.text, doc: "A name." } });
    await runJob("sample", schema, async (config, { logger, signal, print }) => { ${body} });
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.err += text));
  return { child, output, ended: once(child, "close").then(([code]) => code as number | null) };
}

test("a job that succeeds ends with 0 and leaves its result on standard output", async () => {
  const { ended, output } = job(`print("hello " + config.NAME); logger.info("done");`);
  assert.equal(await ended, 0);
  assert.match(output.out, /^hello one$/m);
  assert.match(output.out, /"service":"sample","event":"done"/);
  assert.equal(output.err, "");
});

test("a job that fails ends with 1 and one line", async () => {
  const { ended, output } = job(`throw new Error("the chain is\\n gone");`);
  assert.equal(await ended, 1);
  assert.equal(output.err, "sample: failed: the chain is gone\n");
});

test("a failure that trying again can't mend ends with 2", async () => {
  const { ended, output } = job(`throw Object.assign(new Error("two of them"), { lasting: true });`);
  assert.equal(await ended, 2);
  assert.equal(output.err, "sample: failed: two of them\n");
});

test("wrong settings are one line that names them", async () => {
  const { ended, output } = job(`print("never");`, {});
  assert.equal(await ended, 2);
  assert.match(output.err, /^sample: failed: bad configuration: NAME is required .*\n$/);
  assert.equal(output.out, "");
});

test("SIGTERM aborts a job, which then has failed", async () => {
  const { child, ended, output } = job(`
    const alive = setInterval(() => {}, 1000);
    signal.addEventListener("abort", () => clearInterval(alive));
    print("waiting");
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  `);
  while (!output.out.includes("waiting")) await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.equal(await ended, 1);
  assert.match(output.err, /^sample: failed: .*abort.*\n$/);
});
