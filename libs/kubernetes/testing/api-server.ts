import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { json } from "node:stream/consumers";
import { type ApiCall, permits, readCall, type Rule, selected } from "./api-call.ts";
import { type ApiObject, ObjectStore, StoreRefusal } from "./object-store.ts";
import { serveWatch } from "./serve-watch.ts";

/** What becomes of a call instead of being carried out: a status, no answer at all, or one that begins and never goes on. */
export type Fault = { readonly status: number } | "hang" | "cut" | "stall";

/** A stand-in for the Kubernetes API server: one namespace, spoken to over HTTP, with the real one's rules for writes. */
export class TestApiServer implements AsyncDisposable {
  readonly namespace: string;
  /** A kubeconfig file for it. */
  readonly kubeconfig: string;
  readonly objects = new ObjectStore();
  /** Every call so far, also those that were refused. */
  readonly calls: ApiCall[] = [];
  /** Asked for each call; what it answers happens instead. */
  fault: (call: ApiCall) => Fault | undefined = () => undefined;
  /** The Role of the callers; everything is allowed while undefined. */
  rules: readonly Rule[] | undefined;
  readonly #watches = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;

  /** Use `startApiServer`. */
  constructor(namespace: string) {
    this.namespace = namespace;
    this.kubeconfig = join(tmpdir(), `swarmpost-kubeconfig-${randomUUID()}.json`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before if there was one. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    await writeFile(this.kubeconfig, kubeconfigText(this.url, this.namespace));
  }

  /** Refuses connections until `start`; what is open is cut. The objects stay. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  /** Ends every watch in good order, as the real one does when their time is over. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** How often this was called so far. */
  count(verb: ApiCall["verb"], resource: string): number {
    return this.calls.filter((call) => call.verb === verb && call.resource === resource).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.kubeconfig, { force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const call = readCall(request.method ?? "", new URL(request.url ?? "/", this.url), this.namespace);
      if (call === undefined) throw new StoreRefusal(404, "NotFound");
      this.calls.push(call);
      const fault = this.fault(call);
      if (fault === "hang") return;
      if (fault === "cut") return void response.destroy();
      if (fault === "stall") return response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      if (fault !== undefined) throw new StoreRefusal(fault.status, "made to fail");
      if (this.rules !== undefined && !permits(this.rules, call)) throw new StoreRefusal(403, "Forbidden");
      if (call.verb === "watch") return this.#watch(call, response);
      const body = request.method === "GET" || request.method === "DELETE" ? undefined : await json(request);
      answer(response, call.verb === "create" ? 201 : 200, this.#act(call, request, body as ApiObject));
    } catch (error) {
      const status = error instanceof StoreRefusal ? error.status : 400;
      answer(response, status, { kind: "Status", status: "Failure", code: status, message: (error as Error).message });
    }
  }

  #watch(call: ApiCall, response: ServerResponse): void {
    serveWatch(this.objects, call, response);
    this.#watches.add(response);
    response.once("close", () => this.#watches.delete(response));
  }

  #act(call: ApiCall, request: IncomingMessage, body: ApiObject): object {
    const { resource, name } = call;
    switch (call.verb) {
      case "get": {
        const found = this.objects.get(resource, name);
        if (found === undefined) throw new StoreRefusal(404, "NotFound");
        return found;
      }
      case "list": {
        const items = this.objects
          .list(resource)
          .filter(({ metadata }) => selected(metadata.labels, call.query.get("labelSelector")));
        return { metadata: { resourceVersion: String(this.objects.version) }, items };
      }
      case "create":
        return this.objects.create(resource, valid(body));
      case "update":
        return this.objects.replace(resource, name, valid(body));
      case "patch":
        if (request.headers["content-type"] !== "application/merge-patch+json")
          throw new StoreRefusal(415, "UnsupportedMediaType");
        return this.objects.patch(resource, name, body);
      case "delete":
        this.objects.delete(resource, name);
        return { kind: "Status", status: "Success" };
      case "watch":
        throw new StoreRefusal(400, "a watch is served elsewhere");
    }
  }
}

/** The API server's own checks, of the fields that are written here. */
function valid(object: ApiObject): ApiObject {
  const { holderIdentity, leaseDurationSeconds, renewTime } = (object.spec ?? {}) as Record<string, unknown>;
  if (typeof leaseDurationSeconds === "number" && !(Number.isInteger(leaseDurationSeconds) && leaseDurationSeconds > 0))
    throw new StoreRefusal(422, "spec.leaseDurationSeconds: must be a whole number greater than 0");
  if (holderIdentity === "") throw new StoreRefusal(422, "spec.holderIdentity: must not be empty");
  if (typeof renewTime === "string" && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(renewTime))
    throw new StoreRefusal(400, "spec.renewTime: not a MicroTime");
  if (!/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(object.metadata.name)) throw new StoreRefusal(422, "metadata.name");
  return object;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Plain HTTP is only taken from a kubeconfig that says so. */
function kubeconfigText(server: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: {} }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  });
}

/** Starts one on a free port of 127.0.0.1. */
export async function startApiServer(namespace = "default"): Promise<TestApiServer> {
  const server = new TestApiServer(namespace);
  await server.start();
  return server;
}
