import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { ChainService } from "@swarmpost/protos";
import { GrpcServer, implement, RpcError } from "@swarmpost/rpc";
import type { ClusterTls } from "@swarmpost/runtime";

/** A chain-watcher whose registry a test writes. */
export class ScriptedChain implements AsyncDisposable {
  readonly nodes = new Set<Pubkey>();
  /** While true every call fails, as with a chain-watcher that has no chain. */
  down = false;
  #height = 1n;
  readonly #server: GrpcServer;

  constructor({ port = 0, tls }: { port?: number; tls?: ClusterTls } = {}) {
    this.#server = new GrpcServer({ host: "127.0.0.1", port, graceMs: 50, tls });
    implement(this.#server, ChainService, {
      getRegistry: async () => {
        if (this.down) throw new RpcError("unavailable", "no chain");
        const nodes = [...this.nodes].sort().map((node) => ({ pubkey: pubkeyBytes(node) }));
        return { registry: { chainId: 31337n, contract: Buffer.alloc(20, 1), height: this.#height, nodes } };
      },
      async *watchBlocks() {
        yield* [];
        throw new RpcError("unimplemented", "not scripted");
      },
    });
  }

  get address(): string {
    return this.#server.address;
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  join(...nodes: Pubkey[]): void {
    this.#height += 1n;
    for (const node of nodes) this.nodes.add(node);
  }

  leave(node: Pubkey): void {
    this.#height += 1n;
    this.nodes.delete(node);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
