import { type AccountId, namespace } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { parseRecipient } from "../account-id.ts";
import { ClientError } from "../client-error.ts";
import { encodeContent } from "../message.ts";
import type { NetworkClock } from "../network-clock.ts";
import { store } from "../store.ts";
import type { SwarmRequests } from "../swarm-requests.ts";
import type { Content } from "@swarmpost/protos";
import { type Group, groupCredentials } from "./group.ts";
import { type GroupInfoChange, readInfo, writeCreation, writeInfo } from "./group-info.ts";
import { invitationContent, promotionContent } from "./group-invitation.ts";
import type { GroupKeyring } from "./group-keyring.ts";
import { eraseMembers, type GroupMember, type MemberState, readMembers, writeMembers } from "./group-members.ts";
import type { GroupEvent, GroupNotice } from "./group-update.ts";
import { sealKick } from "./kick-message.ts";
import { memberToken } from "./member-key.ts";
import { revoke } from "./revocation.ts";
import type { SignedConfig } from "./signed-config.ts";

const KICKED = namespace(-11);
/** So many tokens are revoked at once. */
const MOST_TOKENS = 50;

/** What came of inviting or promoting one account. */
export interface InvitedMember {
  readonly id: AccountId;
  /** Whether the message waits in its inbox; if not it is listed as failed, and may be invited again. */
  readonly sent: boolean;
}

/** Whom to invite: an account ID, or one with the name that the list shall give it. */
export type Invitee = string | { readonly id: string; readonly name?: string };

/** What an admin's work needs. */
export interface GroupAdministrationParts {
  readonly swarm: SwarmRequests;
  readonly clock: NetworkClock;
  readonly keyring: GroupKeyring;
  readonly info: SignedConfig;
  readonly members: SignedConfig;
  /** Tells the group. */
  readonly post: (notice: GroupNotice, signal: AbortSignal) => Promise<unknown>;
}

/** What admins do. Each step can be done again when one after it failed. */
export class GroupAdministration {
  readonly #account: Account;
  readonly #group: Group;
  readonly #parts: GroupAdministrationParts;

  constructor(account: Account, group: Group, parts: GroupAdministrationParts) {
    this.#account = account;
    this.#group = group;
    this.#parts = parts;
  }

