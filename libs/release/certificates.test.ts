import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { pubkeyBytes } from "@swarmpost/crypto";
import { NodeService } from "@swarmpost/protos";
import { createClient, GrpcServer, implement, openChannel, RpcError } from "@swarmpost/rpc";
import { someNodes } from "@swarmpost/staking/test-chain.ts";
import { type Issued, issueCertificate, makeAuthority } from "./certificates.ts";

function tls(authority: Issued, { certificate, key }: Issued) {
  return { ca: authority.certificate, certificate, key };
}

async function startServer(authority: Issued, issued: Issued): Promise<GrpcServer> {
  const server = new GrpcServer({ host: "127.0.0.1", port: 0, tls: tls(authority, issued) });
  const [node] = someNodes(1);
  const refused = async (): Promise<never> => {
    throw new RpcError("unimplemented", "not asked for here");
  };
  implement(server, NodeService, {
    signProof: refused,
    exchangeProofs: refused,
    signRegistration: async () => ({ pubkey: pubkeyBytes(node!.pubkey), signature: Buffer.alloc(64) }),
  });
  await server.listen();
  return server;
}

async function call(address: string, options: Parameters<typeof openChannel>[1]): Promise<number> {
  await using channel = openChannel(address, options);
  const request = { chainId: 1n, contract: Buffer.alloc(20), operator: Buffer.alloc(20) };
  return (await createClient(NodeService, channel).signRegistration(request, { deadlineMs: 3_000 })).pubkey.length;
}

test("a certificate holds for its names, ten years, under its authority", async () => {
  const authority = await makeAuthority("net");
  const issued = await issueCertificate(authority, ["net-nodes", "*.net-nodes.swarm.svc"]);
  const [root, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(issued.certificate)];
  assert.ok(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.ok(root.ca && !leaf.ca);
  assert.notEqual(leaf.checkHost("net-node-3.net-nodes.swarm.svc"), undefined);
  assert.equal(leaf.checkHost("net-chain-watcher"), undefined);
  const years = (Date.parse(leaf.validTo) - Date.now()) / (365 * 86_400_000);
  assert.ok(years > 9.9 && years < 10.1, `${years} years`);
});

test("services of one cluster reach each other, under the right name only, and nobody else does", async () => {
  const [authority, other] = await Promise.all([makeAuthority("net"), makeAuthority("net")]);
  const server = await issueCertificate(authority, ["net-nodes", "*.net-nodes.swarm"]);
  const client = await issueCertificate(authority, ["net-register"]);
  const stranger = await issueCertificate(other, ["net-register"]);
  await using grpc = await startServer(authority, server);
  assert.equal(await call(grpc.address, { tls: tls(authority, client), serverName: "pod.net-nodes.swarm" }), 32);
  const unavailable = { code: "unavailable" };
  await assert.rejects(
    call(grpc.address, { tls: tls(authority, client), serverName: "net-chain-watcher" }),
    unavailable,
  );
  const foreign = { ca: authority.certificate, certificate: stranger.certificate, key: stranger.key };
  await assert.rejects(call(grpc.address, { tls: foreign, serverName: "pod.net-nodes.swarm" }), unavailable);
  await assert.rejects(call(grpc.address, {}), unavailable);
});
