import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LogLevel } from "./logger.ts";
import { REQUEST_ID_BYTES, RequestLogs } from "./request-log.ts";

function logsAt(level: LogLevel): { logs: RequestLogs; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { logs: new RequestLogs(createLogger({ service: "sample", level, destination })), lines };
}

test("all lines of a request carry its id, in the service that goes on with it as well", () => {
  const { logs, lines } = logsAt("debug");
  const first = logs.begin();
  first.step("taken", { kind: "store" });
  logs.resume(Buffer.from(first.id)).step("answered", { status: 200 });
  first.failed("request_failed", Object.assign(new Error("secret"), { code: "odd" }));
  logs.begin().step("taken");
  const ids = lines.map((line) => line.request_id);
  assert.deepEqual(ids, [...Array.from({ length: 3 }, () => first.id.toString("hex")), ids[3]]);
  assert.notEqual(ids[3], ids[0]);
  assert.deepEqual([lines[0]?.kind, lines[1]?.status, lines[2]?.error_code], ["store", 200, "odd"]);
  assert.ok(!JSON.stringify(lines).includes("secret"));
});

test("ids are never drawn twice", () => {
  const { logs } = logsAt("info");
  const ids = Array.from({ length: 5_000 }, () => logs.begin().id);
  assert.ok(ids.every((id) => id.length === REQUEST_ID_BYTES));
  assert.equal(new Set(ids.map((id) => id.toString("hex"))).size, ids.length);
});

test("above the debug level steps do no work on text, and failures still say which request", () => {
  const { logs, lines } = logsAt("info");
  const log = logs.begin();
  let texts = 0;
  log.id.toString = () => {
    texts += 1;
    return "text";
  };
  for (let step = 0; step < 1_000; step += 1) log.step("taken");
  assert.deepEqual([texts, lines], [0, []]);
  log.failed("request_failed", new Error("odd"));
  assert.deepEqual([texts, lines[0]?.request_id], [1, "text"]);
});
