import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { ChainService } from "@swarmpost/protos";
import { createClient, GrpcServer, implement, openChannel, RpcError } from "./index.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

async function keyPair() {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { keys: keys as never, pem: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
}

/** A certificate authority and one certificate of it for localhost, PEM. */
async function authority(): Promise<{ ca: string; certificate: string; key: string }> {
  const [root, leaf] = [await keyPair(), await keyPair()];
  const issuer = { signingAlgorithm: algorithm, ...dates };
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...issuer,
    name: "CN=cluster",
    keys: root.keys,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const certificate = await X509CertificateGenerator.create({
    ...issuer,
    subject: "CN=localhost",
    issuer: "CN=cluster",
    signingKey: (root.keys as webcrypto.CryptoKeyPair).privateKey as never,
    publicKey: (leaf.keys as webcrypto.CryptoKeyPair).publicKey as never,
    extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  return { ca: ca.toString("pem"), certificate: certificate.toString("pem"), key: leaf.pem };
}

test("inside a cluster with a CA, callers with its certificate are served and all others are not", async () => {
  const [ours, theirs] = await Promise.all([authority(), authority()]);
  await using server = new GrpcServer({ host: "localhost", port: 0, graceMs: 50, tls: ours });
  implement(server, ChainService, {
    getRegistry: async () => ({ registry: { height: 1n } }),
    async *watchBlocks() {
      yield* [];
    },
  });
  await server.listen();
  await using good = openChannel(server.address, { tls: ours });
  assert.equal((await createClient(ChainService, good).getRegistry({})).registry?.height, 1n);
  for (const options of [{}, { tls: { ...theirs, ca: ours.ca } }, { tls: { ...ours, ca: theirs.ca } }]) {
    await using bad = openChannel(server.address, options);
    await assert.rejects(createClient(ChainService, bad).getRegistry({}), (error: unknown) => {
      return error instanceof RpcError && error.code === "unavailable";
    });
  }
});
