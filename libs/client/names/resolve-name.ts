import { XCHACHA_NONCE_BYTES } from "@swarmpost/crypto";
import { encodeBase64, hexToBytes } from "@swarmpost/encoding";
import type { AccountId } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";
import type { NodePool } from "../node-pool.ts";
import type { NodeRequests } from "../node-requests.ts";
import type { RpcReply, SendOptions } from "../onion-transport.ts";
import { type Random, shuffled } from "../path.ts";
import type { ServiceNode } from "../service-node.ts";
import { nameHash, openName, SEALED_NAME_BYTES, type SealedName } from "./name-value.ts";

/** Nodes that must say the same (Session Desktop's number). */
const WITNESSES = 3;
/** Nodes that are asked at most to get that many answers. */
const MOST_ASKED = 6;
/** Kind of name: Session's own. */
const SESSION_NAME = 0;
const NAME = /^[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?$/;

/** What looking a name up works with. */
export interface NameParts {
  readonly requests: NodeRequests;
  readonly pool: NodePool;
  readonly random: Random;
}

/**
 * The account ID of a registered name (ONS), asked of three random nodes, each over an onion; all three must say the same,
 * so one that lies can keep a name from being found but not give another account's ID for it. Nodes see a hash of the name.
 * Throws ClientError "bad-name", "unknown-name" when nobody has registered it or the network has no names,
 * "names-disagree", and "not-read" when less than three nodes answer.
 */
export async function resolveName(name: string, parts: NameParts, options: SendOptions = {}): Promise<AccountId> {
  const wanted = name.trim().toLowerCase();
  if (!NAME.test(wanted)) throw new ClientError("bad-name", "a name has letters, digits, - and _, 64 at most");
  const [first, ...others] = await witnesses(wanted, parts, options);
  if (others.some((other) => !isSame(first, other))) {
    throw new ClientError(
      "names-disagree",
      `nodes don't agree on who ${wanted} is: try again, or ask for the account ID`,
    );
  }
  if (first === undefined) throw new ClientError("unknown-name", `nobody has registered the name ${wanted} here`);
  const found = openName(wanted, first);
  if (found !== undefined) return found;
  throw new ClientError("unknown-name", `what is registered under the name ${wanted} is not an account`);
}

/** Three answers; undefined stands for a name that the node does not know. */
async function witnesses(name: string, parts: NameParts, options: SendOptions): Promise<(SealedName | undefined)[]> {
  const nodes = shuffled(parts.pool.usable(), parts.random).slice(0, MOST_ASKED);
  const answers: { sealed: SealedName | undefined }[] = [];
  while (answers.length < WITNESSES && nodes.length > 0) {
    const asked = nodes.splice(0, WITNESSES - answers.length);
    const came = await Promise.all(asked.map((node) => ask(node, name, parts, options)));
    answers.push(...came.filter((answer) => answer !== undefined));
  }
  if (answers.length === WITNESSES) return answers.map(({ sealed }) => sealed);
  throw new ClientError("not-read", `only ${answers.length} of ${WITNESSES} nodes said who ${name} is; try again`);
}

/** What one node says; undefined when it can't be asked or says nothing that makes sense. */
async function ask(
  node: ServiceNode,
  name: string,
  { requests }: NameParts,
  options: SendOptions,
): Promise<{ sealed: SealedName | undefined } | undefined> {
  const params = { type: SESSION_NAME, name_hash: encodeBase64(nameHash(name)) };
  const request = { method: "oxend_request", params: { endpoint: "ons_resolve", params } };
  try {
    const { reply } = await requests.send(node, request, { ...options, others: true });
    return readAnswer(reply);
  } catch (error) {
    if (error instanceof ClientError && error.code === "path-failed") return undefined;
    throw error;
  }
}

/** Reads `{"result": {"encrypted_value", "nonce"}}`, both hex; a name that nobody has is a result without them. */
export function readAnswer(reply: Pick<RpcReply, "status" | "json">): { sealed: SealedName | undefined } | undefined {
  const result = reply.status === 200 ? reply.json?.["result"] : undefined;
  if (typeof result !== "object" || result === null) return undefined;
  const { encrypted_value: value, nonce } = result as Record<string, unknown>;
  if (value === undefined) return { sealed: undefined };
  if (typeof value !== "string" || typeof nonce !== "string") return undefined;
  const [bytes, nonceBytes] = [hexToBytes(value, SEALED_NAME_BYTES), hexToBytes(nonce, XCHACHA_NONCE_BYTES)];
  return bytes && nonceBytes && { sealed: { value: bytes, nonce: nonceBytes } };
}

function isSame(one: SealedName | undefined, other: SealedName | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one.value, other.value) === 0 && Buffer.compare(one.nonce, other.nonce) === 0;
}
