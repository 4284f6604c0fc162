import { create } from "@bufbuild/protobuf";
import { type NodeKeys, pubkeyBytes } from "@swarmpost/crypto";
import { encodeProof, type UptimeProof } from "@swarmpost/proof";
import {
  type AcceptedProof,
  AcceptedProofSchema,
  ChainService,
  ProofService,
  type Registry,
  RegistrySchema,
  type SwarmMap,
  SwarmMapSchema,
  SwarmService,
} from "@swarmpost/protos";
import { GrpcServer, implement, nodeCertificate, RpcError } from "@swarmpost/rpc";

/** A node as the network view is to show it, on 127.0.0.1. */
export interface ShownNode {
  readonly keys: NodeKeys;
  /** Id of its swarm; in none when absent. */
  readonly swarm?: bigint;
  readonly peerPort: number;
  readonly replicaPort: number;
}

/**
 * Stands for chain-watcher, swarm-coordinator and test-suite: says what the network is and does nothing else, so that a
 * service under load can be measured without a chain.
 */
export class StandInSources implements AsyncDisposable {
  readonly #server: GrpcServer;

  private constructor(server: GrpcServer) {
    this.#server = server;
  }

  /** Serves the view of these nodes, all of them registered. */
  static async open(nodes: readonly ShownNode[]): Promise<StandInSources> {
    const server = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 50 });
    const registry = registryOf(nodes);
    const map = mapOf(nodes);
    const proofs = await Promise.all(nodes.map(proofOf));
    implement(server, ChainService, { getRegistry: async () => ({ registry }), watchBlocks: unused });
    implement(server, SwarmService, { getMap: async () => ({ map }), watchMap: unused });
    implement(server, ProofService, { getProofs: async () => ({ proofs }), watchProofs: unused, exchange: unused });
    await server.listen();
    return new StandInSources(server);
  }

  /** `host:port` of all three. */
  get address(): string {
    return this.#server.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

function unused(): never {
  throw new RpcError("unimplemented", "a stand-in answers only what a network view pulls");
}

function registryOf(nodes: readonly ShownNode[]): Registry {
  return create(RegistrySchema, {
    chainId: 31_337n,
    contract: Buffer.alloc(20, 7),
    height: 10n,
    blockHash: Buffer.alloc(32, 10),
    nodes: nodes
      .map(({ keys }) => pubkeyBytes(keys.pubkey))
      .sort((a, b) => Buffer.compare(a, b))
      .map((pubkey) => ({ pubkey, registrationHeight: 3n, operator: Buffer.alloc(20, 0xab) })),
  });
}

function mapOf(nodes: readonly ShownNode[]): SwarmMap {
  const ids = [...new Set(nodes.flatMap(({ swarm }) => swarm ?? []))].sort((a, b) => (a < b ? -1 : 1));
  const membersOf = (id: bigint) => nodes.filter(({ swarm }) => swarm === id).map(({ keys }) => keys.pubkey);
  const swarms = ids.map((id) => ({ id, members: membersOf(id).sort().map(pubkeyBytes), changedHeight: 10n }));
  return create(SwarmMapSchema, { height: 10n, blockHash: Buffer.alloc(32, 10), hash: Buffer.alloc(32, 3), swarms });
}

/** Only the content counts: whoever serves proofs has checked their signatures. */
async function proofOf({ keys, peerPort, replicaPort }: ShownNode): Promise<AcceptedProof> {
  const proof: UptimeProof = {
    pubkey: keys.pubkey,
    network: Buffer.alloc(32),
    ip: "127.0.0.1",
    httpsPort: 22_021,
    peerPort,
    replicaPort,
    certificate: await nodeCertificate(keys),
    version: [2, 11, 0],
    time: BigInt(Math.floor(Date.now() / 1_000)),
  };
  const signature = Buffer.concat([keys.ed25519.publicKey, Buffer.alloc(32)]);
  return create(AcceptedProofSchema, {
    signed: { proof: encodeProof(proof), signature },
    receivedMs: BigInt(Date.now()),
  });
}
