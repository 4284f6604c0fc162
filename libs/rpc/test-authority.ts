import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { pem } from "./https-certificate.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

/** A certificate with its key and the authority that made it, PEM. */
export interface TestCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority for tests, as a cluster has one. */
export interface TestAuthority {
  /** A certificate for these DNS names and IP addresses. */
  readonly issue: (...names: readonly string[]) => Promise<TestCertificate>;
}

async function keyPair() {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  return { keys, key: pem("PRIVATE KEY", Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey))) };
}

/** Makes an authority whose certificates hold for an hour. */
export async function testAuthority(): Promise<TestAuthority> {
  const root = await keyPair();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...dates,
    signingAlgorithm: algorithm,
    name: "CN=cluster",
    keys: root.keys as never,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const issue = async (...names: readonly string[]): Promise<TestCertificate> => {
    const leaf = await keyPair();
    const alternatives = names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }));
    const certificate = await X509CertificateGenerator.create({
      ...dates,
      signingAlgorithm: algorithm,
      subject: "CN=service",
      issuer: "CN=cluster",
      signingKey: root.keys.privateKey as never,
      publicKey: leaf.keys.publicKey as never,
      extensions: [new SubjectAlternativeNameExtension(alternatives)],
    });
    return { ca: authority.toString("pem"), certificate: certificate.toString("pem"), key: leaf.key };
  };
  return { issue };
}
