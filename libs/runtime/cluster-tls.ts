import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConfigOf, configTypes, defineConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const file = configTypes.text.optional();

/** Rows of every service that serves or calls gRPC inside its cluster: all three or none. */
export const clusterTlsConfig = defineConfig({
  CLUSTER_CA_FILE: {
    schema: file,
    doc: "PEM of the certificate authority of this cluster's gRPC, read at the start. With the next two gRPC is served and called only with certificates of it, both ways; without the three it is plain, for loopback only.",
  },
  CLUSTER_CERT_FILE: {
    schema: file,
    doc: "PEM certificate of this service, read at the start, with its DNS names as alternative names.",
  },
  CLUSTER_KEY_FILE: { schema: file, doc: "PEM private key that belongs to CLUSTER_CERT_FILE, read at the start." },
});

/** What a service shows inside its cluster and whom it believes, PEM. */
export interface ClusterTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

type ClusterTlsFiles = ConfigOf<typeof clusterTlsConfig>;
const names = ["CLUSTER_CA_FILE", "CLUSTER_CERT_FILE", "CLUSTER_KEY_FILE"] as const;

/**
 * Reads the files of {@link clusterTlsConfig}; undefined when none is given. They are read once: a service that is to show
 * another certificate must be started again.
 * @throws ConfigError when some are missing or unreadable, or the key is not the certificate's.
 */
export function readClusterTls(files: ClusterTlsFiles): ClusterTls | undefined {
  const missing = names.filter((name) => files[name] === undefined);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) {
    throw new ConfigError([`${missing.join(" and ")} missing: ${names.join(", ")} belong together`]);
  }
  const problems: string[] = [];
  const [ca, certificate, key] = names.map((name) => read(name, files[name] ?? "", problems)) as [
    string,
    string,
    string,
  ];
  if (problems.length === 0) problems.push(...mismatch({ ca, certificate, key }));
  if (problems.length > 0) throw new ConfigError(problems);
  return { ca, certificate, key };
}

function read(name: string, path: string, problems: string[]): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    problems.push(`${name} names a file that cannot be read`);
    return "";
  }
}

function mismatch({ ca, certificate, key }: ClusterTls): string[] {
  const authority = parsed(() => new X509Certificate(ca));
  const own = parsed(() => new X509Certificate(certificate));
  const secret = parsed(() => createPrivateKey(key));
  const problems = [
    authority ? undefined : "CLUSTER_CA_FILE holds no PEM certificate",
    own ? undefined : "CLUSTER_CERT_FILE holds no PEM certificate",
    secret ? undefined : "CLUSTER_KEY_FILE holds no PEM private key",
    own && secret && !own.checkPrivateKey(secret) ? "CLUSTER_KEY_FILE is not the key of CLUSTER_CERT_FILE" : undefined,
  ];
  return problems.filter((problem) => problem !== undefined);
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
