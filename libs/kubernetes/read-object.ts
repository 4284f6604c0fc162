import type { Call, Kubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";

/** The object, or undefined when there is none. @throws KubernetesError */
export async function readObject<T>(kubernetes: Kubernetes, call: Omit<Call, "verb">): Promise<T | undefined> {
  return await kubernetes.call<T>({ ...call, verb: "get" }).catch((error: unknown) => {
    if (error instanceof KubernetesError && error.code === "not-found") return undefined;
    throw error;
  });
}
