/** Makes a copy-free view of an object that remembers which of its fields were read. */
class ReadFields {
  readonly #read = new Map<object, Set<string>>();
  readonly #views = new Map<object, object>();

  view<T>(value: T): T {
    if (typeof value !== "object" || value === null) return value;
    const known = this.#views.get(value);
    if (known !== undefined) return known as T;
    const read = new Set<string>();
    this.#read.set(value, read);
    const proxy: object = new Proxy(value, {
      get: (target, key, receiver) => {
        if (typeof key === "string") read.add(key);
        return this.view(Reflect.get(target, key, receiver) as unknown);
      },
    });
    this.#views.set(value, proxy);
    return proxy as T;
  }

  /** Paths of the fields that nobody read, of objects that somebody looked into. */
  unread(value: unknown, path = ""): string[] {
    if (typeof value !== "object" || value === null) return [];
    const read = this.#read.get(value);
    return Object.entries(value).flatMap(([key, inner]) => {
      const here = `${path}/${key}`;
      return read?.has(key) === true ? this.unread(inner, here) : [here];
    });
  }
}

/**
 * Fields of an object that its schema does not know. The schemas of Kubernetes are open: a misspelt field is valid, and is
 * dropped by the server without a word. But a validator looks up every field that the schema has, so what it never looked
 * at is not in the schema.
 * @param validate walks the object by its schema.
 */
export function unknownFields(object: object, validate: (view: object) => void): string[] {
  const fields = new ReadFields();
  validate(fields.view(object));
  return fields.unread(object);
}
