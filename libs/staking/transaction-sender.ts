import type { Address, Hex, PublicClient, TransactionReceipt } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { StakingError } from "./errors.ts";

/** What to send; `to` is missing for a deployment. */
export interface Call {
  readonly to?: Address;
  readonly data: Hex;
  /** Gas limit; estimated when missing. */
  readonly gas?: bigint;
}

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/**
 * Sends transactions of one account with nonces of its own count, so that many can wait for the same block. Only one
 * sender of an account may be at work at a time.
 */
export class TransactionSender {
  readonly #client: PublicClient;
  readonly #account: PrivateKeyAccount;
  readonly #chainId: number;
  readonly #fees: Fees;
  #nonce: number;

  private constructor(client: PublicClient, account: PrivateKeyAccount, chainId: number, fees: Fees, nonce: number) {
    this.#client = client;
    this.#account = account;
    this.#chainId = chainId;
    this.#fees = fees;
    this.#nonce = nonce;
  }

  /** Reads chain id, fees and the account's next nonce. */
  static async open(client: PublicClient, privateKey: Hex): Promise<TransactionSender> {
    const account = privateKeyToAccount(privateKey);
    const [chainId, fees, nonce] = await Promise.all([
      client.getChainId(),
      client.estimateFeesPerGas(),
      client.getTransactionCount({ address: account.address, blockTag: "pending" }),
    ]);
    const doubled = { ...fees, maxFeePerGas: fees.maxFeePerGas * 2n }; // the base fee may rise before the last is mined
    return new TransactionSender(client, account, chainId, doubled, nonce);
  }

  get address(): Address {
    return this.#account.address;
  }

  get chainId(): number {
    return this.#chainId;
  }

  /** A gas limit with a quarter to spare. Throws viem's error when the call would revert. */
  async gasFor(call: Call): Promise<bigint> {
    const to = call.to === undefined ? {} : { to: call.to };
    const gas = await this.#client.estimateGas({ account: this.#account, data: call.data, ...to });
    return (gas * 5n) / 4n;
  }

  /**
   * Sends all calls at once, in order, and waits until the last is mined.
   * @throws StakingError `reverted` when one of them failed on the chain.
   */
  async sendAll(calls: readonly Call[]): Promise<TransactionReceipt[]> {
    const signed: Hex[] = [];
    for (const call of calls) signed.push(await this.#sign(call));
    const hashes = await Promise.all(
      signed.map((serializedTransaction) => this.#client.sendRawTransaction({ serializedTransaction })),
    );
    const receipts = await Promise.all(
      hashes.map((hash) => this.#client.waitForTransactionReceipt({ hash, timeout: 120_000 })),
    );
    const failed = receipts.filter((receipt) => receipt.status !== "success").length;
    if (failed > 0) throw new StakingError("reverted", `${failed} of ${calls.length} transactions failed on the chain`);
    return receipts;
  }

  /** Sends one call and waits until it is mined. */
  async send(call: Call): Promise<TransactionReceipt> {
    const [receipt] = await this.sendAll([call]);
    if (receipt === undefined) throw new StakingError("unreachable", "the chain gave no receipt");
    return receipt;
  }

  async #sign(call: Call): Promise<Hex> {
    const gas = call.gas ?? (await this.gasFor(call));
    const to = call.to === undefined ? {} : { to: call.to };
    return await this.#account.signTransaction({
      type: "eip1559",
      chainId: this.#chainId,
      nonce: this.#nonce++,
      gas,
      data: call.data,
      ...to,
      ...this.#fees,
    });
  }
}
