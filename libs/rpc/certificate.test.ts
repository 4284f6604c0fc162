import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { certificatePubkey, nodeKeysFromSeed } from "@swarmpost/crypto";
import { httpsCertificate, nodeCertificate } from "./index.ts";

const keys = nodeKeysFromSeed(Buffer.alloc(32, 5));

test("a node's certificate is small, on its own key, and the same each time", async () => {
  const der = await nodeCertificate(keys);
  assert.ok(der.length < 300, `${der.length} bytes`);
  assert.equal(certificatePubkey(der), keys.pubkey);
  assert.deepEqual(await nodeCertificate(keys), der);
  const parsed = new X509Certificate(der);
  assert.ok(parsed.verify(parsed.publicKey));
});

test("bytes that are no Ed25519 certificate have no key", async () => {
  const der = await nodeCertificate(keys);
  const https = new X509Certificate((await httpsCertificate()).cert);
  assert.equal(certificatePubkey(https.raw), undefined);
  assert.equal(certificatePubkey(der.subarray(0, der.length - 1)), undefined);
  assert.equal(certificatePubkey(Buffer.alloc(0)), undefined);
  assert.equal(certificatePubkey(Buffer.alloc(10_000, 0x30)), undefined);
});

test("the client port's certificate is P-256 for localhost", async () => {
  const { cert, key } = await httpsCertificate();
  const parsed = new X509Certificate(cert);
  assert.equal(parsed.subject, "CN=localhost");
  assert.equal(parsed.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert.match(key, /BEGIN PRIVATE KEY/);
});
