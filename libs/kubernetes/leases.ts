import type { Kubernetes } from "./client.ts";
import type { Labels, ObjectMeta, Owner } from "./objects.ts";

/** A Lease. Its times are its holder's: readers may compare them with each other, never with their own clock. */
export interface Lease {
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly resourceVersion: string;
  /** Empty when nobody holds it. */
  readonly holder: string;
  /** Seconds that a holder keeps it without renewing; 0 when nobody ever held it. */
  readonly durationSeconds: number;
  /** RFC 3339 with microseconds, as the API server gave them. */
  readonly acquireTime: string | undefined;
  readonly renewTime: string | undefined;
  /** How often the holder changed. */
  readonly transitions: number;
  /** The whole object: what is not changed goes back as it came. */
  readonly json: LeaseJson;
}

/** What a holder writes. */
export type LeaseChange = Pick<Lease, "holder" | "durationSeconds" | "transitions"> & {
  /** Milliseconds since the Unix epoch. */
  readonly acquireTimeMs: number;
  readonly renewTimeMs: number;
};

/** A Lease as the API server writes it; it may have more fields. */
export interface LeaseJson {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const LEASES = { api: "/apis/coordination.k8s.io/v1", resource: "leases" } as const;

/** Verb: get. @throws KubernetesError `not-found` when there is none: the chart makes it */
export async function getLease(kubernetes: Kubernetes, name: string, signal?: AbortSignal): Promise<Lease> {
  const found = await kubernetes.call<LeaseJson>({ ...LEASES, verb: "get", name, ...withSignal(signal) });
  return fromJson(found);
}

/**
 * Writes a Lease as it was read, with these changes. Verb: update.
 * @throws KubernetesError `conflict` when it changed since it was read
 */
export async function replaceLease(
  kubernetes: Kubernetes,
  lease: Lease,
  change: LeaseChange,
  signal?: AbortSignal,
): Promise<Lease> {
  const spec = {
    ...lease.json.spec,
    holderIdentity: change.holder === "" ? undefined : change.holder, // the API server refuses an empty one
    leaseDurationSeconds: change.durationSeconds,
    acquireTime: microTime(change.acquireTimeMs),
    renewTime: microTime(change.renewTimeMs),
    leaseTransitions: change.transitions,
  };
  const body = { ...lease.json, apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec };
  const call = { ...LEASES, verb: "update", name: lease.name, body, ...withSignal(signal) } as const;
  return fromJson(await kubernetes.call<LeaseJson>(call));
}

/** What makes another object belong to this Lease. */
export function leaseOwner({ name, uid }: Lease): Owner {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name, uid };
}

/** Kubernetes' MicroTime: always six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function fromJson(json: LeaseJson): Lease {
  const { metadata, spec = {} } = json;
  const { name, uid, labels = {}, resourceVersion } = metadata;
  return {
    name,
    uid,
    labels,
    resourceVersion,
    holder: spec.holderIdentity ?? "",
    durationSeconds: spec.leaseDurationSeconds ?? 0,
    acquireTime: spec.acquireTime,
    renewTime: spec.renewTime,
    transitions: spec.leaseTransitions ?? 0,
    json,
  };
}
