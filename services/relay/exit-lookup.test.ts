import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { test } from "node:test";
import type { ServerLayer } from "@swarmpost/onion";
import { createRuntime, RequestLogs, silentLogger } from "@swarmpost/runtime";
import type { Answer } from "./answer.ts";
import type { Caller } from "./caller.ts";
import { isPublicAddress } from "./exit-address.ts";
import { ExitClient } from "./exit-client.ts";
import { judgedLookup, type Resolve } from "./exit-lookup.ts";
import { ExitPolicy } from "./exit-policy.ts";
import { ExitWork } from "./exit-work.ts";
import { relayMetrics } from "./metrics.ts";

const address = (text: string): LookupAddress => ({ address: text, family: text.includes(":") ? 6 : 4 });

/** A resolver that says something else each time, the last for ever. */
function changing(...answers: string[][]): { resolve: Resolve; asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_name, _options, done) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    done(null, answer.map(address));
  };
  return { resolve, asked: () => asked };
}

/** What a lookup gives to a connection. */
function given(lookup: LookupFunction): Promise<string[] | string> {
  return new Promise((resolve) => {
    lookup("files.example.org", { all: true }, (error, found) => {
      resolve(error ? (error.code ?? "") : (found as LookupAddress[]).map((each) => each.address));
    });
  });
}

test("of several addresses only public ones are given, whatever form the others have", async () => {
  const inside = [
    "10.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
    "fd00::1",
    "169.254.169.254",
  ];
  const { resolve } = changing([...inside, "1.1.1.1", "2606:4700::1"], inside);
  const lookup = judgedLookup(isPublicAddress, resolve);
  assert.deepEqual(await given(lookup), ["1.1.1.1", "2606:4700::1"]);
  assert.equal(await given(lookup), "ERR_EXIT_REFUSED");
});

test("a name that does not resolve is no refusal but a failure", async () => {
  const resolve: Resolve = (_name, _options, done) => done(Object.assign(new Error("x"), { code: "ENOTFOUND" }), []);
  assert.equal(await given(judgedLookup(isPublicAddress, resolve)), "ENOTFOUND");
});

const layer = (port: number): ServerLayer => ({
  kind: "server",
  host: "rebinding.example.org",
  target: "/oxen/v4/lsrpc",
  port,
  protocol: "http",
  plaintext: Buffer.from("x"),
});
const caller: Caller = {
  remainingMs: 10_000,
  signal: new AbortController().signal,
  log: new RequestLogs(silentLogger).begin(),
};

/** An exit for which 127.0.0.1 is public and every other loopback address lies inside. */
function exit(resolve: Resolve): ExitClient {
  const policy = new ExitPolicy({ hosts: "public", aliases: "", deniedRanges: "" });
  const lookup = judgedLookup((text) => text === "127.0.0.1", resolve);
  const metrics = relayMetrics(createRuntime("relay", { logger: silentLogger }).metrics);
  const work = new ExitWork({ maxRequests: 10, maxBytes: 64 * 1024 * 1024, maxPerHost: 10 });
  return new ExitClient({ timeoutMs: 5_000, userAgent: "test" }, { policy, lookup, metrics, work });
}

test("a name that is public when it is judged and private when it is connected to reaches nothing (DNS rebinding)", async () => {
  await using stack = new AsyncDisposableStack();
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(request.socket.localAddress ?? "");
    // The connection is not kept, so that the next request looks the name up again.
    response.writeHead(200, { connection: "close" }).end("ok");
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  stack.defer(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { resolve, asked } = changing(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1"]);
  const client = stack.use(exit(resolve));
  const answers: (Answer | "refused")[] = [];
  for (let i = 0; i < 4; i++) answers.push(await client.post(layer(port), caller));
  const statuses = answers.map((answer) => (answer === "refused" ? answer : answer.status));
  assert.deepEqual(statuses, [200, "refused", 200, 200]);
  assert.deepEqual(reached, ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  assert.equal(asked(), 4, "each connection was judged by the look-up that it was made from");
});

test("an answer longer than the limit is cut off while it comes, whether or not its length is told", async () => {
  for (const told of [true, false]) {
    await using stack = new AsyncDisposableStack();
    let sent = 0;
    let closed = false;
    const server = createServer((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const length = 200 * 1024 * 1024;
      response.writeHead(200, told ? { "content-length": length } : {});
      const more = () => {
        while (!response.destroyed && sent < length) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
      };
      response.on("close", () => (closed = true));
      more();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    stack.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = stack.use(exit(changing(["127.0.0.1"]).resolve));
    const answer = await client.post(layer((server.address() as AddressInfo).port), caller);
    assert.ok(answer !== "refused");
    assert.deepEqual([answer.status, answer.body.toString()], [502, "Could not reach the server"]);
    assert.ok(closed || sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  }
});
