import { equal, randomBytes } from "@swarmpost/crypto";
import type { NodeContact } from "@swarmpost/network-view";
import { LinkError, type PeerIdentity, PeerLinks } from "@swarmpost/rpc";
import { PEER_KIND } from "./peer-kind.ts";

const NONCE_BYTES = 16;
const ANSWER_MS = 2_000;
/** Several processes may stand behind one address. */
const TRIES = 4;
const NOTHING = Buffer.alloc(0);

/** Who answers with this node's key at an address. */
export type Answerer = "self" | "other" | "nobody";

/** This process as distinct from any other that runs with the same node key. Rule: docs/protocol/peer-link.md. */
export class Instance {
  /** 16 random bytes, told only to callers that prove the same node key. */
  readonly nonce: Buffer = Buffer.from(randomBytes(NONCE_BYTES));
  readonly #identity: PeerIdentity;

  constructor(identity: PeerIdentity) {
    this.#identity = identity;
  }

  /** Asks an address over several connections of their own who is there. One answer of another process is enough. */
  async answererAt(contact: NodeContact): Promise<Answerer> {
    let found: Answerer = "nobody";
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const answerer = await this.#ask(contact);
      if (answerer === "other") return "other";
      if (answerer === "self") found = "self";
      else if (attempt > 0) return found;
    }
    return found;
  }

  async #ask({ ip, peerPort, certificate }: NodeContact): Promise<Answerer> {
    const contact = { host: ip, port: peerPort, certificate };
    const limits = { connectTimeoutMs: ANSWER_MS };
    await using links = new PeerLinks({ ...this.#identity, limits }, { contact: () => contact });
    try {
      const options = { deadlineMs: ANSWER_MS };
      const nonce = await links.request(this.#identity.keys.pubkey, PEER_KIND.instance, NOTHING, options);
      return nonce.length === NONCE_BYTES && equal(nonce, this.nonce) ? "self" : "other";
    } catch (error) {
      // A process that does not know the question proved the key all the same, and is not this one.
      return error instanceof LinkError && error.code === "refused" ? "other" : "nobody";
    }
  }
}
