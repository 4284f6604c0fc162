import { type HttpsConnections, type ServiceNode, SwarmpostClient } from "@swarmpost/client";
import { buildOnion, type OnionHop } from "@swarmpost/onion";

/** Status and text, as a client sees them. */
export type Refusal = readonly [status: number, text: string];

const timeoutMs = 60_000;

/** A client that sends whatever it likes: the public edge and real onions, without the SDK's manners. */
export class HostileClient {
  readonly #connections: HttpsConnections;

  constructor(connections: HttpsConnections) {
    this.#connections = connections;
  }

  /** POSTs bytes to a path of a node's client port. */
  async post(node: ServiceNode, path: string, body: Uint8Array | string): Promise<Refusal> {
    const url = `https://${node.ip}:${node.httpsPort}${path}`;
    const answer = await this.#connections.post(url, body, { timeoutMs });
    return [answer.status, answer.body.toString("utf8")];
  }

  /** Sends bytes as an onion to a guard. */
  onion(guard: ServiceNode, body: Uint8Array): Promise<Refusal> {
    return this.post(guard, "/onion_req/v2", body);
  }

  /** Sends a payload, however wrong, in a right onion and opens what the destination answers. */
  async throughOnion(path: readonly OnionHop[], destination: ServiceNode, payload: string): Promise<Refusal> {
    const { pubkey, x25519 } = destination;
    const onion = buildOnion({ path, destination: { kind: "snode", pubkey, x25519 } }, Buffer.from(payload));
    const [status, text] = await this.onion(path[0] as ServiceNode, onion.body);
    if (status !== 200) return [status, text];
    const opened = onion.open(Buffer.from(text, "latin1"));
    if (opened === undefined) return [status, "the answer does not open"];
    const answer = JSON.parse(opened.toString("utf8")) as { status: number; body: string };
    return [answer.status, answer.body];
  }
}

/** The first nodes of the network that are not the given one: fit for a path to it. */
export function pathTo(client: SwarmpostClient, destination: ServiceNode): ServiceNode[] {
  return client
    .nodes()
    .filter((node) => node.pubkey !== destination.pubkey)
    .slice(0, 3);
}
