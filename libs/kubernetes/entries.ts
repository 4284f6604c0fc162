import type { Kubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";
import type { Labels, ObjectMeta } from "./objects.ts";
import { readObject } from "./read-object.ts";

/** A Secret or ConfigMap: names of entries → their text. */
export interface EntryObject {
  readonly name: string;
  readonly labels: Labels;
  readonly entries: Readonly<Record<string, string>>;
}

/** Which of the two; entries of Secrets are kept in base64 by Kubernetes, here all are text (UTF-8). */
type EntryKind = "secrets" | "configmaps";

interface EntryJson {
  readonly metadata: ObjectMeta;
  readonly data?: Readonly<Record<string, string>>;
}

const API = "/api/v1";
/** Others add entries rarely; a write that loses this often has met something else. */
const MOST_ATTEMPTS = 10;

/** Undefined when there is none. Verb: get. @throws KubernetesError */
export const getSecret = async (kubernetes: Kubernetes, name: string): Promise<EntryObject | undefined> =>
  await get(kubernetes, "secrets", name);

/** Undefined when there is none. Verb: get. @throws KubernetesError */
export const getConfigMap = async (kubernetes: Kubernetes, name: string): Promise<EntryObject | undefined> =>
  await get(kubernetes, "configmaps", name);

/** Verb: create. @throws KubernetesError `conflict` when it exists already */
export const createSecret = async (kubernetes: Kubernetes, object: EntryObject): Promise<void> =>
  await create(kubernetes, "secrets", object);

/** Verb: create. @throws KubernetesError `conflict` when it exists already */
export const createConfigMap = async (kubernetes: Kubernetes, object: EntryObject): Promise<void> =>
  await create(kubernetes, "configmaps", object);

/**
 * Adds the entries that are missing; makes the Secret, with these labels, when there is none. An entry that is there stays
 * as it is, whatever else is written at the same time. Answers all entries as they are now. Verbs: get, create, patch.
 * @throws KubernetesError
 */
export const addSecretEntries = async (kubernetes: Kubernetes, object: EntryObject): Promise<EntryObject> =>
  await add(kubernetes, "secrets", object);

/** As `addSecretEntries`, for a ConfigMap. @throws KubernetesError */
export const addConfigMapEntries = async (kubernetes: Kubernetes, object: EntryObject): Promise<EntryObject> =>
  await add(kubernetes, "configmaps", object);

async function read(kubernetes: Kubernetes, resource: EntryKind, name: string): Promise<EntryJson | undefined> {
  return await readObject<EntryJson>(kubernetes, { api: API, resource, name });
}

async function get(kubernetes: Kubernetes, resource: EntryKind, name: string): Promise<EntryObject | undefined> {
  const found = await read(kubernetes, resource, name);
  return found && fromJson(resource, found);
}

async function create(kubernetes: Kubernetes, resource: EntryKind, object: EntryObject): Promise<void> {
  const kind = resource === "secrets" ? "Secret" : "ConfigMap";
  const metadata = { name: object.name, labels: object.labels };
  const body = { apiVersion: "v1", kind, metadata, data: dataOf(resource, object.entries) };
  await kubernetes.call({ verb: "create", api: API, resource, body });
}

async function add(kubernetes: Kubernetes, resource: EntryKind, object: EntryObject): Promise<EntryObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryAdd(kubernetes, resource, object);
    } catch (error) {
      const lost = error instanceof KubernetesError && error.code === "conflict";
      if (!lost || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** The resource version in the patch makes it fail when the object changed since it was read. */
async function tryAdd(kubernetes: Kubernetes, resource: EntryKind, object: EntryObject): Promise<EntryObject> {
  const found = await read(kubernetes, resource, object.name);
  if (found === undefined) {
    await create(kubernetes, resource, object);
    return object;
  }
  const known = new Set(Object.keys(found.data ?? {}));
  const missing = Object.entries(object.entries).filter(([name]) => !known.has(name));
  if (missing.length === 0) return fromJson(resource, found);
  const { resourceVersion } = found.metadata;
  const body = { metadata: { resourceVersion }, data: dataOf(resource, Object.fromEntries(missing)) };
  const changed = await kubernetes.call<EntryJson>({ verb: "patch", api: API, resource, name: object.name, body });
  return fromJson(resource, changed);
}

function dataOf(resource: EntryKind, entries: Readonly<Record<string, string>>): Record<string, string> {
  if (resource === "configmaps") return { ...entries };
  return Object.fromEntries(
    Object.entries(entries).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
  );
}

function fromJson(resource: EntryKind, { metadata, data = {} }: EntryJson): EntryObject {
  const text = (value: string): string => (resource === "secrets" ? Buffer.from(value, "base64").toString() : value);
  const entries = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, text(value)]));
  return { name: metadata.name, labels: metadata.labels ?? {}, entries };
}
