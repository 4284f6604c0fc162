import { randomUUID } from "node:crypto";

/** Any object of the API, as JSON. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** One change: what was there before and what is after it. */
export interface StoreEvent {
  readonly version: number;
  readonly resource: string;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

/** Why a write is refused, as the API server would: an HTTP status. */
export class StoreRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The objects of one namespace, with resource versions, optimistic concurrency and a history to watch. */
export class ObjectStore {
  readonly #objects = new Map<string, ApiObject>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #history: StoreEvent[] = [];
  #version = 1000;
  #oldest = 1000;

  /** The position of the last change. */
  get version(): number {
    return this.#version;
  }

  get(resource: string, name: string): ApiObject | undefined {
    return this.#objects.get(`${resource}/${name}`);
  }

  list(resource: string): ApiObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object);
  }

  /** Writes an object whatever is there, as a test does. */
  put(resource: string, object: ApiObject): ApiObject {
    return this.#write(resource, this.get(resource, object.metadata.name), object);
  }

  create(resource: string, object: ApiObject): ApiObject {
    if (this.get(resource, object.metadata.name) !== undefined) throw new StoreRefusal(409, "AlreadyExists");
    return this.#write(resource, undefined, object);
  }

  replace(resource: string, name: string, object: ApiObject): ApiObject {
    return this.#write(resource, this.#expect(resource, name, object.metadata), object);
  }

  /** A JSON merge patch (RFC 7386). Another uid is no conflict here: the real one finds it when it validates the outcome. */
  patch(resource: string, name: string, patch: Partial<ApiObject>): ApiObject {
    const { resourceVersion, uid } = patch.metadata ?? {};
    const before = this.#expect(resource, name, { resourceVersion });
    if (uid !== undefined && uid !== before.metadata.uid) throw new StoreRefusal(422, "Invalid");
    return this.#write(resource, before, merge(before, patch) as ApiObject);
  }

  delete(resource: string, name: string): void {
    const before = this.get(resource, name);
    if (before === undefined) throw new StoreRefusal(404, "NotFound");
    this.#objects.delete(`${resource}/${name}`);
    this.#tell({ version: ++this.#version, resource, before, after: undefined });
  }

  /** The changes after a position. @throws StoreRefusal 410 when some of them are forgotten */
  since(version: number): StoreEvent[] {
    if (version < this.#oldest) throw new StoreRefusal(410, "Expired");
    return this.#history.filter((event) => event.version > version);
  }

  /** Forgets all changes so far, as etcd's compaction does. */
  compact(): void {
    this.#history = [];
    this.#oldest = ++this.#version;
  }

  onChange(listener: (event: StoreEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #expect(resource: string, name: string, wanted: { uid?: unknown; resourceVersion?: unknown }): ApiObject {
    const before = this.get(resource, name);
    if (before === undefined) throw new StoreRefusal(404, "NotFound");
    const { uid, resourceVersion } = before.metadata;
    if (wanted.uid !== undefined && wanted.uid !== uid) throw new StoreRefusal(409, "Conflict");
    if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
      throw new StoreRefusal(409, "Conflict");
    return before;
  }

  /** A write that changes nothing leaves the resource version as it is. */
  #write(resource: string, before: ApiObject | undefined, object: ApiObject): ApiObject {
    const { uid = randomUUID(), resourceVersion = "" } = before?.metadata ?? {};
    const same = { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
    if (before !== undefined && stable(same) === stable(before)) return before;
    const version = ++this.#version;
    const after = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } };
    this.#objects.set(`${resource}/${object.metadata.name}`, after);
    this.#tell({ version, resource, before, after });
    return after;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** JSON with sorted keys. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
