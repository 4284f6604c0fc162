import { type EntryObject, getSecret, type Kubernetes, type Labels } from "@swarmpost/kubernetes";
import { ReleaseError } from "./errors.ts";

/** The objects of one release. */
export interface Release {
  readonly kubernetes: Kubernetes;
  /** What their names begin with. */
  readonly fullname: string;
  /** Labels of those that are made. */
  readonly labels: Labels;
}

/** Name of the pod of a node. */
export function podName(fullname: string, ordinal: number): string {
  return `${fullname}-node-${ordinal}`;
}

/** Labels with the component that an object belongs to. */
export function labelsOf(release: Release, component: string): Labels {
  return { ...release.labels, "app.kubernetes.io/component": component };
}

/** A Secret that the operator made, with all of these entries. @throws ReleaseError `given-secret` */
export async function givenSecret(
  kubernetes: Kubernetes,
  name: string,
  entries: readonly string[],
): Promise<EntryObject["entries"]> {
  const found = await getSecret(kubernetes, name);
  if (found === undefined) throw new ReleaseError("given-secret", `the Secret ${name} does not exist`);
  const missing = entries.filter((entry) => (found.entries[entry] ?? "").trim() === "");
  if (missing.length > 0) {
    throw new ReleaseError("given-secret", `the Secret ${name} has no entry ${missing.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(found.entries).map(([entry, text]) => [entry, text.trim()]));
}
