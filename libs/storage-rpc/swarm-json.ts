import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { base32z } from "@swarmpost/encoding";
import { HARD_FORK } from "./limits.ts";

/** What clients must know of a swarm member to reach it. */
export interface SwarmMember {
  pubkey: Pubkey;
  /** 32 bytes. */
  x25519: Uint8Array;
  /** Public IPv4 address. */
  ip: string;
  httpsPort: number;
  peerPort: number;
}

/** A member in the form that Session clients expect; a node has one key, so the legacy key is the Ed25519 one. */
export interface SwarmMemberJson {
  address: string;
  pubkey_legacy: string;
  pubkey_x25519: string;
  pubkey_ed25519: string;
  port: string;
  port_https: number;
  port_omq: number;
  port_quic: number;
  ip: string;
}

/** Body of `get_swarm` and of a 421. */
export interface SwarmJson {
  snodes: SwarmMemberJson[];
  swarm: string;
  t: number;
  hf: readonly [number, number];
}

const NO_SWARM = 2n ** 64n - 1n;

/**
 * Shapes a swarm for clients. Members without a known address are left out by the caller.
 *
 * @param swarmId undefined when there is no swarm at all.
 */
export function swarmJson(swarmId: bigint | undefined, members: readonly SwarmMember[], nowMs: number): SwarmJson {
  return { snodes: members.map(memberJson), swarm: (swarmId ?? NO_SWARM).toString(16), t: nowMs, hf: HARD_FORK };
}

function memberJson(member: SwarmMember): SwarmMemberJson {
  return {
    address: `${base32z(pubkeyBytes(member.pubkey))}.snode`,
    pubkey_legacy: member.pubkey,
    pubkey_x25519: Buffer.from(member.x25519).toString("hex"),
    pubkey_ed25519: member.pubkey,
    port: String(member.httpsPort),
    port_https: member.httpsPort,
    port_omq: member.peerPort,
    port_quic: member.peerPort,
    ip: member.ip,
  };
}
