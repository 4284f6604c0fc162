import type { Swarm } from "@swarmpost/network-view";
import { accountBytes, type AccountId, type SwarmMember, swarmJson } from "@swarmpost/storage-rpc";
import type { Answer } from "./answer.ts";
import type { MethodNode } from "./node.ts";

/** The swarm of an account for clients; members without a valid uptime proof are left out. */
export function swarmBody(swarm: Swarm | undefined, node: MethodNode): object {
  const members = (swarm?.members ?? []).flatMap((member): SwarmMember[] => {
    const known = node.view.current.node(member);
    if (!known?.contact || !known.offered) return [];
    const { ip, httpsPort, peerPort } = known.contact;
    return [{ pubkey: member, x25519: known.x25519, ip, httpsPort, peerPort }];
  });
  return swarmJson(swarm?.id, members, node.clock.now());
}

/** The 421 (or 500 without any swarm) when this node does not keep the account, else undefined. */
export function wrongSwarm(account: AccountId, node: MethodNode): Answer | undefined {
  const swarm = node.view.responsible(accountBytes(account));
  if (swarm === undefined) return { status: 500, body: "No swarms known!" };
  if (swarm.members.includes(node.view.self)) return undefined;
  return { status: 421, body: swarmBody(swarm, node) };
}
