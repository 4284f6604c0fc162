import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkRequest } from "@swarmpost/rpc";
import { createLogger, RequestLogs } from "@swarmpost/runtime";
import { type StorageRpcParts, storageRpcHandler } from "./storage-rpc-server.ts";

const json = Buffer.from(`{"method":"info","params":{}}`);
const id = Buffer.from("0123456789abcdef", "hex");

function asked(run: StorageRpcParts["run"]) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logs = new RequestLogs(createLogger({ service: "storage", level: "debug", destination }));
  const handler = storageRpcHandler({
    run,
    logs,
    height: () => 1,
    notReady: () => "",
    draining: () => false,
    onAnswer: () => {},
  });
  const ask = async (payload: Buffer) => Buffer.from(await handler({ kind: 1, payload } as LinkRequest));
  return { ask, lines };
}

test("what the relay asks is logged under the relay's id for it", async () => {
  const { ask, lines } = asked(async () => ({ status: 200, body: {} }));
  assert.equal((await ask(Buffer.concat([Buffer.from([3]), id, json]))).readUInt16LE(), 200);
  assert.deepEqual(
    lines.map(({ event, request_id }) => [event, request_id]),
    [
      ["rpc_taken", id.toString("hex")],
      ["rpc_answered", id.toString("hex")],
    ],
  );
});

test("a failure that nobody expected is logged under the relay's id, without its text", async () => {
  const { ask, lines } = asked(async () => {
    throw Object.assign(new Error("account 05ab"), { code: "odd" });
  });
  assert.equal((await ask(Buffer.concat([Buffer.from([3]), id, json]))).readUInt16LE(), 500);
  const failed = lines.find(({ level }) => level === "error");
  assert.deepEqual(
    [failed?.event, failed?.request_id, failed?.error_code],
    ["request_failed", "0123456789abcdef", "odd"],
  );
  assert.ok(!JSON.stringify(lines).includes("05ab"));
});

test("a request without an id gets one of its own", async () => {
  const { ask, lines } = asked(async () => ({ status: 200, body: {} }));
  assert.equal((await ask(Buffer.concat([Buffer.from([1]), json]))).readUInt16LE(), 200);
  assert.equal(new Set(lines.map(({ request_id }) => request_id)).size, 1);
  assert.match(String(lines[0]?.request_id), /^[0-9a-f]{16}$/);
});

test("a request that is cut in its id is refused, not guessed", async () => {
  const { ask } = asked(async () => ({ status: 200, body: {} }));
  assert.equal((await ask(Buffer.concat([Buffer.from([3]), id.subarray(0, 4)]))).readUInt16LE(), 400);
});
