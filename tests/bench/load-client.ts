import { createAccount, type NetworkDescription, SwarmpostClient } from "@swarmpost/client";
import { inFlight, ownCpu } from "./in-flight.ts";

/** What the benchmark asks of the process of clients. */
export interface LoadOrder {
  readonly network: NetworkDescription;
  /** Clients, each with guards and paths of its own. */
  readonly clients: number;
  /** Messages on the way at once, over all clients. */
  readonly depth: number;
  /** How long new messages are sent, ms. */
  readonly forMs: number;
}

/** What it answers. */
export interface LoadResult {
  readonly stored: number;
  /** First reasons of messages that were not stored. */
  readonly failures: readonly string[];
  readonly seconds: number;
  /** CPU of the clients, µs. */
  readonly cpuUs: number;
  /** From call to receipt, of each stored message. */
  readonly latenciesMs: readonly number[];
}

/** Text whose Session message has about 1 KiB: padding and signatures included. */
const TEXT = "x".repeat(700);
const clients: SwarmpostClient[] = [];
const sender = createAccount();
/** Enough that every swarm and every part of the tables is reached. */
const recipients = Array.from({ length: 1_000 }, () => createAccount().id);

async function connect({ network, clients: wanted }: LoadOrder): Promise<void> {
  while (clients.length < wanted) {
    const client = await SwarmpostClient.connect(network);
    await client.path();
    clients.push(client);
  }
}

async function run(order: LoadOrder): Promise<LoadResult> {
  await connect(order);
  const latenciesMs: number[] = [];
  const failures: string[] = [];
  const send = async (index: number): Promise<void> => {
    const client = clients[index % clients.length] as SwarmpostClient;
    const started = performance.now();
    try {
      await client.send(sender, recipients[index % recipients.length] as string, TEXT);
      latenciesMs.push(performance.now() - started);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  let seconds = 0;
  const cpuUs = await ownCpu(
    async () => (seconds = await inFlight(Number.MAX_SAFE_INTEGER, order.depth, send, order.forMs)),
  );
  return { stored: latenciesMs.length, failures, seconds, cpuUs, latenciesMs };
}

process.on("message", (order: LoadOrder) => {
  void run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`load client: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(0));
