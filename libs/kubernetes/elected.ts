import { randomUUID } from "node:crypto";
import {
  type clusterTlsConfig,
  ConfigError,
  type ConfigOf,
  type ConfigSchema,
  type CreateService,
  readClusterTls,
} from "@swarmpost/runtime";
import { Candidate } from "./candidate.ts";
import { connectKubernetes } from "./client.ts";
import type { Election, ElectionConfig, electionConfig } from "./election-config.ts";
import { electionMetrics } from "./election-metrics.ts";

type ClusterTlsConfig = ConfigOf<typeof clusterTlsConfig>;

/**
 * Makes a service of which one pod works at a time. Without LEASE_NAME it is just `create`. With it the process is a ready
 * standby until it holds the Lease; then the service is made, and the pod labelled as the leader. A leader that loses the
 * Lease, or cannot make its service, ends with an error exit, and Kubernetes starts it again as a standby. Certificates are
 * read before it stands by: a standby that could never lead is not ready.
 * @throws ConfigError when the settings of the election contradict each other, or the certificates cannot be used
 */
export function elected<S extends ConfigSchema & typeof electionConfig & typeof clusterTlsConfig>(
  create: CreateService<S>,
): CreateService<S> {
  return async (config: ConfigOf<S>, runtime) => {
    const settings = config as ElectionConfig;
    const metrics = electionMetrics(runtime.metrics, runtime.service);
    const election = electionOf(settings);
    if (election === undefined) {
      metrics.leader.set(1);
      return await create(config, runtime);
    }
    readClusterTls(config as ClusterTlsConfig);
    const { namespace, lease, pod } = election;
    const kubernetes = await connectKubernetes({ namespace, timeoutMs: Math.ceil(settings.LEASE_RENEW_MS / 2) });
    const options = {
      lease,
      pod,
      identity: `${pod}_${randomUUID()}`,
      durationMs: Math.ceil(settings.LEASE_DURATION_MS / 1000) * 1000,
      renewMs: settings.LEASE_RENEW_MS,
      retryMs: settings.LEASE_RETRY_MS,
      startMs: settings.LEASE_START_MS,
    };
    return new Candidate(options, { kubernetes, runtime, metrics, create: () => create(config, runtime) });
  };
}

function electionOf(config: ElectionConfig): Election | undefined {
  const { LEASE_NAME: lease, POD_NAMESPACE: namespace, POD_NAME: pod } = config;
  if (lease === undefined) return undefined;
  const problems: string[] = [];
  if (namespace === undefined) problems.push("POD_NAMESPACE is required with LEASE_NAME");
  if (pod === undefined) problems.push("POD_NAME is required with LEASE_NAME");
  if (config.LEASE_RENEW_MS >= config.LEASE_DURATION_MS)
    problems.push("LEASE_RENEW_MS must be below LEASE_DURATION_MS");
  if (config.LEASE_RETRY_MS * 2 >= config.LEASE_RENEW_MS) {
    problems.push("LEASE_RETRY_MS must be below half of LEASE_RENEW_MS");
  }
  if (namespace === undefined || pod === undefined || problems.length > 0) throw new ConfigError(problems);
  return { lease, namespace, pod };
}
