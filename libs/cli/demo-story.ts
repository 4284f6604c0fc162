import {
  type Account,
  accountFromRecoveryPhrase,
  createAccount,
  type Path,
  recoveryPhrase,
  type SendReceipt,
  SwarmpostClient,
} from "@swarmpost/client";
import type { Network } from "@swarmpost/localnet";
import { type DemoScreen, short } from "./demo-screen.ts";

/** What the demo found, as `--json` prints it. */
export interface DemoResult {
  /** The recipient read exactly the text that was sent. */
  readonly delivered: boolean;
  /** A second message was stored and read with one member of the swarm stopped. */
  readonly readAfterNodeLoss: boolean;
  readonly nodes: number;
  readonly swarms: number;
  /** Nodes on the path that the message took, guard first. */
  readonly hops: number;
  /** Members of the recipient's swarm that gave the message out when asked one by one. */
  readonly copies: number;
  readonly swarmSize: number;
  /** From the sender's first byte to the majority's signatures, ms. */
  readonly sendMs: number;
  /** From the recipient's first byte to the opened text, ms. */
  readonly readMs: number;
  /** What the recipient read. */
  readonly text: string;
}

interface Stage {
  readonly screen: DemoScreen;
  readonly signal: AbortSignal;
}

/** A step of the story did not turn out as it must. */
export class DemoError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DemoError";
  }
}

/** Sends a message through a network to someone who is offline, reads it elsewhere, and does it again with a node down. */
export async function runDemo(network: Network, text: string, stage: Stage): Promise<DemoResult> {
  const { screen, signal } = stage;
  screen.chapter("Two people");
  const [sender, recipient] = [introduce("sender", screen), introduce("recipient", screen)];
  screen.chapter("A message to someone who is offline");
  await using client = await SwarmpostClient.connect(network.networkFile);
  signal.throwIfAborted();
  const receipt = await sendThroughPath(client, sender, recipient.account.id, text, screen);
  screen.chapter("The recipient, on another device");
  await using device = await SwarmpostClient.connect(network.networkFile);
  const restored = restore(recipient, screen);
  const { read, readMs } = await readAll(device, restored, screen, signal);
  const delivered = read.includes(text);
  if (!delivered) throw new DemoError("the recipient did not read what was sent");
  const copies = await countCopies(device, restored, receipt, screen);
  screen.chapter("One member of the swarm is lost");
  const readAfterNodeLoss = await survivesLoss({ network, client, device, sender, restored, receipt }, stage);
  const { swarms } = await network.map();
  return {
    delivered,
    readAfterNodeLoss,
    nodes: client.nodes().length,
    swarms: swarms.length,
    hops: receipt.path.hops.length,
    copies,
    swarmSize: receipt.members.length,
    sendMs: Math.round(receipt.ms),
    readMs: Math.round(readMs),
    text: read.find((each) => each === text) ?? "",
  };
}

interface Person {
  readonly account: Account;
  readonly phrase: string;
}

function introduce(role: string, screen: DemoScreen): Person {
  const account = createAccount();
  const phrase = recoveryPhrase(account);
  screen.line(`${role}  ${account.id}`);
  screen.line(`  recovery phrase: ${phrase}`);
  return { account, phrase };
}

function restore(person: Person, screen: DemoScreen): Account {
  const restored = accountFromRecoveryPhrase(person.phrase);
  if (restored.id !== person.account.id) throw new DemoError("the recovery phrase gave another account");
  screen.line("restored from the recovery phrase: the same account ID");
  return restored;
}

async function sendThroughPath(
  client: SwarmpostClient,
  sender: Person,
  recipientId: string,
  text: string,
  screen: DemoScreen,
): Promise<SendReceipt> {
  const path = await client.path();
  screen.line(`path built, its success message came back in ${Math.round(path.builtInMs)} ms: ${show(path)}`);
  const receipt = await client.send(sender.account, recipientId, text);
  screen.line(`sent ${Buffer.byteLength(text)} bytes over ${show(receipt.path)} in ${Math.round(receipt.ms)} ms`);
  screen.line(`stored: ${receipt.copies} of ${receipt.members.length} members of the recipient's swarm signed for it`);
  return receipt;
}

async function readAll(
  device: SwarmpostClient,
  account: Account,
  screen: DemoScreen,
  signal: AbortSignal,
): Promise<{ read: string[]; readMs: number }> {
  signal.throwIfAborted();
  const page = await device.read(account);
  const [path] = page.paths;
  screen.line(`read over ${path === undefined ? "no path" : show(path)} in ${Math.round(page.ms)} ms`);
  for (const message of page.messages) screen.line(`“${message.text}” from ${short(message.from)}…`);
  return { read: page.messages.map((message) => message.text), readMs: page.ms };
}

async function countCopies(
  device: SwarmpostClient,
  account: Account,
  receipt: SendReceipt,
  screen: DemoScreen,
): Promise<number> {
  const held = await Promise.all(receipt.members.map(({ node }) => device.holds(node, account, receipt.hash)));
  const copies = held.filter(Boolean).length;
  screen.line(`asked one by one, ${copies} of ${held.length} members of the swarm give it out`);
  return copies;
}

interface Loss {
  readonly network: Network;
  readonly client: SwarmpostClient;
  readonly device: SwarmpostClient;
  readonly sender: Person;
  readonly restored: Account;
  readonly receipt: SendReceipt;
}

async function survivesLoss(
  { network, client, device, sender, restored, receipt }: Loss,
  stage: Stage,
): Promise<boolean> {
  const { screen, signal } = stage;
  const lost = network.node(receipt.entry.pubkey);
  await lost.stop();
  signal.throwIfAborted();
  screen.line(`stopped ${short(lost.pubkey)}, the very member that took the first message`);
  const text = `still here without ${short(lost.pubkey)}`;
  const second = await client.send(sender.account, restored.id, text);
  screen.line(`stored again: ${second.copies} of ${second.members.length} members signed, at try ${second.attempts}`);
  const { read } = await readAll(device, restored, screen, signal);
  if (!read.includes(text)) throw new DemoError("the second message was not read");
  return true;
}

function show(path: Path): string {
  return path.hops.map((hop) => short(hop.pubkey)).join(" → ");
}
