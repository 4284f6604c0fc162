import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { type RegistrationBinding, verifyRegistration } from "@swarmpost/proof";
import { NodeService } from "@swarmpost/protos";
import { type Channel, type ChannelOptions, createClient, openChannel } from "@swarmpost/rpc";
import { errorFields, type Logger } from "@swarmpost/runtime";
import type { SignedRegistration } from "@swarmpost/staking";
import { ReleaseError } from "./errors.ts";

const DEADLINE_MS = 5_000;

/** What nodes agree to: chain, contract, and the account that stakes. */
export type Agreement = Omit<RegistrationBinding, "nodeKey">;

/** A node and its agreement. */
export interface AgreedNode extends SignedRegistration {
  readonly pod: string;
}

/** The relays of this cluster, over their control gRPC. */
export class Relays implements AsyncDisposable {
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #logger: Logger;

  /** `addresses`: pod → host:port. */
  constructor(addresses: Iterable<readonly [pod: string, address: string]>, options: ChannelOptions, logger: Logger) {
    this.#channels = new Map([...addresses].map(([pod, address]) => [pod, openChannel(address, options)]));
    this.#logger = logger;
  }

  /**
   * Asks these pods, all at once; those that do not answer are left out.
   * @throws ReleaseError `unregistered` when one signs something else
   */
  async ask(pods: readonly string[], agreement: Agreement, signal: AbortSignal): Promise<AgreedNode[]> {
    const answers = await Promise.all(
      pods.map(async (pod) => {
        const answer = await this.#sign(pod, agreement, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          this.#logger.info("relay_away", { name: pod, ...errorFields(error) });
          return undefined;
        });
        return answer && agreed(pod, answer, agreement);
      }),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  async #sign(pod: string, agreement: Agreement, signal: AbortSignal): Promise<SignedRegistration> {
    const channel = this.#channels.get(pod);
    if (channel === undefined) throw new RangeError("every pod that is asked has an address");
    const request = {
      chainId: BigInt(agreement.chainId),
      contract: Buffer.from(agreement.contract.slice(2), "hex"),
      operator: Buffer.from(agreement.operator.slice(2), "hex"),
    };
    const options = { deadlineMs: DEADLINE_MS, signal };
    const answer = await createClient(NodeService, channel).signRegistration(request, options);
    return { nodeKey: pubkey(Buffer.from(answer.pubkey)), signature: answer.signature };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel[Symbol.asyncDispose]()));
  }
}

/** A stake for a signature that does not hold would be locked for nothing: the contract can't check it. */
function agreed(pod: string, answer: SignedRegistration, agreement: Agreement): AgreedNode {
  const nodeKey: Pubkey = answer.nodeKey;
  if (verifyRegistration({ ...agreement, nodeKey }, answer.signature)) return { pod, ...answer };
  throw new ReleaseError("unregistered", `the signature of ${pod} does not hold`);
}
