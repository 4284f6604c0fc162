import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createLogger } from "./logger.ts";
import { errorFields, type SafeFields, safeKeys, scrub } from "./safe-fields.ts";

function capture(level: "debug" | "info" = "info") {
  const lines: string[] = [];
  const logger = createLogger({ service: "relay", level, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

test("a line holds the service, the level, the event and the declared fields", () => {
  const { logger, last } = capture();
  logger.info("map_changed", { height: 12n, swarm_count: 3, reason: undefined });
  const { time, ...rest } = last();
  assert.equal(typeof time, "number");
  assert.deepEqual(rest, { level: "info", service: "relay", event: "map_changed", height: "12", swarm_count: 3 });
});

test("fields that are not declared are dropped", () => {
  const { logger, lines } = capture();
  logger.warn("odd", { account: "05abc" } as SafeFields);
  logger.child({ address: "10.0.0.1", kind: "peer" } as SafeFields).error("odd");
  assert.doesNotMatch(lines.join(""), /05abc|10\.0\.0\.1/);
  assert.match(lines[1] ?? "", /"kind":"peer"/);
});

test("no declared key names a person, a message or an address", () => {
  assert.deepEqual(
    safeKeys.filter((key) => /pubkey|account|address|_ip$|^ip|message|_hash$/.test(key) && key !== "map_hash"),
    [],
  );
});

test("lines below the level are not written", () => {
  const { logger, lines } = capture();
  logger.debug("detail");
  assert.equal(lines.length, 0);
});

test("text that looks like a key, a hash, a signature or an address is removed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), fc.ipV4(), (bytes, ip) => {
      const all = Buffer.from(bytes);
      const text = `refused ${all.toString("hex")} or ${all.toString("base64")} from ${ip}:22021`;
      const kept = scrub(text);
      assert.ok(!kept.includes(all.toString("hex")) && !kept.includes(all.toString("base64")) && !kept.includes(ip));
    }),
  );
  assert.equal(scrub("from 2001:db8:0:1::77 refused"), "from [removed] refused");
  assert.equal(scrub("swarm map is 12 s old at 10:15:00"), "swarm map is 12 s old at 10:15:00");
});

test("an exception is described without its message", () => {
  const cause = Object.assign(new Error("key 05ab at 10.0.0.1"), { code: "ECONNREFUSED" });
  const error = Object.assign(new Error("cannot reach 10.0.0.1", { cause }), { code: "unreachable" });
  const fields = errorFields(error);
  assert.equal(fields.error_code, "unreachable");
  assert.equal(fields.cause_code, "ECONNREFUSED");
  assert.match(String(fields.error_at), /^logger\.test\.ts:\d+$/);
  assert.doesNotMatch(JSON.stringify(fields), /10\.0\.0\.1/);
  assert.deepEqual(errorFields("text"), { error_name: "string" });
});
