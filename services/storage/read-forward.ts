import type { Pubkey } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { LinkError, LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import {
  accountBytes,
  checkRetrieveAuth,
  type ConvertKey,
  parseRequest,
  type RetrieveRequest,
  RpcError,
} from "@swarmpost/storage-rpc";
import { byLinkState } from "./by-link-state.ts";
import { readForwarded } from "./forwarded-answer.ts";
import { type Answer, ok } from "./methods/answer.ts";
import type { NodeView } from "./node-view.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";

/** Who holds everything of an account. */
export interface Wholeness {
  /** Whether this node knows that it may lack messages of the account. */
  behind(account: Buffer): boolean;
  /** Whether this node can answer for the account although it may no longer keep it. */
  canAnswer(account: Buffer): Promise<boolean>;
  /** Nodes that may hold everything, most likely first; this node is not among them. */
  holders(account: Buffer): Pubkey[];
}

const READ_DEADLINE_MS = 3_000;

/** Answers reads of a node that is behind through one that is whole. */
export class ReadForward {
  readonly #parts: { links: PeerLinks; whole: Wholeness; clock: Clock };

  constructor(parts: { links: PeerLinks; whole: Wholeness; clock: Clock }) {
    this.#parts = parts;
  }

  /**
   * The answer of a whole holder when this node is behind for the account. Undefined when this node should answer itself:
   * it is whole, or no whole holder can be reached and its own copies are the best there is.
   */
  async forward(request: RetrieveRequest): Promise<Answer | undefined> {
    const account = accountBytes(request.account);
    if (!this.#parts.whole.behind(account)) return undefined;
    const payload = Buffer.from(JSON.stringify({ method: "retrieve", params: toParams(request) }));
    for (const holder of byLinkState(this.#parts.whole.holders(account), this.#parts.links)) {
      const answer = await this.#ask(holder, payload);
      // What a holder says is not believed: an error, or a thing that is no answer, sends us to the next one.
      const body = answer && readForwarded(answer, request, this.#parts.clock.now());
      if (body !== undefined) return ok(body);
    }
    return undefined;
  }

  async #ask(holder: Pubkey, payload: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#parts.links.request(holder, KIND.read, payload, { deadlineMs: READ_DEADLINE_MS });
    } catch (error) {
      if (error instanceof LinkError) return undefined;
      throw error;
    }
  }
}

/** What the serving side of a forwarded read needs. */
export interface ReadParts {
  readonly view: NodeView;
  readonly clock: Clock;
  readonly convert: ConvertKey;
  readonly whole: Wholeness;
  readonly readHere: (request: RetrieveRequest) => Promise<Answer>;
}

/** Answers a client's retrieve that a member of the account's swarm passes on. The client's own signature is checked again. */
export function readMethod(parts: ReadParts): ReplicaMethod {
  return async (peer, payload) => {
    const request = parseRetrieve(payload);
    const account = accountBytes(request.account);
    if (!parts.view.responsible(account)?.members.includes(peer)) {
      throw new LinkRefusal(REFUSAL.stranger, "not of the account's swarm");
    }
    const refusal = checkRetrieveAuth(request, parts.clock.now(), parts.convert);
    if (refusal) throw new LinkRefusal(REFUSAL.invalid, "the request is not good");
    if (!(await parts.whole.canAnswer(account))) throw new LinkRefusal(REFUSAL.notWhole, "not whole");
    return Buffer.from(JSON.stringify(await parts.readHere(request)));
  };
}

function parseRetrieve(payload: Buffer): RetrieveRequest {
  try {
    const request = parseRequest(payload);
    if (request.method === "retrieve") return request;
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
    throw new LinkRefusal(REFUSAL.invalid, "not a request", { cause });
  }
  throw new LinkRefusal(REFUSAL.invalid, "not a retrieve");
}

function toParams(request: RetrieveRequest): object {
  const { signed } = request;
  const { pubkeyEd25519, subaccount } = signed?.auth ?? {};
  return {
    pubkey: request.account,
    namespace: request.namespace,
    last_hash: request.lastHash ?? null,
    max_count: request.maxCount ?? null,
    max_size: request.maxSize ?? null,
    reverse_direction: request.reverse,
    timestamp: signed?.timestamp ?? null,
    signature: signed ? encodeBase64(signed.auth.signature) : null,
    pubkey_ed25519: pubkeyEd25519?.toString("hex") ?? null,
    subaccount: subaccount ? encodeBase64(subaccount.token) : null,
    subaccount_sig: subaccount ? encodeBase64(subaccount.signature) : null,
  };
}
