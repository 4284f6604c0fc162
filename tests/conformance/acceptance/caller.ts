import type { HttpsConnections, ServiceNode } from "@swarmpost/client";
import { buildOnion } from "@swarmpost/onion";
import { eventually } from "@swarmpost/testkit";

/** Both ways in which a client reaches a storage node. */
export type Transport = "https" | "onion";

/** Status and body: an object when the node says that it is JSON, else text. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

const timeoutMs = 60_000;

/** Sends storage requests to nodes of the network over one of the transports. */
export class Caller {
  readonly transport: Transport;
  readonly nodes: readonly ServiceNode[];
  readonly #connections: HttpsConnections;

  constructor(transport: Transport, parts: { nodes: readonly ServiceNode[]; connections: HttpsConnections }) {
    this.transport = transport;
    this.nodes = parts.nodes;
    this.#connections = parts.connections;
  }

  /** The node with this number, counted round and round. */
  node(number: number): ServiceNode {
    return this.nodes[number % this.nodes.length]!;
  }

  /** Has a node, the first one unless given, answer `{"method","params"}`. */
  call<Body = string>(method: string, params: object, to: ServiceNode = this.node(0)): Promise<Answer<Body>> {
    return this.send(JSON.stringify({ method, params }), to) as Promise<Answer<Body>>;
  }

  /** The same of a method whose answer is bytes, which within an onion are base64. */
  async bytes(method: string, params: object): Promise<Buffer> {
    const text = JSON.stringify({ method, params });
    if (this.transport === "onion") return Buffer.from((await this.#throughOnion(text, this.node(0))).body, "base64");
    return (await this.#direct(text, this.node(0))).body;
  }

  /** Has a node answer any text. */
  async send(text: string, to: ServiceNode = this.node(0)): Promise<Answer> {
    const { status, body } = await (this.transport === "https" ? this.#direct(text, to) : this.#throughOnion(text, to));
    return { status, body: parsed(body.toString()) };
  }

  #direct(text: string, to: ServiceNode): Promise<Answer<Buffer>> {
    return this.#whenReady(() => this.#connections.post(url(to, "/storage_rpc/v1"), text, { timeoutMs }));
  }

  /** Three hops, then the node itself; as Session clients do, the body comes as text within the JSON of the reply. */
  async #throughOnion(text: string, to: ServiceNode): Promise<Answer<string>> {
    const path = this.nodes.filter((node) => node.pubkey !== to.pubkey).slice(0, 3);
    const { pubkey, x25519 } = to;
    const outer = await this.#whenReady(async () => {
      const { body, open } = buildOnion({ path, destination: { kind: "snode", pubkey, x25519 } }, Buffer.from(text));
      return { ...(await this.#connections.post(url(path[0]!, "/onion_req/v2"), body, { timeoutMs })), open };
    });
    const reply = outer.status === 200 ? outer.open(outer.body) : undefined;
    if (reply === undefined) throw new Error(`the path answers ${outer.status}: ${outer.body.toString("utf8")}`);
    return JSON.parse(reply.toString("utf8")) as Answer<string>;
  }

  /** A node that says that it is not ready has done nothing, and clients ask again: a busy machine is no failed test. */
  async #whenReady<A extends Answer<Buffer>>(ask: () => Promise<A>): Promise<A> {
    const asked = async () => {
      const [outcome] = await Promise.allSettled([ask()]);
      return outcome.status === "fulfilled" && isNotReady(outcome.value) ? false : outcome;
    };
    const outcome = await eventually(asked, { timeoutMs });
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }
}

/** What a node says of itself before it looks at the request. */
const NOT_READY = /^(Service node is not ready: storage is |Snode not ready: )/;

function isNotReady({ status, body }: Answer<Buffer>): boolean {
  return status === 503 && NOT_READY.test(body.toString("utf8"));
}

function url(node: ServiceNode, path: string): string {
  return `https://${node.ip}:${node.httpsPort}${path}`;
}

/** Refusals are plain text, everything else a JSON object. */
function parsed(text: string): unknown {
  return text.startsWith("{") ? JSON.parse(text) : text;
}
