/** A JSON schema, as far as the chart's is walked. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly description?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Follows a reference inside the same schema. */
export function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  let found: unknown = root;
  for (const part of schema.$ref.replace(/^#\//, "").split("/")) found = (found as Record<string, unknown>)[part];
  return resolve(found as Schema, root);
}

/** The schema of the value at a path (`nodes.replicas`), undefined when it knows no such value. */
export function schemaAt(path: string, root: Schema): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const part of path.split(".")) {
    const known: Schema = resolve(schema, root);
    const rest = typeof known.additionalProperties === "object" ? known.additionalProperties : undefined;
    schema = known.properties?.[part] ?? rest;
    if (schema === undefined) return undefined;
  }
  return resolve(schema, root);
}

/** Whether an object of values is named part by part, or is a free map (labels, settings) or Kubernetes' own shape. */
export function isClosed(schema: Schema): boolean {
  return schema.properties !== undefined && schema.additionalProperties === false;
}

/** Paths of all values, with those of closed objects opened. */
export function leafPaths(values: unknown, root: Schema, prefix = ""): string[] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return [prefix];
  const schema = prefix === "" ? root : schemaAt(prefix, root);
  if (prefix !== "" && (schema === undefined || !isClosed(schema))) return [prefix];
  return Object.entries(values).flatMap(([key, inner]) =>
    leafPaths(inner, root, prefix === "" ? key : `${prefix}.${key}`),
  );
}

/** Paths of the objects among the values that have named parts. */
export function closedObjects(values: unknown, root: Schema, prefix = ""): string[] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return [];
  const schema = prefix === "" ? root : schemaAt(prefix, root);
  if (schema === undefined || !isClosed(schema)) return [];
  const inner = Object.entries(values).flatMap(([key, value]) =>
    closedObjects(value, root, prefix === "" ? key : `${prefix}.${key}`),
  );
  return prefix === "" ? inner : [prefix, ...inner];
}
