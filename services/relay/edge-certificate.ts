import { readFile } from "node:fs/promises";
import { type HttpsCertificate, httpsCertificate } from "@swarmpost/rpc";
import type { RelayConfig } from "./config.ts";
import { RelayError } from "./relay-error.ts";

/**
 * The certificate of the client port: the configured files, or a fresh self-signed one (clients verify neither, the onion
 * does the proving).
 * @throws RelayError `bad-config` when only one of the files is named or one can't be read.
 */
export async function edgeCertificate(config: RelayConfig): Promise<HttpsCertificate> {
  const { HTTPS_CERT_FILE: certFile, HTTPS_KEY_FILE: keyFile } = config;
  if (certFile === undefined && keyFile === undefined) return httpsCertificate();
  if (certFile === undefined || keyFile === undefined) {
    throw new RelayError("bad-config", "HTTPS_CERT_FILE and HTTPS_KEY_FILE belong together");
  }
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    return { cert, key };
  } catch (cause) {
    throw new RelayError("bad-config", "HTTPS_CERT_FILE or HTTPS_KEY_FILE can't be read", { cause });
  }
}
