import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its private key, PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const YEARS_MS = 10 * 365 * 86_400_000;
/** Machines' clocks differ. */
const SKEW_MS = 3_600_000;

/** A certificate authority of its own, P-256, ten years. */
export async function makeAuthority(name: string): Promise<Issued> {
  const keys = await keyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      ...validity(),
      signingAlgorithm: algorithm,
      keys: keys as never,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto as never,
  );
  return { certificate: certificate.toString("pem"), key: await privatePem(keys) };
}

/** A certificate of an authority for these DNS names, for servers and clients, P-256, ten years. */
export async function issueCertificate(authority: Issued, names: readonly string[]): Promise<Issued> {
  const keys = await keyPair();
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    PemConverter.decode(authority.key)[0]!,
    algorithm,
    false,
    ["sign"],
  );
  const certificate = await X509CertificateGenerator.create(
    {
      subject: `CN=${names[0]}`,
      issuer: new X509Certificate(authority.certificate).subject,
      ...validity(),
      signingAlgorithm: algorithm,
      signingKey: signingKey as never,
      publicKey: keys.publicKey as never,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
      ],
    },
    webcrypto as never,
  );
  return { certificate: certificate.toString("pem"), key: await privatePem(keys) };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - SKEW_MS), notAfter: new Date(now + YEARS_MS) };
}

async function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY")}\n`;
}
