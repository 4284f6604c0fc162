import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const index = fileURLToPath(new URL("./index.ts", import.meta.url));

/** A process whose service is given by the body of its `create`. */
function service(create: string, env: Record<string, string> = {}) {
  const source = `
    import { configTypes, defineConfig, run } from ${JSON.stringify(index)};
    const schema = defineConfig({ NAME: { schema: configTypes.text, doc: "A name." } });
    await run("sample", schema, async (config, runtime) => { ${create} });
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    env: { NAME: "one", ADMIN_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.err += text));
  return { child, output };
}

async function exit(child: ChildProcess): Promise<number | string | null> {
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return code ?? signal;
}

/** Resolves when the process has logged the event. */
async function logged({ child, output }: ReturnType<typeof service>, event: string): Promise<void> {
  while (!output.out.includes(`"event":"${event}"`)) await once(child.stdout, "data");
}

test("SIGTERM makes the service not ready, disposes it and ends the process with 0", async () => {
  const sample = service(`
    const timer = setInterval(() => {}, 1000);
    return { async [Symbol.asyncDispose]() {
      console.log("reasons " + runtime.health.reasons() + " aborted " + runtime.signal.aborted);
      clearInterval(timer);
    } };
  `);
  const ended = exit(sample.child);
  await logged(sample, "started");
  sample.child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.match(sample.output.out, /reasons service: shutting down aborted true/);
  assert.match(sample.output.out, /"signal":"SIGTERM","event":"stopping"/);
  assert.match(sample.output.out, /"stopped"/);
  assert.equal(sample.output.err, "");
});

test("what a library left open does not hold a service that has ended its work", async () => {
  const sample = service("setInterval(() => {}, 60_000); return { async [Symbol.asyncDispose]() {} };");
  const ended = exit(sample.child);
  await logged(sample, "started");
  sample.child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.match(sample.output.out, /"stopped".*"reason":"[^"]*Timeout[^"]*","event":"held_open"/s);
});

test("a service that drains is not ready at once, and works until the drain is over", async () => {
  const create = `
    const timer = setInterval(() => {}, 1000);
    process.once("SIGTERM", () => setTimeout(() => {
      console.log("while draining: " + runtime.health.reasons() + " aborted " + runtime.signal.aborted);
    }, 100));
    return { async [Symbol.asyncDispose]() { clearInterval(timer); } };
  `;
  const sample = service(create, { DRAIN_MS: "400" });
  const ended = exit(sample.child);
  await logged(sample, "started");
  const stopped = performance.now();
  sample.child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.ok(performance.now() - stopped >= 400);
  assert.match(sample.output.out, /while draining: service: shutting down aborted false/);
});

test("a service that is still starting is alive and not ready", async () => {
  const sample = service(`
    runtime.logger.info("creating");
    process.once("SIGUSR2", () => {});
    return await new Promise((resolve, reject) => {
      const timer = setInterval(() => {}, 1000);
      runtime.signal.addEventListener("abort", () => { clearInterval(timer); reject(runtime.signal.reason); });
    });
  `);
  const ended = exit(sample.child);
  await logged(sample, "creating");
  sample.child.kill("SIGINT");
  assert.equal(await ended, 0, "an interrupted start is no failure");
});

test("a failed start prints one line on standard error and ends with 1", async () => {
  const failed = service(`throw new Error("the database is\\n gone");`);
  assert.equal(await exit(failed.child), 1);
  assert.equal(failed.output.err, "sample: cannot start: the database is gone\n");
});

test("a bad configuration names everything that is wrong", async () => {
  const failed = service("return { async [Symbol.asyncDispose]() {} };", {
    NAME: "",
    ADMIN_PORT: "99999",
    LOG_LEVEL: "loud",
  });
  assert.equal(await exit(failed.child), 1);
  assert.match(
    failed.output.err,
    /^sample: cannot start: bad configuration: LOG_LEVEL.*ADMIN_PORT.*NAME is required.*\n$/,
  );
});

test("a failed shutdown ends with 1 and a log line", async () => {
  const sample = service(`
    return { async [Symbol.asyncDispose]() { throw Object.assign(new Error("x"), { code: "stuck" }); } };
  `);
  const ended = exit(sample.child);
  await logged(sample, "started");
  sample.child.kill("SIGTERM");
  assert.equal(await ended, 1);
  assert.match(sample.output.out, /"error_code":"stuck".*"stop_failed"/);
});

test("a service that fails after its start is disposed, and the process ends with 1", async () => {
  const sample = service(`
    const timer = setInterval(() => {}, 1000);
    setTimeout(() => runtime.fail(Object.assign(new Error("x"), { code: "lost" }), 10_000), 50);
    return { async [Symbol.asyncDispose]() {
      clearInterval(timer);
      console.log("disposed, aborted " + runtime.signal.aborted);
    } };
  `);
  assert.equal(await exit(sample.child), 1);
  assert.match(sample.output.out, /"error_code":"lost".*"failed"/);
  assert.match(sample.output.out, /disposed, aborted true/);
});

test("a service that fails while it is still starting cannot start: that is no interruption", async () => {
  const failed = service(`
    const timer = setInterval(() => {}, 1000);
    setTimeout(() => runtime.fail(new Error("another process runs"), 10_000), 50);
    return await new Promise((resolve, reject) => {
      runtime.signal.addEventListener("abort", () => { clearInterval(timer); reject(runtime.signal.reason); });
    });
  `);
  assert.equal(await exit(failed.child), 1);
  assert.equal(failed.output.err, "sample: cannot start: another process runs\n");
});

test("a service that fails ends in time, however long its disposal takes", async () => {
  const sample = service(`
    setTimeout(() => runtime.fail(new Error("x"), 100), 50);
    return { async [Symbol.asyncDispose]() { await new Promise(() => setInterval(() => {}, 1000)); } };
  `);
  assert.equal(await exit(sample.child), 1);
});
