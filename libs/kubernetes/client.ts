import type { KubeConfig } from "@kubernetes/client-node";
import { codeOfStatus, KubernetesError } from "./errors.ts";
import { type Answer, send } from "./send.ts";

/** Where the API server is, and how long it may take. */
export interface KubernetesOptions {
  /** The namespace that all calls are about. */
  readonly namespace: string;
  /**
   * A kubeconfig file. Without it the client's usual order holds: the file that the environment names as KUBECONFIG, the
   * user's own, the pod's service account.
   */
  readonly kubeconfig?: string;
  /** Milliseconds after which a call without an answer counts as failed; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** One call of the API. */
export interface Call {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** As in a URL: `/api/v1` or `/apis/<group>/<version>`. */
  readonly api: string;
  /** Plural, as in Roles. */
  readonly resource: string;
  readonly name?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; of a patch, as a merge patch. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const METHODS = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
} as const;

/**
 * One namespace of a Kubernetes API server. Addresses, certificates and credentials (read again as they rotate) come from
 * the official client; the requests are made here, because its generated calls have no deadline, open a connection pool
 * for each call, and drop fields that they do not know.
 */
export class Kubernetes {
  readonly namespace: string;
  readonly #config: KubeConfig;
  readonly #timeoutMs: number;

  /** Use `connectKubernetes`. */
  constructor(config: KubeConfig, options: KubernetesOptions) {
    this.#config = config;
    this.namespace = options.namespace;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  /** The answer's JSON. @throws KubernetesError; rejects with the signal's reason when it is aborted. */
  async call<T>(call: Call): Promise<T> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const answer = await this.#send(call, deadline);
    try {
      const text = await answer.text();
      return JSON.parse(text) as T;
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw new KubernetesError("unavailable", `${describe(call)}: the answer broke off`, { cause });
    }
  }

  /**
   * The lines of a watch, each one JSON value, until the API server ends it or the signal is aborted (no error then). It has
   * `lifeMs` from its begin to end it: a connection that died without a word would else be listened to for ever.
   * @throws KubernetesError
   */
  async *lines(call: Call, lifeMs: number): AsyncGenerator<string, void> {
    const limit = new AbortController();
    let timer = setTimeout(() => limit.abort(), this.#timeoutMs);
    try {
      const answer = await this.#send(call, limit.signal);
      clearTimeout(timer);
      timer = setTimeout(() => limit.abort(), lifeMs + this.#timeoutMs);
      yield* answer.lines();
    } catch (cause) {
      if (call.signal?.aborted) return;
      if (cause instanceof KubernetesError) throw cause;
      throw new KubernetesError("unavailable", `${describe(call)}: the stream broke off`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: Call, deadline: AbortSignal): Promise<Answer> {
    const signal = call.signal === undefined ? deadline : AbortSignal.any([call.signal, deadline]);
    let answer: Answer;
    try {
      signal.throwIfAborted();
      answer = await send(this.#config, {
        method: METHODS[call.verb],
        path: this.#path(call),
        ...bodyOf(call),
        signal,
      });
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw new KubernetesError("unavailable", `${describe(call)}: no answer`, { cause });
    }
    if (answer.status < 300) return answer;
    answer.discard();
    throw new KubernetesError(codeOfStatus(answer.status), `${describe(call)}: status ${answer.status}`);
  }

  #path({ api, resource, name, query }: Call): string {
    const parts = [api, "namespaces", encodeURIComponent(this.namespace), resource];
    if (name !== undefined) parts.push(encodeURIComponent(name));
    const search = new URLSearchParams(query).toString();
    return parts.join("/") + (search === "" ? "" : `?${search}`);
  }
}

function bodyOf({ verb, body }: Call): { body?: string; contentType?: string } {
  if (body === undefined) return {};
  const contentType = verb === "patch" ? "application/merge-patch+json" : "application/json";
  return { body: JSON.stringify(body), contentType };
}

/** What the official client falls back to when it finds nothing. */
const NOWHERE = "http://localhost:8080";

function describe({ verb, resource }: Call): string {
  return `${verb} ${resource}`;
}

/**
 * Reads the configuration; makes no call yet. The official client is loaded only here: it costs some 90 MB of memory.
 * @throws KubernetesError `no-access`
 */
export async function connectKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (cause) {
    throw new KubernetesError("no-access", "the kubeconfig cannot be read", { cause });
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === NOWHERE) {
    throw new KubernetesError(
      "no-access",
      "neither a kubeconfig with a current cluster nor a service account is there",
    );
  }
  return new Kubernetes(config, options);
}
