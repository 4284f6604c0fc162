import type { IContainer } from "kubernetes-models/v1/Container";
import type { IEnvVar } from "kubernetes-models/v1/EnvVar";

/** What a pod knows about itself. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly hostIp: string;
}

/** Gives an entry of a Secret or ConfigMap; undefined when there is none. */
export type Entries = (kind: "Secret" | "ConfigMap", name: string, key: string) => string | undefined;

/** An entry of which only the place is known, as before an install. */
export const placeOfEntry: Entries = (kind, name, key) => `<${kind} ${name} ${key}>`;

/**
 * The environment that Kubernetes gives a container. As there, `$(NAME)` stands only for what is declared above it.
 * @throws Error for a `$(NAME)` that would stay as it is, an entry that is missing, or a name that is declared twice
 */
export function environmentOf(container: IContainer, pod: PodIdentity, entries = placeOfEntry): Record<string, string> {
  const env: Record<string, string> = {};
  if ((container.envFrom ?? []).length > 0)
    throw new Error(`${container.name}: envFrom hides which settings are given`);
  for (const variable of container.env ?? []) {
    if (variable.name in env) throw new Error(`${container.name}: ${variable.name} is declared twice`);
    const value = valueOf(variable, pod, entries);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
}

/** Text of a command, an argument or a sub-path with `$(NAME)` put in. @throws Error for an unknown name */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([A-Za-z_][\w.-]*)\))/g, (whole, mark: string, name: string) => {
    if (mark === "$") return whole;
    const value = env[name];
    if (value === undefined) throw new Error(`$(${name}) is not declared above its use`);
    return value;
  });
}

/** Names that are used as `$(NAME)` anywhere in a container. */
export function usedNames(container: IContainer): ReadonlySet<string> {
  const texts = [
    ...(container.env ?? []).map((variable) => variable.value ?? ""),
    ...(container.command ?? []),
    ...(container.args ?? []),
    ...(container.volumeMounts ?? []).map((mount) => mount.subPathExpr ?? ""),
  ];
  return new Set(texts.flatMap((text) => [...text.matchAll(/\$\(([\w.-]+)\)/g)].map((match) => match[1]!)));
}

function valueOf({ name, value, valueFrom }: IEnvVar, pod: PodIdentity, entries: Entries): string | undefined {
  if (valueFrom === undefined) return value ?? "";
  const { fieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldOf(fieldRef.fieldPath, pod);
  const reference = secretKeyRef ?? configMapKeyRef;
  if (reference === undefined) throw new Error(`${name}: a source of values that is not expected here`);
  const found = entries(secretKeyRef === undefined ? "ConfigMap" : "Secret", reference.name ?? "", reference.key);
  if (found === undefined && reference.optional !== true)
    throw new Error(`${name}: ${reference.name} has no ${reference.key}`);
  return found;
}

function fieldOf(path: string, pod: PodIdentity): string {
  const fields: Record<string, string> = {
    "metadata.name": pod.name,
    "metadata.namespace": pod.namespace,
    "status.podIP": pod.ip,
    "status.hostIP": pod.hostIp,
  };
  const value = fields[path];
  if (value === undefined) throw new Error(`${path}: a field that is not expected here`);
  return value;
}
