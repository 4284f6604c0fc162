import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import type { NodeKeys } from "@swarmpost/crypto";
import { X509CertificateGenerator } from "@peculiar/x509";

/** Self-signed certificates do not run out: the key is what counts, and the registry says whether it does. */
export const CERTIFICATE_VALIDITY = {
  notBefore: new Date("2020-01-01T00:00:00Z"),
  notAfter: new Date("2999-12-31T23:59:59Z"),
} as const;

/** RFC 8410: PKCS #8 header of an Ed25519 private key; the 32-byte seed follows. */
const PKCS8_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Makes the node's certificate for peer links: X.509 on its Ed25519 key, self-signed, DER, about 250 bytes. The same key
 * always gives the same bytes, so a restart changes nothing in the node's uptime proof.
 */
export async function nodeCertificate(keys: NodeKeys): Promise<Buffer> {
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey("pkcs8", nodeKeyPkcs8(keys), "Ed25519", false, ["sign"]);
  const publicKey = await subtle.importKey("raw", keys.ed25519.publicKey, "Ed25519", true, ["verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=swarmpost node",
      serialNumber: "01",
      ...CERTIFICATE_VALIDITY,
      signingAlgorithm: { name: "Ed25519" },
      keys: { privateKey, publicKey } as never,
    },
    webcrypto as never,
  );
  return Buffer.from(certificate.rawData);
}

/** The node's private key as PKCS #8 DER. */
function nodeKeyPkcs8(keys: NodeKeys): Buffer {
  return Buffer.concat([PKCS8_HEADER, keys.ed25519.seed]);
}

/** The node's private key as PEM, for TLS. */
export function nodeKeyPem(keys: NodeKeys): string {
  const key = createPrivateKey({ key: nodeKeyPkcs8(keys), format: "der", type: "pkcs8" });
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}
