import assert from "node:assert/strict";
import { test } from "node:test";
import { GrpcServer, LocalLinkServer, RpcError } from "./index.ts";
import { requireLoopback } from "./plain-host.ts";
import { testAuthority } from "./test-authority.ts";

const refused = (error: unknown): boolean => error instanceof RpcError && error.code === "failed-precondition";

test("only loopback addresses are local", () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "::1", "localhost"]) requireLoopback(host);
  for (const host of ["0.0.0.0", "::", "10.1.2.3", "::ffff:10.1.2.3", "128.0.0.1", "node-0.nodes", ""]) {
    assert.throws(() => requireLoopback(host), refused, host);
  }
});

test("a gRPC server without certificates is not opened to the network, one with them is", async () => {
  await using plain = new GrpcServer({ host: "0.0.0.0", port: 0, graceMs: 50 });
  await assert.rejects(plain.listen(), refused);
  const tls = await (await testAuthority()).issue("127.0.0.1");
  await using secure = new GrpcServer({ host: "0.0.0.0", port: 0, graceMs: 50, tls });
  await secure.listen();
});

test("the link inside a pod is not opened to the network", async () => {
  await using server = new LocalLinkServer({ host: "0.0.0.0", port: 0, graceMs: 50 }, async ({ payload }) => payload);
  await assert.rejects(server.listen(), refused);
});
