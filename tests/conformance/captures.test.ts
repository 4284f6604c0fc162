import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRequest } from "@swarmpost/storage-rpc";
import { openOnion } from "./open-onion.ts";
import { type RecordedLine, readRecording } from "./recorded.ts";

interface TraceHop {
  readonly node: number;
  readonly outerMeta: { readonly ephemeral_key: string; readonly enc_type?: string };
  readonly type: string;
  readonly innerMeta: Readonly<Record<string, unknown>>;
  readonly innerLen: number;
}

interface Trace extends RecordedLine {
  readonly trace: readonly TraceHop[];
  readonly finalBody?: string;
  readonly finalMeta?: unknown;
  readonly finalRelay?: Readonly<Record<string, unknown>>;
  readonly innerHex?: string;
}

test("every captured onion opens hop by hop and matches its recorded trace", () => {
  const { lines, nodes } = readRecording("session-desktop");
  const traces = lines.filter((line): line is Trace => line.where === "onion trace");
  assert.equal(traces.length, 6);
  for (const trace of traces) {
    const request = lines.find((line) => line.seq === trace.seq - 1);
    assert.ok(request?.bodyHex && request.bodyHex.length === 2 * (request.bodyLen ?? 0));
    const keys = trace.trace.map((hop) => {
      const node = nodes.get(hop.node);
      assert.ok(node);
      return { secret: node.x25519_secret, public: node.pubkey_x25519 };
    });
    const opened = openOnion(Buffer.from(request.bodyHex, "hex"), keys);
    opened.forEach((layer, index) => checkHop(trace.trace[index], layer));
    checkEnd(trace, opened.at(-1));
  }
});

function checkHop(hop: TraceHop | undefined, { layer, inner, plaintext }: ReturnType<typeof openOnion>[number]): void {
  assert.ok(hop);
  assert.equal(layer.ephemeralKey.toString("hex"), hop.outerMeta.ephemeral_key);
  assert.equal(layer.encType, hop.outerMeta.enc_type ?? "aes-gcm");
  assert.equal(layer.encType, hop.type);
  const blobLength = plaintext.readUInt32LE(0);
  assert.deepEqual(JSON.parse(plaintext.subarray(4 + blobLength).toString("utf8")), hop.innerMeta);
  assert.equal(blobLength, hop.innerLen);
  if (inner.kind === "node") assert.equal(inner.next, hop.innerMeta.destination);
}

function checkEnd(trace: Trace, last: ReturnType<typeof openOnion>[number] | undefined): void {
  if (trace.finalBody !== undefined) {
    assert.ok(last?.inner.kind === "final");
    assert.equal(last.inner.body.toString("utf8"), trace.finalBody);
    assert.deepEqual([last.inner.json, last.inner.base64], [false, true]);
    return;
  }
  assert.ok(last?.inner.kind === "server");
  const { host, target, port, protocol, plaintext } = last.inner;
  assert.deepEqual({ ...trace.finalRelay, host, target, port, protocol }, trace.finalRelay);
  assert.ok(plaintext.toString("hex").includes(trace.innerHex ?? ""));
}

for (const client of ["session-desktop", "sessionjs"] as const) {
  test(`every plain request recorded from ${client} parses`, () => {
    const plain = readRecording(client).lines.filter((line) => line.bodyText !== undefined && line.bodyLen);
    const paths = plain.map((line) => checkPlain(line, line.bodyText ?? ""));
    assert.ok(paths.includes("/json_rpc") && paths.includes("/storage_rpc/v1"));
  });
}

function checkPlain(line: RecordedLine, body: string): string {
  const [, url = ""] = line.rawHead?.split(" ", 2) ?? [];
  assert.equal(Buffer.byteLength(body), line.bodyLen);
  const path = new URL(url, "https://node").pathname;
  if (path === "/storage_rpc/v1") assert.ok(parseRequest(body).method);
  else if (path === "/json_rpc") assert.match((JSON.parse(body) as { method: string }).method, /^get_n_service_nodes$/);
  else assert.fail(`a plain request to ${path}`);
  return path;
}
