import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, safeKeys } from "@swarmpost/runtime";
import { readText, sourceFiles } from "./source-tree.ts";

// Logs and metrics know no one (convention 16). What a running network wrote is searched in tests/e2e/message.test.ts.

const code = sourceFiles().filter((file) => /^(libs|services)\//.test(file.path) && !file.path.endsWith(".test.ts"));
const key = "f16ba5591039f089b42a834175093094074d0d937a79e53e5ce730f946e14b88";
const identities = {
  "a key in hex": key,
  "an account ID": `05${key}`,
  "a key in base64": Buffer.from(key, "hex").toString("base64"),
  "a message hash": "bepQtTaYrzcuCXO3fZkmk/h3xkMQ3vCh94i5HzLmj3I",
  "an IPv4 address": "203.0.113.7",
  "an address with a port": "203.0.113.7:22021",
};

test("every log call names its event by a constant", () => {
  const calls = code.flatMap((file) =>
    [...file.text.matchAll(/\blogger\??\.(?:debug|info|warn|error)\(\s*([^,)]*)/g)].map((match) => [
      file.path,
      match[1],
    ]),
  );
  assert.ok(calls.length > 30, `${calls.length} calls found`);
  const odd = calls.filter(([path, event]) => !/^"[a-z0-9_]+"$/.test(event ?? "") && path !== "libs/runtime/logger.ts");
  const chosen = odd.filter(([, event]) => !/^(event|\w+ \? "[a-z0-9_]+" : "[a-z0-9_]+")$/.test(event ?? ""));
  assert.deepEqual(chosen, []);
});

test("no key that a log line may carry is one of an identity", () => {
  const identity =
    /pubkey|account|recipient|sender|session|hash(?!$)|message_|client_|remote|host|\bip\b|address|peer(?!_(port|count))/;
  assert.deepEqual(
    safeKeys.filter((name) => identity.test(name)),
    [],
  );
});

for (const [what, value] of Object.entries(identities)) {
  test(`a log line loses ${what}, under whatever field it comes`, () => {
    const lines: string[] = [];
    const logger = createLogger({ service: "x", level: "debug", destination: { write: (line) => lines.push(line) } });
    logger.error("tried", { reason: `refused ${value} just now`, name: value });
    logger.child({ reason: value }).info("tried", { account: value } as never);
    assert.equal(lines.length, 2);
    assert.ok(!lines.join("").includes(value), lines.join(""));
  });
}

test("no metric has a label for an identity, and labels come in closed sets only", () => {
  const doc = readText("docs/metrics.md");
  assert.ok(doc.includes("swarmpost_relay_"));
  const open = code.filter((file) => /labelNames/.test(file.text) && file.path !== "libs/runtime/metrics.ts");
  assert.deepEqual(
    open.map((file) => file.path),
    [],
  );
  const declared = code
    .filter((file) => file.path.endsWith("/metrics.ts") && file.path.startsWith("services/"))
    .flatMap((file) => [...file.text.matchAll(/\{\s*(\w+): \[/g)].map((match) => match[1]!));
  assert.ok(declared.length > 5, `${declared.length} labels found`);
  assert.deepEqual(
    declared.filter((label) => /pubkey|account|node|peer|address|ip|host|hash|swarm/.test(label)),
    [],
  );
});
