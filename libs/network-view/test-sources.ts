import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Bus, MemoryBroker } from "@swarmpost/bus";
import { type NodeKeys, nodeKeysFromSeed, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { encodeProof, type UptimeProof } from "@swarmpost/proof";
import {
  type AcceptedProof,
  AcceptedProofSchema,
  ChainService,
  ProofsChangedSchema,
  ProofService,
  type Registry,
  RegistryChangedSchema,
  RegistrySchema,
  type SwarmMap,
  SwarmMapChangedSchema,
  SwarmMapSchema,
  SwarmService,
} from "@swarmpost/protos";
import { GrpcServer, implement, RpcError } from "@swarmpost/rpc";

/** Keys of made-up nodes, ascending. */
export const testKeys: readonly NodeKeys[] = Array.from({ length: 16 }, (_, index) =>
  nodeKeysFromSeed(Buffer.alloc(32, index + 1)),
).sort((a, b) => (a.pubkey < b.pubkey ? -1 : 1));

/** The node keys of these made-up nodes. */
export function testPubkeys(...indexes: number[]): Pubkey[] {
  return indexes.map((index) => (testKeys[index] as NodeKeys).pubkey);
}

/** A registry of these nodes as chain-watcher answers it. */
export function testRegistry(height: number, nodes: readonly Pubkey[], chainId = 31337n): Registry {
  return create(RegistrySchema, {
    chainId,
    contract: Buffer.alloc(20, 7),
    height: BigInt(height),
    blockHash: Buffer.alloc(32, height),
    nodes: nodes.map((node) => ({
      pubkey: pubkeyBytes(node),
      registrationHeight: 3n,
      operator: Buffer.alloc(20, 0xab),
      requestedUnlockHeight: 0n,
    })),
  });
}

/** A swarm map as swarm-coordinator answers it. */
export function testMap(height: number, swarms: readonly { id: bigint; members: readonly Pubkey[] }[]): SwarmMap {
  return create(SwarmMapSchema, {
    height: BigInt(height),
    blockHash: Buffer.alloc(32, height),
    hash: Buffer.alloc(32, height),
    swarms: swarms.map(({ id, members }) => ({ id, members: members.map(pubkeyBytes), changedHeight: BigInt(height) })),
  });
}

/** A proof of a node as test-suite gives it; only its content is real, nobody signed it. */
export function testProof(
  node: Pubkey,
  time: number,
  options: { port?: number; receivedMs?: number } = {},
): AcceptedProof {
  const proof: UptimeProof = {
    pubkey: node,
    network: Buffer.alloc(32, 6),
    ip: "203.0.113.9",
    httpsPort: options.port ?? 22_021,
    peerPort: 22_020,
    replicaPort: 22_022,
    certificate: Buffer.alloc(250, 5),
    version: [0, 1, 0],
    time: BigInt(time),
  };
  const bytes = encodeProof(proof);
  const signature = Buffer.concat([bytes.subarray(0, 24), pubkeyBytes(node), Buffer.alloc(8, time)]);
  return create(AcceptedProofSchema, {
    signed: { proof: bytes, signature },
    receivedMs: BigInt(options.receivedMs ?? time * 1000),
  });
}

/** What the three sources answer; a source that is undefined is down. */
export interface TestAnswers {
  registry: Registry | undefined;
  map: SwarmMap | undefined;
  previous: SwarmMap | undefined;
  proofs: AcceptedProof[] | undefined;
}

/** The three sources of a view, scripted, on one gRPC server, with a bus. */
export class TestSources implements AsyncDisposable {
  readonly answers: TestAnswers = { registry: undefined, map: undefined, previous: undefined, proofs: undefined };
  readonly broker = new MemoryBroker();
  readonly bus: Bus = this.broker.connect();
  readonly #server = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 50 });
  pulls = 0;

  static async open(): Promise<TestSources> {
    const sources = new TestSources();
    sources.#implement();
    await sources.#server.listen();
    return sources;
  }

  get options() {
    const { address } = this.#server;
    return { chainWatcherAddress: address, coordinatorAddress: address, testSuiteAddress: address, bus: this.bus };
  }

  #implement(): void {
    const { answers } = this;
    const answer = <T>(value: T | undefined): T => {
      this.pulls++;
      if (value === undefined) throw new RpcError("unavailable", "scripted to be down");
      return value;
    };
    const unused = (): never => {
      throw new RpcError("unimplemented", "not scripted: the view only pulls");
    };
    implement(this.#server, ChainService, {
      getRegistry: async () => ({ registry: answer(answers.registry) }),
      watchBlocks: unused,
    });
    implement(this.#server, SwarmService, {
      getMap: async () => ({ map: answer(answers.map), ...(answers.previous && { previous: answers.previous }) }),
      watchMap: unused,
    });
    implement(this.#server, ProofService, {
      getProofs: async () => ({ proofs: answer(answers.proofs) }),
      watchProofs: unused,
      exchange: unused,
    });
  }

  publishRegistry(registry: Registry): void {
    this.bus.publish(
      "swarmpost.chain.registry",
      toBinary(RegistryChangedSchema, create(RegistryChangedSchema, { registry })),
    );
  }

  publishMap(change: MessageInitShape<typeof SwarmMapChangedSchema>): void {
    this.bus.publish("swarmpost.swarm.map", toBinary(SwarmMapChangedSchema, create(SwarmMapChangedSchema, change)));
  }

  publishProofs(change: MessageInitShape<typeof ProofsChangedSchema>): void {
    this.bus.publish("swarmpost.proof.changed", toBinary(ProofsChangedSchema, create(ProofsChangedSchema, change)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}
