/**
 * - `unavailable`: no answer in time, or the API server could not serve now (429, 5xx): try again.
 * - `forbidden`: the service account may not do this (401, 403).
 * - `conflict`: the object changed since it was read, or exists already (409): read it again.
 * - `expired`: the position of a watch is too old (410): list again.
 * - `not-found`: there is no such object (404). Reading functions answer undefined instead.
 * - `refused`: the API server does not take the request as it is (other 4xx), a bug of ours as a rule.
 * - `lost`: this process led and does so no more: another holds the Lease, or it was not renewed in time.
 * - `no-start`: this process led and could not make its service in time: another may.
 * - `no-access`: neither a kubeconfig nor a service account that can be read.
 */
export type KubernetesErrorCode =
  | "unavailable"
  | "forbidden"
  | "conflict"
  | "expired"
  | "not-found"
  | "refused"
  | "lost"
  | "no-start"
  | "no-access";

/** The coded error of this package. Messages name the verb and the kind of object, never its content: safe to log. */
export class KubernetesError extends Error {
  readonly code: KubernetesErrorCode;

  constructor(code: KubernetesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KubernetesError";
    this.code = code;
  }
}

/** The code for an HTTP status that is no success. */
export function codeOfStatus(status: number): KubernetesErrorCode {
  if (status === 401 || status === 403) return "forbidden";
  if (status === 404) return "not-found";
  if (status === 409) return "conflict";
  if (status === 410) return "expired";
  return status === 408 || status === 429 || status >= 500 ? "unavailable" : "refused";
}
