import { createServer } from "node:net";
import { randomInt } from "node:crypto";
import { LocalnetError } from "./localnet-error.ts";

/** The ports that every node of a local network uses on an address of its own. */
export const nodePorts = {
  https: 22021,
  peer: 22020,
  replica: 22022,
  local: 22023,
  control: 22024,
  seedHttp: 22025,
} as const;

/** The ports of a cluster's own services, on the cluster's address. */
export const clusterPorts = { chainWatcher: 22101, coordinator: 22102, testSuite: 22103, fileServer: 22104 } as const;

/** Admin ports (health and metrics) are the service's position plus this, only with a process for each service. */
export const adminPorts = { relay: 22031, storage: 22032, control: 22110 } as const;

const highestNode = 200;

/**
 * A /24 of the loopback range that belongs to one network: node i answers on `.i`, cluster c's services on `.(210 + c)`.
 * So every node keeps the well-known ports, networks never collide, and no port has to be guessed free beforehand.
 */
export class AddressPlan {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Address of node `index` (1 … 200). */
  node(index: number): string {
    if (index < 1 || index > highestNode)
      throw new LocalnetError("options", `a local network has at most ${highestNode} nodes`);
    return `${this.prefix}.${index}`;
  }

  /** Address of the services of cluster `index` (0 …). */
  cluster(index: number): string {
    return `${this.prefix}.${highestNode + 10 + index}`;
  }
}

/** Finds a /24 in which no other network answers. */
export async function claimAddresses(): Promise<AddressPlan> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const plan = new AddressPlan(`127.${randomInt(16, 250)}.${randomInt(1, 250)}`);
    if (await canListen(plan.node(1), nodePorts.https)) return plan;
  }
  throw new LocalnetError("address", "found no free loopback addresses (127.0.0.0/8): is this Linux?");
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
