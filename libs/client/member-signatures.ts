import { type Pubkey, pubkeyBytes, verify } from "@swarmpost/crypto";
import { decodeBase64 } from "@swarmpost/encoding";
import type { ServiceNode } from "./service-node.ts";

/** What one member of the swarm did, proven by its signature or told by the node that answered. */
export interface MemberResult {
  readonly node: Pubkey;
  /** The member signed that it did. */
  readonly signed: boolean;
  /** Why not, as far as the answering node says. */
  readonly reason?: string;
}

/**
 * Checks each member's entry of a swarm-wide answer (storage-protocol 3.6). `signedText` gives what the member must have
 * signed, undefined when its entry says otherwise than was asked. Entries of nodes that are no members don't count.
 */
export function checkMembers(
  members: readonly ServiceNode[],
  body: Readonly<Record<string, unknown>> | undefined,
  signedText: (entry: Readonly<Record<string, unknown>>) => string | undefined,
): MemberResult[] {
  const swarm = asRecord(body?.["swarm"]) ?? {};
  return members.map(({ pubkey: node }) => {
    const entry = asRecord(swarm[node]);
    if (entry === undefined) return { node, signed: false, reason: "no answer" };
    if (entry["failed"] === true) return { node, signed: false, reason: failureReason(entry) };
    const text = signedText(entry);
    const signature = typeof entry["signature"] === "string" ? decodeBase64(entry["signature"]) : undefined;
    if (text === undefined || signature === undefined) return { node, signed: false, reason: "an odd answer" };
    if (verify(signature, Buffer.from(text, "latin1"), pubkeyBytes(node))) return { node, signed: true };
    return { node, signed: false, reason: "a wrong signature" };
  });
}

/** How many of a swarm make a majority. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1;
}

function failureReason(entry: Readonly<Record<string, unknown>>): string {
  if (entry["timeout"] === true) return "timed out";
  if (typeof entry["code"] === "string") return `status ${entry["code"]}`;
  return "failed";
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
