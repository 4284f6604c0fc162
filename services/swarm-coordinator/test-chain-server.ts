import { create } from "@bufbuild/protobuf";
import { blake2b, type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { ChainService, type RegistryBlock, RegistryBlockSchema, RegistrySchema } from "@swarmpost/protos";
import { type CallContext, GrpcServer, implement } from "@swarmpost/rpc";
import { Mailbox } from "./mailbox.ts";

/** Made-up node keys. */
export function testNodes(count: number, first = 0): Pubkey[] {
  return Array.from({ length: count }, (_, index) => pubkey(blake2b(32, Buffer.from(`node ${first + index}`))));
}

/** A chain as a test writes it: blocks with registry changes and quiet ones. */
export class TestChain {
  readonly blocks: RegistryBlock[] = [];
  readonly listeners = new Set<(block: RegistryBlock) => void>();
  readonly #salt: string;

  /** @param salt chains with different salts have different block hashes. */
  constructor(salt = "") {
    this.#salt = salt;
  }

  get height(): bigint {
    return BigInt(this.blocks.length);
  }

  /** Adds the next block. */
  add(joined: readonly Pubkey[] = [], left: readonly Pubkey[] = []): void {
    const height = this.height + 1n;
    const block = create(RegistryBlockSchema, {
      height,
      hash: blake2b(32, Buffer.from(`block ${height} ${this.#salt}`)),
      joined: joined.map((node) => ({ pubkey: pubkeyBytes(node), registrationHeight: height })),
      left: left.map(pubkeyBytes),
    });
    this.blocks.push(block);
    for (const listener of this.listeners) listener(block);
  }

  registry() {
    const nodes = new Map<string, { pubkey: Uint8Array }>();
    for (const block of this.blocks) {
      for (const key of block.left) nodes.delete(Buffer.from(key).toString("hex"));
      for (const node of block.joined) nodes.set(Buffer.from(node.pubkey).toString("hex"), { pubkey: node.pubkey });
    }
    return create(RegistrySchema, {
      chainId: 31337n,
      contract: Buffer.alloc(20, 1),
      height: this.height,
      blockHash: this.blocks.at(-1)?.hash ?? new Uint8Array(32),
      nodes: [...nodes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node),
    });
  }
}

/** Serves a test's chain the way chain-watcher serves the real one; the chain can be exchanged while it runs. */
export async function serveChain(chain: TestChain, port = 0): Promise<GrpcServer & { chain: TestChain }> {
  const server = Object.assign(new GrpcServer({ host: "127.0.0.1", port, graceMs: 50 }), { chain });
  implement(server, ChainService, {
    getRegistry: async () => ({ registry: server.chain.registry() }),
    async *watchBlocks({ fromHeight }: { fromHeight: bigint }, call: CallContext) {
      const { chain } = server;
      const mailbox = new Mailbox<RegistryBlock>();
      const put = (block: RegistryBlock): void => mailbox.put(block);
      for (const block of chain.blocks)
        if (block.height >= fromHeight && block.joined.length + block.left.length > 0) put(block);
      chain.listeners.add(put);
      try {
        for await (const block of mailbox.read(call.signal)) yield { block };
      } finally {
        chain.listeners.delete(put);
      }
    },
  });
  await server.listen();
  return server;
}
