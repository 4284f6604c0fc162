import { DEFAULT_NAMESPACE, type MessageHash } from "@swarmpost/storage-rpc";
import type { Account } from "./account.ts";
import { ownCredentials } from "./credentials.ts";
import { Mailbox, type MailPage } from "./mailbox.ts";
import { decodeText, type TextMessage } from "./message.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { SwarmRequests } from "./swarm-requests.ts";

/** A text in the inbox. */
export interface ReceivedMessage extends TextMessage {
  readonly hash: MessageHash;
}

/** What one look into the inbox brought. */
export type InboxPage = MailPage<ReceivedMessage>;

/** The public inbox of one account: one-to-one messages. */
export function inboxOf(account: Account, parts: { swarm: SwarmRequests; clock: NetworkClock }): Mailbox<TextMessage> {
  const decode = (data: Buffer): TextMessage => decodeText(account, data);
  return new Mailbox({ credentials: ownCredentials(account), namespace: DEFAULT_NAMESPACE, decode }, parts);
}
