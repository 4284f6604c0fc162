import assert from "node:assert/strict";
import { test } from "node:test";
import { ChainService } from "@swarmpost/protos";
import { type ChannelOptions, createClient, GrpcServer, implement, openChannel, RpcError } from "./index.ts";
import { testAuthority, type TestCertificate } from "./test-authority.ts";

const [ours, theirs] = await Promise.all([testAuthority(), testAuthority()]);

async function serve(tls: TestCertificate): Promise<GrpcServer> {
  const server = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 50, tls });
  implement(server, ChainService, {
    getRegistry: async () => ({ registry: { height: 1n } }),
    async *watchBlocks() {
      yield* [];
    },
  });
  await server.listen();
  return server;
}

async function height(server: GrpcServer, options: ChannelOptions): Promise<bigint | undefined> {
  await using channel = openChannel(server.address, options);
  return (await createClient(ChainService, channel).getRegistry({})).registry?.height;
}

const refused = (error: unknown): boolean => error instanceof RpcError && error.code === "unavailable";

test("inside a cluster with a CA, callers with its certificate are served and all others are not", async () => {
  const [server, caller, stranger] = await Promise.all([
    ours.issue("127.0.0.1"),
    ours.issue("caller"),
    theirs.issue("caller"),
  ]);
  await using served = await serve(server);
  assert.equal(await height(served, { tls: caller }), 1n);
  await assert.rejects(height(served, {}), refused, "a caller without TLS");
  await assert.rejects(height(served, { tls: { ...stranger, ca: server.ca } }), refused, "a certificate of another CA");
  await assert.rejects(height(served, { tls: { ...caller, ca: stranger.ca } }), refused, "a server of another CA");
});

test("a server that is reached at an address must have a certificate for the name that led there", async () => {
  const [server, tls] = await Promise.all([ours.issue("net-nodes", "*.net-nodes.space"), ours.issue("net-test-suite")]);
  await using served = await serve(server);
  assert.equal(await height(served, { tls, serverName: "net-nodes" }), 1n);
  assert.equal(await height(served, { tls, serverName: "net-node-0.net-nodes.space" }), 1n);
  await assert.rejects(height(served, { tls, serverName: "net-chain-watcher" }), refused, "another service's name");
  await assert.rejects(height(served, { tls }), refused, "the bare address, which the certificate does not name");
});

test("a server without TLS is not believed by callers that ask for it", async () => {
  const tls = await ours.issue("127.0.0.1");
  await using plain = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 50 });
  await plain.listen();
  await assert.rejects(height(plain, { tls }), refused);
});
