import type { NodeKeys } from "@swarmpost/crypto";
import {
  type Address,
  deployStaking,
  developmentKey,
  type NodeRegistered,
  leaveNetwork,
  registerNodes,
} from "@swarmpost/staking";
import { type Anvil, startAnvil } from "@swarmpost/testkit";

const blockSeconds = 1;
const finalityBlocks = 0;
const unlockDelayBlocks = 1;
/** Software written for Session's network takes for granted that its chain has long passed the first thousand blocks. */
const pastBlocks = 1300;

/** The chain of a local network: an own anvil or a given development chain, with a staking contract just for it. */
export class LocalChain implements AsyncDisposable {
  readonly url: string;
  /** The chain's own process when the network started it; faults pause and end it. */
  readonly server: Anvil | undefined;
  #contract: { address: Address; chainId: number } | undefined;
  readonly #registrations = new Map<string, { id: bigint; operator: number }>();

  private constructor(url: string, server: Anvil | undefined) {
    this.url = url;
    this.server = server;
  }

  /** Starts an anvil of 1,300 blocks with a block a second, or takes the chain at `given`. */
  static async start(given: string | undefined): Promise<LocalChain> {
    if (given !== undefined) return new LocalChain(given, undefined);
    const server = await startAnvil({ blockTimeSeconds: blockSeconds, pastBlocks });
    return new LocalChain(server.url, server);
  }

  /** Deploys token and staking contract: a stake of 15,000 tokens, finality at once, an unlock after one block. */
  async deploy(): Promise<{ address: Address; chainId: number }> {
    const deployment = await deployStaking({
      rpcUrl: this.url,
      deployerKey: developmentKey(0),
      parameters: { finalityBlocks, unlockDelayBlocks },
    });
    this.#contract = { address: deployment.contract, chainId: deployment.chainId };
    return this.#contract;
  }

  /** Address and chain of the staking contract. */
  get contract(): { address: Address; chainId: number } {
    if (this.#contract === undefined) throw new TypeError("the staking contract is not deployed yet");
    return this.#contract;
  }

  /** Stakes for nodes from the account of operator `cluster`. */
  async register(cluster: number, nodes: readonly NodeKeys[]): Promise<NodeRegistered[]> {
    const operator = cluster + 1;
    const target = { rpcUrl: this.url, contract: this.contract.address, operatorKey: developmentKey(operator) };
    const registered = await registerNodes({ ...target, nodes, minterKey: developmentKey(0) });
    nodes.forEach((node, index) => {
      this.#registrations.set(node.pubkey, { id: registered[index]!.id, operator });
    });
    return registered;
  }

  /** Asks to unlock a node's stake, waits for the delay and leaves. */
  async leave(node: NodeKeys): Promise<void> {
    const registration = this.#registrations.get(node.pubkey);
    if (registration === undefined) throw new TypeError("that node is not registered by this network");
    const target = { rpcUrl: this.url, contract: this.contract.address, id: registration.id };
    await leaveNetwork({ ...target, operatorKey: developmentKey(registration.operator) });
    this.#registrations.delete(node.pubkey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.[Symbol.asyncDispose]();
  }
}
