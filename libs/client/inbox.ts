import { DEFAULT_NAMESPACE, type MessageHash } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { ownCredentials } from "./credentials.ts";
import { follow, type FollowOptions, type FollowParts } from "./follow.ts";
import { type GroupInvitation, invitationOf } from "./groups/group-invitation.ts";
import { Mailbox, type MailPage } from "./mailbox.ts";
import { decodeContent, ownTextOf, type TextMessage } from "./message.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { ServiceNode } from "./service-node.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

/** A text in the inbox. */
export interface ReceivedMessage extends TextMessage {
  readonly hash: MessageHash;
}

/** What one look into the inbox brought. */
export type InboxPage = MailPage<ReceivedMessage> & {
  /** Groups that asked this account in, or made it their admin. */
  readonly invitations: readonly (GroupInvitation & { readonly hash: MessageHash })[];
};

/** The public inbox of one account: one-to-one messages. */
export class Inbox {
  readonly #mailbox: Mailbox<TextMessage | GroupInvitation>;

  constructor(account: Account, parts: { swarm: SwarmRequests; clock: NetworkClock }) {
    const decode = (data: Buffer): TextMessage | GroupInvitation => readItem(account, data);
    const credentials = ownCredentials(account);
    this.#mailbox = new Mailbox({ credentials, namespace: DEFAULT_NAMESPACE, decode }, parts);
  }

  /** What is new since the last look. Throws as `Mailbox.look`. */
  async look(signal: AbortSignal): Promise<InboxPage> {
    return pageOf(await this.#mailbox.look(signal));
  }

  /** What is there and then what comes, as `follow`. */
  async *follow(options: FollowOptions, parts: FollowParts): AsyncGenerator<InboxPage, void, undefined> {
    for await (const page of follow(this.#mailbox, options, parts)) yield pageOf(page);
  }

  /** Every message that one member gives in full. */
  async allOf(member: ServiceNode, signal: AbortSignal): Promise<readonly MessageHash[]> {
    return await this.#mailbox.allOf(member, signal);
  }
}

function readItem(account: Account, data: Buffer): TextMessage | GroupInvitation {
  const { from, content, envelopeMs } = decodeContent(account, data);
  return invitationOf(account, content, from) ?? ownTextOf(account, content, from, envelopeMs);
}

function pageOf(page: MailPage<(TextMessage | GroupInvitation) & { readonly hash: MessageHash }>): InboxPage {
  const messages = page.messages.filter((item): item is ReceivedMessage => !("membership" in item));
  const invitations = page.messages.filter((item) => "membership" in item);
  return { ...page, messages, invitations };
}
