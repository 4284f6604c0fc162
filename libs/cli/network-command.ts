import { parseRecipient, type ServiceNode, shortKey } from "@swarmpost/client";
import { UNASSIGNED } from "@swarmpost/swarm";
import { type CommandContext, type SharedOptions, show } from "./command-context.ts";
import { connect } from "./network-choice.ts";

/** `nodes`: who is in the network, as the seeds say. */
export async function nodes(context: CommandContext, options: SharedOptions): Promise<void> {
  await using client = await connect(context, options);
  const { seeds, warnings } = client.nodeList();
  const bySwarm = client.nodes().toSorted((a, b) => compare(a.swarmId, b.swarmId) || compare(a.pubkey, b.pubkey));
  const swarms = new Set(bySwarm.map((node) => node.swarmId).filter((id) => id !== UNASSIGNED)).size;
  show(context, options, { nodes: bySwarm.map(nodeJson), swarms, seeds, warnings }, [
    ...bySwarm.map((node) => `${nodeLine(node)}  swarm ${swarmText(node) ?? "none"}`),
    `${bySwarm.length} nodes in ${swarms} swarms, by ${seeds.length} seeds`,
  ]);
}

/** `swarm`: the nodes that keep an account's messages. */
export async function swarm(context: CommandContext, account: string, options: SharedOptions): Promise<void> {
  const { id: known } = parseRecipient(account);
  await using client = await connect(context, options);
  const { id, members } = client.swarm(known);
  show(context, options, { account, swarm: id, members: members.map(nodeJson) }, [
    `swarm ${id ?? "unknown"}, ${members.length} members`,
    ...members.map(nodeLine),
  ]);
}

/** `path`: builds a path and shows it once its success message came back. */
export async function path(context: CommandContext, options: SharedOptions): Promise<void> {
  await using client = await connect(context, options);
  const { hops, builtInMs } = await client.path();
  const ms = Math.round(builtInMs);
  const names = ["guard ", "middle", "last  "];
  show(context, options, { hops: hops.map(nodeJson), ms }, [
    ...hops.map((hop, index) => `${names[index]}  ${nodeLine(hop)}`),
    `built: its success message came back in ${ms} ms`,
  ]);
}

function nodeJson(node: ServiceNode): object {
  return { pubkey: node.pubkey, ip: node.ip, port: node.httpsPort, swarm: swarmText(node) ?? null };
}

function nodeLine({ pubkey, ip, httpsPort }: ServiceNode): string {
  return `${shortKey(pubkey)}  ${ip}:${httpsPort}`;
}

function swarmText({ swarmId }: ServiceNode): string | undefined {
  return swarmId === UNASSIGNED ? undefined : swarmId.toString(16);
}

function compare(a: bigint | string, b: bigint | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
