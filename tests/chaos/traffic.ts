import assert from "node:assert/strict";
import { type Account, createAccount, retrieveParameters, type SendReceipt, SwarmpostClient } from "@swarmpost/client";
import type { Network } from "@swarmpost/localnet";
import { eventually } from "@swarmpost/testkit";

/** A message whose sender was told that it is stored. */
interface Acknowledged {
  readonly text: string;
  readonly receipt: SendReceipt;
  /** When the sender was told, ms since the start of the process. */
  readonly atMs: number;
}

/** Messages that are sent one after the other while something happens to the network. */
export class Traffic implements AsyncDisposable {
  readonly sender = createAccount();
  readonly recipient: Account = createAccount();
  readonly acknowledged: Acknowledged[] = [];
  /** How often a sender was told that its message is not stored. */
  refused = 0;
  readonly client: SwarmpostClient;
  readonly #stop = new AbortController();
  #senders: Promise<unknown> = Promise.resolve();
  #count = 0;

  private constructor(client: SwarmpostClient) {
    this.client = client;
  }

  static async over(net: Network): Promise<Traffic> {
    return new Traffic(await SwarmpostClient.connect(net.networkFile, { timeoutMs: 20_000 }));
  }

  /** Keeps `senders` messages under way until the traffic is stopped. */
  start(senders: number): void {
    const send = async (): Promise<void> => {
      while (!this.#stop.signal.aborted) await this.send();
    };
    this.#senders = Promise.all(Array.from({ length: senders }, send));
  }

  /** Sends one message; undefined when the sender was told that it is not stored. */
  async send(): Promise<SendReceipt | undefined> {
    const text = `message ${this.#count++}`;
    try {
      const receipt = await this.client.send(this.sender, this.recipient.id, text);
      this.acknowledged.push({ text, receipt, atMs: performance.now() });
      return receipt;
    } catch {
      this.refused++; // Any failure is the truth as long as nothing acknowledged is lost.
      return undefined;
    }
  }

  /** Waits until so many more messages are acknowledged. */
  async untilMore(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    await eventually(() => this.acknowledged.length >= wanted, { timeoutMs: 120_000, intervalMs: 20 });
  }

  /** Waits until a message is held by every member of the swarm again. */
  async untilWhole(): Promise<void> {
    await eventually(
      async () => {
        const receipt = await this.send();
        assert.equal(receipt?.copies, receipt?.members.length ?? -1, "a member misses the newest message");
      },
      { timeoutMs: 120_000, intervalMs: 500 },
    );
  }

  /** Lets the messages under way end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#senders;
  }

  /** Waits until every member of the swarm gives out every acknowledged message, and the recipient reads each text once. */
  async allReadable(): Promise<void> {
    await this.client.refresh();
    const hashes = [...new Set(this.acknowledged.map(({ receipt }) => receipt.hash))];
    const members = this.client.swarm(this.recipient.id).members;
    await eventually(
      async () => {
        for (const { pubkey } of members) {
          const lacking = await this.#lackingAt(pubkey, hashes);
          assert.equal(lacking, 0, `a member lacks ${lacking} of ${hashes.length} acknowledged messages`);
        }
      },
      { timeoutMs: 120_000, intervalMs: 500 },
    );
    const read = new Set((await this.client.read(this.recipient)).messages.map((message) => message.text));
    for (const { text } of this.acknowledged) assert.ok(read.has(text), `${text} is not readable`);
  }

  /** How many of the messages a member does not give out when it alone is asked. */
  async #lackingAt(member: SendReceipt["entry"]["pubkey"], hashes: readonly string[]): Promise<number> {
    const held = new Set<string>();
    for (let lastHash = "", more = true; more; ) {
      const params = retrieveParameters(this.recipient, { namespace: 0, timestamp: Date.now(), lastHash });
      const { status, text, json } = await this.client.request(member, { method: "retrieve", params });
      assert.equal(status, 200, text);
      const messages = json?.["messages"] as { hash: string }[];
      for (const { hash } of messages) held.add(hash);
      lastHash = messages.at(-1)?.hash ?? "";
      more = json?.["more"] === true;
    }
    return hashes.filter((hash) => !held.has(hash)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.client[Symbol.asyncDispose]();
  }
}
