import "reflect-metadata";
import { createPrivateKey, type KeyObject, X509Certificate as PlainCertificate, webcrypto } from "node:crypto";
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
import { ReleaseError } from "./errors.ts";

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

/**
 * An authority that somebody else made, with its key in the form that signing takes; PEM of any kind is read.
 * @param secret the name of the Secret that holds it, for the sentence of a refusal.
 * @throws ReleaseError `given-secret`
 */
export function checkAuthority({ certificate, key }: Issued, secret: string): Issued {
  const refuse = (what: string): never => {
    throw new ReleaseError("given-secret", `the Secret ${secret}: ${what}`);
  };
  const [known, signing] = [readCertificate(certificate), readKey(key)];
  if (known === undefined || !known.ca) return refuse("ca.crt is not the certificate of an authority");
  if (signing?.asymmetricKeyDetails?.namedCurve !== "prime256v1") return refuse("ca.key is not a P-256 private key");
  if (!known.checkPrivateKey(signing)) return refuse("ca.key is not the key of ca.crt");
  if (Date.parse(known.validTo) <= Date.now()) return refuse("ca.crt has expired");
  return { certificate, key: String(signing.export({ type: "pkcs8", format: "pem" })) };
}

function readCertificate(pem: string): PlainCertificate | undefined {
  try {
    return new PlainCertificate(pem);
  } catch {
    return undefined;
  }
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
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
