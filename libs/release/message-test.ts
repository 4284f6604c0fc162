import { randomUUID } from "node:crypto";
import { type Account, createAccount, SwarmpostClient } from "@swarmpost/client";
import { errorFields, type JobRuntime, retryForever } from "@swarmpost/runtime";
import { ReleaseError } from "./errors.ts";
import { networkOf } from "./seeds.ts";
import type { MessageTestConfig } from "./seeds-config.ts";

const RETRY = { minMs: 1_000, maxMs: 3_000 } as const;

/**
 * Sends a message from one new account to another over three hops, and reads it over other paths.
 * @throws ReleaseError `no-message`
 */
export async function testMessage(config: MessageTestConfig, runtime: JobRuntime): Promise<void> {
  const { print, logger } = runtime;
  const limit = AbortSignal.timeout(config.MESSAGE_TIMEOUT_MS);
  const signal = AbortSignal.any([runtime.signal, limit]);
  let reason = "nothing was tried";
  const onFailure = (error: unknown, attempt: number): void => {
    reason = (error as Error).message;
    logger.info("not_yet", { attempt, ...errorFields(error) });
  };
  const network = await networkOf(config);
  try {
    await retryForever(signal, { ...RETRY, onFailure }, async () => {
      await using client = await SwarmpostClient.connect(network);
      await roundTrip(client, print);
    });
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new ReleaseError("no-message", `no message came through within ${config.MESSAGE_TIMEOUT_MS} ms: ${reason}`);
  }
}

async function roundTrip(client: SwarmpostClient, print: (line: string) => void): Promise<void> {
  print(`${client.nodes().length} nodes are in the network`);
  const [sender, recipient]: Account[] = [createAccount(), createAccount()];
  const text = `swarmpost ${randomUUID()}`;
  const sent = await client.send(sender!, recipient!.id, text);
  print(`sent over three hops in ${Math.round(sent.ms)} ms, kept by a majority of the recipient's swarm`);
  const page = await client.read(recipient!);
  if (!page.messages.some((message) => message.text === text)) {
    throw new ReleaseError("no-message", "the message was acknowledged, but is not in the inbox");
  }
  print(`read in ${Math.round(page.ms)} ms: the message arrived`);
}