  /** A group's beginning: its first key, its name, and this account as its admin. */
  async found(change: GroupInfoChange, signal: AbortSignal): Promise<void> {
    const { keyring, info, members, clock } = this.#parts;
    await keyring.rotate(this.#group, [], signal);
    await info.change((data) => {
      writeInfo(data, change);
      writeCreation(data, clock.now());
    }, signal);
    await members.change((data) => writeMembers(data, [{ id: this.#account.id, state: "admin" }]), signal);
  }

  /** Changes name or description, and tells the group of a new name. */
  async changeInfo(change: GroupInfoChange, signal: AbortSignal): Promise<void> {
    await this.#parts.keyring.load(signal);
    await this.#parts.info.change((data) => writeInfo(data, change), signal);
    if (change.name === undefined) return;
    await this.#parts.post({ type: "renamed", name: change.name, admin: this.#group }, signal);
  }

  /** Adds accounts: a new key, which opens nothing from before, then their invitations. */
  async invite(invitees: readonly Invitee[], signal: AbortSignal): Promise<readonly InvitedMember[]> {
    const asked = invitees.map((each) => (typeof each === "string" ? { id: each } : each));
    const fresh = asked.map(({ id, ...more }) => ({ ...more, id: parseRecipient(id).id }));
    const ids = fresh.map(({ id }) => id);
    const listed = await this.#list(signal);
    if (listed.some(({ id, state }) => ids.includes(id) && isAdmin(state))) {
      throw new ClientError("bad-group-key", "an admin can't be invited: it has the group's secret");
    }
    const present = listed.filter(({ id, state }) => !ids.includes(id) && state !== "removed");
    await this.#changeTokens("unrevoke", ids, signal);
    await this.#renewKey([...present.map(({ id }) => id), ...ids], signal);
    const name = await this.#name(signal);
    const invited = await this.#tellEach(ids, (id, ms) => invitationContent(this.#group, name, id, ms), signal);
    const state = (id: AccountId): MemberState => (isSent(invited, id) ? "invited" : "invite-failed");
    const invitedOnes = fresh.map((each) => ({ ...each, state: state(each.id) }));
    await this.#parts.members.change((data) => writeMembers(data, invitedOnes), signal);
    await this.#parts.post({ type: "added", members: ids, admin: this.#group }, signal);
    return invited;
  }

  /** Makes members admins: each gets the group's secret, which can't be taken back. */
  async promote(memberIds: readonly string[], signal: AbortSignal): Promise<readonly InvitedMember[]> {
    const ids = memberIds.map((id) => parseRecipient(id).id);
    const members = (await this.#list(signal)).filter(({ state }) => state !== "removed");
    if (!ids.every((each) => members.some(({ id }) => id === each))) {
      throw new ClientError(
        "bad-account-id",
        "who is no member of the group can not be made its admin: invite it first",
      );
    }
    const name = await this.#name(signal);
    const told = await this.#tellEach(ids, (_id, ms) => promotionContent(this.#group, name, ms), signal);
    const state = (id: AccountId): MemberState => (isSent(told, id) ? "promoted" : "promotion-failed");
    const listed = ids.map((id) => ({ id, state: state(id) }));
    await this.#parts.members.change((data) => writeMembers(data, listed), signal);
    await this.#parts.post({ type: "promoted", members: ids, admin: this.#group }, signal);
    return told;
  }

  /**
   * Takes members out: marks them, takes their tokens out of force, tells them where they may still read, and gives everyone
   * else a new key.
   */
  async remove(memberIds: readonly string[], signal: AbortSignal): Promise<void> {
    const ids = memberIds.map((id) => parseRecipient(id).id);
    const { keyring, members, post, ...parts } = this.#parts;
    const listed = await this.#list(signal);
    const admins = listed.filter(({ id, state }) => ids.includes(id) && isAdmin(state));
    if (admins.length > 0) {
      throw new ClientError("bad-group-key", "an admin can't be removed: it has the group's secret");
    }
    const marked = ids.map((id) => ({ id, state: "removed" as const }));
    await members.change((data) => writeMembers(data, marked), signal);
    await this.#changeTokens("revoke", ids, signal);
    const place = { credentials: groupCredentials(this.#group), namespace: KICKED };
    await store(place, { data: sealKick(this.#group, ids, Math.max(0, keyring.generation)), signal }, parts);
    const left = listed.filter(({ id, state }) => !ids.includes(id) && state !== "removed");
    await this.#renewKey(
      left.map(({ id }) => id),
      signal,
    );
    await members.change((data) => eraseMembers(data, ids), signal);
    await post({ type: "removed", members: ids, admin: this.#group }, signal);
  }

  /** Does what members asked for: lists those that joined, and takes out those that left. */
  async follow(events: readonly GroupEvent[], signal: AbortSignal): Promise<void> {
    const members = await this.#list(signal);
    const told = (type: GroupEvent["type"], states: readonly MemberState[]): GroupMember[] =>
      members.filter(({ id, state }) => {
        const last = events.findLast(
          (event) => event.from === id && (event.type === "joined" || event.type === "left"),
        );
        return last?.type === type && states.includes(state);
      });
    const joined = told("joined", ["invited", "invite-failed", "invite-not-sent"]);
    const promoted = told("joined", ["promoted", "promotion-failed", "promotion-not-sent"]);
    const listed = [
      ...joined.map(({ id }) => ({ id, state: "member" as const })),
      ...promoted.map(({ id }) => ({ id, state: "admin" as const })),
    ];
    if (listed.length > 0) await this.#parts.members.change((data) => writeMembers(data, listed), signal);
    const left = told(
      "left",
      members.map(({ state }) => state),
    ).filter(({ id }) => id !== this.#account.id);
    const gone = left.filter(({ state }) => isAdmin(state)).map(({ id }) => id);
    if (gone.length > 0) await this.#parts.members.change((data) => eraseMembers(data, gone), signal);
    const out = left.filter(({ state }) => !isAdmin(state)).map(({ id }) => id);
    if (out.length > 0) await this.remove(out, signal);
  }

  /** A new key for these members, and the configs sealed with it. */
  async #renewKey(ids: readonly AccountId[], signal: AbortSignal): Promise<void> {
    const { keyring, info, members } = this.#parts;
    await keyring.rotate(this.#group, ids, signal);
    for (const config of [info, members]) await config.change(() => undefined, signal);
  }

  async #list(signal: AbortSignal): Promise<readonly GroupMember[]> {
    await this.#parts.keyring.load(signal);
    return readMembers(await this.#parts.members.read(signal));
  }

  async #name(signal: AbortSignal): Promise<string> {
    return readInfo(await this.#parts.info.read(signal)).name;
  }

  async #changeTokens(what: "revoke" | "unrevoke", ids: readonly AccountId[], signal: AbortSignal): Promise<void> {
    const tokens = ids.map((id) => memberToken(this.#group, id));
    for (let from = 0; from < tokens.length; from += MOST_TOKENS) {
      const some = { tokens: tokens.slice(from, from + MOST_TOKENS), signal };
      await revoke(what, groupCredentials(this.#group), some, this.#parts);
    }
  }

  /** Sends each account a message of its own; one that can't be stored does not keep the others from theirs. */
  async #tellEach(
    ids: readonly AccountId[],
    content: (id: AccountId, sentMs: number) => Content,
    signal: AbortSignal,
  ): Promise<readonly InvitedMember[]> {
    const told: InvitedMember[] = [];
    for (const id of ids) {
      const sentMs = this.#parts.clock.now();
      const data = encodeContent(this.#account, parseRecipient(id), content(id, sentMs), sentMs);
      try {
        await store(id, { data, signal }, this.#parts);
        told.push({ id, sent: true });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ClientError)) throw error;
        told.push({ id, sent: false });
      }
    }
    return told;
  }
}

/** Whether someone in this state has the group's secret, or may have it. */
function isAdmin(state: MemberState): boolean {
  return ["admin", "promoted", "promotion-failed", "promotion-not-sent"].includes(state);
}

function isSent(told: readonly InvitedMember[], id: AccountId): boolean {
  return told.some((each) => each.id === id && each.sent);
}
