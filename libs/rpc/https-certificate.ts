import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { X509CertificateGenerator } from "@peculiar/x509";
import { CERTIFICATE_VALIDITY } from "./node-certificate.ts";

/** A self-signed certificate for the client port, PEM. */
export interface HttpsCertificate {
  cert: string;
  key: string;
}

/**
 * Makes a self-signed P-256 certificate with CN=localhost. Clients do not verify it, the onion does that; several client
 * stacks reject Ed25519 certificates, so it is not on the node key.
 */
export async function httpsCertificate(): Promise<HttpsCertificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: "CN=localhost", ...CERTIFICATE_VALIDITY, signingAlgorithm: algorithm, keys: keys as never },
    webcrypto as never,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { cert: certificate.toString("pem"), key: pem("PRIVATE KEY", pkcs8) };
}

/** PEM armour around DER bytes. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
