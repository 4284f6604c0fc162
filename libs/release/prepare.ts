import { connectKubernetes, type Kubernetes } from "@swarmpost/kubernetes";
import type { JobRuntime } from "@swarmpost/runtime";
import { readAdminUrls } from "./admin-urls.ts";
import { provideCertificates } from "./cluster-certificates.ts";
import { provideConnections } from "./connections.ts";
import { provideDatabaseUrls } from "./database-urls.ts";
import { provideNodeKeys } from "./node-keys.ts";
import { provideOnionKey } from "./onion-key.ts";
import type { PrepareConfig } from "./prepare-config.ts";
import { refuseStakedScaleDown } from "./scale-down.ts";

/**
 * Makes what a release needs before its pods start: keys, certificates, passwords, URLs. Only adds, so it can run as often
 * as it likes; refuses what would do harm before it makes anything.
 * @throws ReleaseError, KubernetesError
 */
export async function prepare(
  config: PrepareConfig,
  { print }: Pick<JobRuntime, "print">,
  connect: typeof connectKubernetes = connectKubernetes,
): Promise<void> {
  const kubernetes: Kubernetes = await connect({ namespace: config.POD_NAMESPACE });
  const release = { kubernetes, fullname: config.FULLNAME, labels: Object.fromEntries(config.OBJECT_LABELS) };
  const replicas = config.NODE_REPLICAS;
  const chain = { rpcUrls: config.CHAIN_RPC_URLS, contract: config.CHAIN_CONTRACT };
  if (!config.ALLOW_STAKED_SCALE_DOWN) {
    await refuseStakedScaleDown(kubernetes, { fullname: config.FULLNAME, replicas, ...chain });
  }
  const keys = await provideNodeKeys(release, { replicas, existingSecret: config.NODE_KEYS_SECRET });
  print(`${keys.size} nodes have their keys`);
  if (config.FILE_SERVER) await provideOnionKey(release, { existingSecret: config.FILE_SERVER_KEY_SECRET });
  const strange = await provideCertificates(release, {
    existingAuthority: config.CLUSTER_CA_SECRET,
    clusterDomain: config.CLUSTER_DOMAIN,
  });
  if (strange.length > 0) print(`certificates of another authority stay until they are deleted: ${strange.join(", ")}`);
  print("the services have their certificates");
  const connections = await provideConnections(release, {
    postgres: config.QUICKSTART_POSTGRES,
    nats: config.QUICKSTART_NATS,
    redis: config.QUICKSTART_REDIS,
  });
  const adminUrls = await readAdminUrls(config.DATABASE_SERVERS_DIR);
  if (config.QUICKSTART_POSTGRES !== undefined) adminUrls.set("quickstart", connections["database-admin-url"]!);
  await provideDatabaseUrls(release, {
    replicas,
    existingSecret: config.DATABASES_SECRET,
    servers: config.DATABASE_SERVERS,
    servicesServer: config.DATABASE_SERVICES_SERVER,
    adminUrls,
  });
  print("every database has its URL");
}
