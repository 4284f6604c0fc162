import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { once } from "node:events";
import { issueCertificate, makeAuthority } from "@swarmpost/release";
import {
  type ApiObject,
  startApiServer,
  permits,
  readCall,
  type Rule,
  type TestApiServer,
} from "@swarmpost/kubernetes/testing";
import { type KubernetesObject, ofKind } from "../manifest.ts";
import type { Endpoint } from "./routing.ts";
import type { ObjectData } from "./volumes.ts";

const resources: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  Job: "jobs",
  Lease: "leases",
  Pod: "pods",
  Secret: "secrets",
  Service: "services",
  StatefulSet: "statefulsets",
};

/** The name of the API's Service. */
export const apiHost = "kubernetes.default.svc";

/**
 * The Kubernetes API as pods find it: on a Service's address, each caller known by its service account's token and bound
 * by the Roles of the release. Behind it is the stand-in of libs/kubernetes.
 */
export class ClusterApi implements AsyncDisposable {
  /** Calls that no Role allowed, `account verb resource`: there should be none. */
  readonly refused: string[] = [];
  readonly #store: TestApiServer;
  readonly #objects: readonly KubernetesObject[];
  readonly #server: Server;
  /** PEM certificate of the authority that signed the API's own. */
  readonly authority: string;

  private constructor(
    store: TestApiServer,
    objects: readonly KubernetesObject[],
    tls: { cert: string; key: string; authority: string },
  ) {
    this.#store = store;
    this.#objects = objects;
    this.authority = tls.authority;
    this.#server = createServer(tls, (request, response) => this.#serve(request, response));
  }

  /** Serves the API of one namespace on an address of this network. */
  static async start(
    { ip, port }: Endpoint,
    namespace: string,
    objects: readonly KubernetesObject[],
  ): Promise<ClusterApi> {
    const authority = await makeAuthority("kubernetes");
    const { certificate, key } = await issueCertificate(authority, [apiHost]);
    const tls = { cert: certificate, key, authority: authority.certificate };
    const api = new ClusterApi(await startApiServer(namespace), objects, tls);
    await once(api.#server.listen(port, ip), "listening");
    return api;
  }

  /** The token of a service account, as its pods have it mounted. */
  tokenOf(account: string): string {
    return `token-of-${account}`;
  }

  /** Writes objects, as `kubectl apply` would. */
  apply(objects: readonly KubernetesObject[]): void {
    for (const object of objects) {
      const resource = resources[object.kind];
      if (resource !== undefined) this.#store.objects.put(resource, encoded(object));
    }
  }

  /** Labels that a pod has now. */
  labelsOf(pod: string): Readonly<Record<string, string>> {
    return this.#store.objects.get("pods", pod)?.metadata.labels ?? {};
  }

  /** How many calls came from pods. */
  get calls(): number {
    return this.#store.calls.length;
  }

  /** Names of the objects of one resource. */
  names(resource: string): readonly string[] {
    return this.#store.objects.list(resource).map(({ metadata }) => metadata.name);
  }

  /** What volumes and environments are filled from. */
  readonly data: ObjectData = (kind, name) => {
    const data = this.#store.objects.get(resources[kind]!, name)?.data as Record<string, string> | undefined;
    if (data === undefined || kind === "ConfigMap") return data;
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#store[Symbol.asyncDispose]();
  }

  #rulesOf(account: string): readonly Rule[] {
    const bindings = ofKind(this.#objects, "RoleBinding").filter(({ subjects }) =>
      subjects?.some(({ name }) => name === account),
    );
    const roles = bindings.flatMap(({ roleRef }) =>
      ofKind(this.#objects, "Role").filter(({ metadata }) => metadata.name === roleRef.name),
    );
    return roles.flatMap(({ rules }) => (rules ?? []) as Rule[]);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const account = /^Bearer token-of-(.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const call = readCall(request.method ?? "", new URL(request.url ?? "/", this.#store.url), this.#store.namespace);
    const allowed = account !== undefined && call !== undefined && permits(this.#rulesOf(account), call);
    if (!allowed) {
      this.refused.push(`${account ?? "nobody"} ${call === undefined ? request.url : `${call.verb} ${call.resource}`}`);
      response.writeHead(account === undefined ? 401 : 403, { "content-type": "application/json" }).end("{}");
      return;
    }
    const inner = forward(`${this.#store.url}${request.url}`, { method: request.method, headers: request.headers });
    inner.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    inner.on("error", () => response.destroy());
    response.on("close", () => inner.destroy());
    request.pipe(inner);
  }
}

/** Secrets are kept in base64, whichever way they were written. */
function encoded(object: KubernetesObject): ApiObject {
  const { stringData, data = {} } = object as { stringData?: Record<string, string>; data?: Record<string, string> };
  const plain = { ...object, metadata: { ...object.metadata } };
  if (object.kind !== "Secret" || stringData === undefined) return plain;
  const entries = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return { ...plain, data: { ...data, ...Object.fromEntries(entries) } };
}
