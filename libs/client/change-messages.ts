import {
  type MessageHash,
  nodeSignedDelete,
  nodeSignedExpire,
  parseMessageHash,
  signedExpire,
} from "@swarmpost/storage-rpc";
import type { Credentials } from "./credentials.ts";
import { checkMembers, majorityOf, type MemberResult } from "./member-signatures.ts";
import { deleteParameters } from "./storage-parameters.ts";
import type { SwarmQuestion, SwarmRequests } from "./swarm-requests.ts";

/** Which members signed that they did it. */
export interface ChangeReceipt {
  readonly members: readonly MemberResult[];
}

/** Which messages, and who may end the wait for it. */
export interface ChangedMessages {
  readonly hashes: readonly MessageHash[];
  readonly signal?: AbortSignal;
}

/** Members' clocks may make an expiry this much shorter than was asked, ms. */
const SHORTER_MS = 60 * 60 * 1000;

type Entry = Readonly<Record<string, unknown>>;

/** Deletes messages of an account from its whole swarm. Throws ClientError as `SwarmRequests.ask`. */
export async function deleteMessages(
  credentials: Credentials,
  { hashes, signal }: ChangedMessages,
  swarm: SwarmRequests,
): Promise<ChangeReceipt> {
  const { account } = credentials;
  const make = () => ({ method: "delete", params: deleteParameters(credentials, hashes) });
  const signedText = (entry: Entry): string | undefined => {
    const deleted = hashesOf(entry["deleted"]);
    return deleted && nodeSignedDelete(account, hashes, deleted);
  };
  return await change({ what: "delete", account, make, ...(signal && { signal }) }, signedText, swarm);
}

/**
 * Has messages of an account stay until `expiryMs` (unix ms, network time; 30 days at most), never shorter than they would. Done when a
 * majority of its swarm signed.
 * Throws ClientError as `SwarmRequests.ask`.
 */
export async function extendMessages(
  credentials: Credentials,
  { hashes, expiryMs, signal }: ChangedMessages & { readonly expiryMs: number },
  swarm: SwarmRequests,
): Promise<ChangeReceipt> {
  const { account } = credentials;
  const proof = credentials.prove(signedExpire("extend", [expiryMs], hashes));
  const params = { pubkey: account, messages: hashes, expiry: expiryMs, extend: true, ...proof };
  const signedText = (entry: Entry): string | undefined => {
    const [updated, applied] = [hashesOf(entry["updated"]), entry["expiry"]];
    const unchanged = expiriesOf(entry["unchanged"] ?? {});
    if (updated === undefined || unchanged === undefined || typeof applied !== "number") return undefined;
    if (applied < expiryMs - SHORTER_MS) return undefined; // A member's word from an earlier extension, given again.
    return nodeSignedExpire(account, [applied], hashes, updated, unchanged);
  };
  const question = { what: "expire" as const, account, make: () => ({ method: "expire", params }) };
  const enough = (signed: number, size: number): boolean => signed >= majorityOf(size);
  return await change({ ...question, ...(signal && { signal }) }, signedText, swarm, enough);
}

/** Has every member change something; done when enough of them signed that they did, all the same how many by default. */
async function change(
  question: Omit<SwarmQuestion<readonly MemberResult[]>, "judge">,
  signedText: (entry: Entry) => string | undefined,
  swarm: SwarmRequests,
  enough: (signed: number, size: number) => boolean = () => true,
): Promise<ChangeReceipt> {
  const judge: SwarmQuestion<readonly MemberResult[]>["judge"] = (reply, { members, size }) => {
    const result = checkMembers(members, reply.json, signedText);
    const signed = result.filter((member) => member.signed).length;
    return enough(signed, size) ? { result } : { again: `only ${signed} of ${size} members did it` };
  };
  return { members: (await swarm.ask({ ...question, judge }, "refused")).result };
}

/** Expiries by message; undefined of anything else, such as a long text, of which no pairs must be made. */
function expiriesOf(listed: unknown): Map<MessageHash, number> | undefined {
  if (typeof listed !== "object" || listed === null || Array.isArray(listed)) return undefined;
  const expiries = new Map<MessageHash, number>();
  for (const [name, expiry] of Object.entries(listed)) {
    const hash = parseMessageHash(name);
    if (hash === undefined || typeof expiry !== "number") return undefined;
    expiries.set(hash, expiry);
  }
  return expiries;
}

function hashesOf(listed: unknown): MessageHash[] | undefined {
  if (!Array.isArray(listed)) return undefined;
  const hashes = listed.map((hash) => (typeof hash === "string" ? parseMessageHash(hash) : undefined));
  return hashes.includes(undefined) ? undefined : (hashes as MessageHash[]);
}
