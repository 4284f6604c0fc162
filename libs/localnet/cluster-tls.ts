import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterTls } from "@swarmpost/runtime";
import type { AddressPlan } from "./addresses.ts";
import type { NetworkOptions, ServiceName } from "./options.ts";

/** Nodes that may be added while the network runs. */
const SPARE_NODES = 10;

/** How a network's services speak gRPC with each other. */
export interface ClusterSecurity {
  /** The services' settings, those of the certificates included. */
  readonly settings: Partial<Record<ServiceName, Record<string, string>>>;
  /** What the network itself shows them; undefined when they speak without certificates. */
  readonly tls: ClusterTls | undefined;
}

/** Has one certificate made for all services, when the options ask for that, and names its files in their settings. */
export async function secureClusters(
  options: Pick<NetworkOptions, "certify" | "settings" | "nodes" | "clusters">,
  parts: { readonly addresses: AddressPlan; readonly folder: string },
): Promise<ClusterSecurity> {
  const { certify, settings = {}, nodes, clusters = 1 } = options;
  if (certify === undefined) return { settings, tls: undefined };
  const { addresses, folder } = parts;
  const tls = await certify([
    ...Array.from({ length: nodes + SPARE_NODES }, (_, index) => addresses.node(index + 1)),
    ...Array.from({ length: clusters }, (_, index) => addresses.cluster(index)),
  ]);
  const files = { CLUSTER_CA_FILE: tls.ca, CLUSTER_CERT_FILE: tls.certificate, CLUSTER_KEY_FILE: tls.key };
  const env: Record<string, string> = {};
  for (const [name, text] of Object.entries(files)) {
    env[name] = join(folder, name);
    await writeFile(env[name], text, { mode: 0o600 });
  }
  const secured: readonly ServiceName[] = ["relay", "storage", "swarm-coordinator", "chain-watcher", "test-suite"];
  const merged = secured.map((service) => [service, { ...env, ...settings[service] }]);
  return { settings: { ...settings, ...Object.fromEntries(merged) }, tls };
}
