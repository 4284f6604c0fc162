import {
  type Account,
  ClientError,
  type GroupConversation,
  type GroupInvitation,
  type GroupPage,
  shortKey,
  type SwarmpostClient,
} from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import { type CommandContext, openIdentity, type SharedOptions, show } from "./command-context.ts";
import { groupFolder } from "./folders.ts";
import { GroupStore, type KnownGroup } from "./group-store.ts";
import { timeOf } from "./message-command.ts";
import { connect } from "./network-choice.ts";
import { printable, printableName } from "./terminal.ts";

/** What a command of a group works with. */
interface InGroup {
  readonly account: Account;
  readonly client: SwarmpostClient;
  readonly store: GroupStore;
  readonly known: KnownGroup;
  readonly group: GroupConversation;
}

/** `group new`: a group with this account as its admin. */
export async function groupNew(context: CommandContext, name: string, options: SharedOptions): Promise<void> {
  if (name.trim() === "") throw new CliError("usage", "what is the group called? give it a name");
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  const { group, membership } = await client.createGroup(account, { name });
  await storeOf(context, account).keep({ id: group.id, name, membership, sinceMs: networkNow(client) });
  show(context, options, { id: group.id, name }, [`group ID  ${group.id}`]);
}

/** `group list`: the groups that this computer knows. */
export async function groupList(context: CommandContext, options: SharedOptions): Promise<void> {
  const account = await openIdentity(context, options);
  const groups = (await storeOf(context, account).all()).map(({ id, name, membership }) => {
    return { id, name, admin: "admin" in membership };
  });
  const lines = groups.map(({ id, name, admin }) => `${id}  ${printableName(name)}${admin ? " (admin)" : ""}`);
  show(context, options, { groups }, groups.length === 0 ? ["no groups"] : lines);
}

/** `group join`: accepts the invitations and promotions in the inbox. */
export async function groupJoin(context: CommandContext, options: SharedOptions): Promise<void> {
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  const store = storeOf(context, account);
  const { invitations } = await client.read(account);
  const [fresh, accepted]: [readonly GroupInvitation[], GroupInvitation[]] = [await store.fresh(invitations), []];
  for (const invitation of fresh) {
    const { group: id, name, membership, sentMs: sinceMs } = invitation;
    try {
      await client.join(account, invitation);
      await store.keep({ id, name, membership, sinceMs });
      accepted.push(invitation);
    } catch (error) {
      // Anyone may send one that leads nowhere: it must not keep the others from being accepted.
      if (!(error instanceof ClientError)) throw error;
      context.terminal.err(`swarmpost: warning: ${id} was not joined: ${error.message}`);
    }
  }
  const joined = accepted.map(({ group, name, kind, from }) => ({ id: group, name, kind, from }));
  const lines = joined.map(({ id, name, kind, from }) => `${id}  ${printableName(name)} (${kind} from ${from})`);
  show(context, options, { joined }, fresh.length === 0 ? ["no new invitations"] : lines);
}

/** `group invite` and `group promote`. */
export async function groupInvite(
  context: CommandContext,
  what: "invite" | "promote",
  { name, members }: { readonly name: string; readonly members: readonly string[] },
  options: SharedOptions,
): Promise<void> {
  await inGroup(context, name, options, async ({ group }) => {
    const told = what === "invite" ? await group.invite(members) : await group.promote(members);
    const lines = told.map(({ id, sent }) => `${id}  ${sent ? "told" : "could not be told: try again"}`);
    show(context, options, { members: told }, lines);
  });
}

/** `group remove`: takes members out. */
export async function groupRemove(
  context: CommandContext,
  { name, members }: { readonly name: string; readonly members: readonly string[] },
  options: SharedOptions,
): Promise<void> {
  await inGroup(context, name, options, async ({ group }) => {
    await group.remove(members);
    show(context, options, { removed: members }, [`removed ${members.length}`]);
  });
}

/** `group members`: who is in it. */
export async function groupMembers(context: CommandContext, name: string, options: SharedOptions): Promise<void> {
  await inGroup(context, name, options, async ({ group }) => {
    const [info, members] = [await group.info(), await group.members()];
    const lines = members.map(({ id, name: called, state }) => `${id}  ${state}  ${printableName(called)}`.trimEnd());
    show(context, options, { ...info, members }, [printableName(info.name), ...lines]);
  });
}

/** `group send`: a text to all members. */
export async function groupSend(
  context: CommandContext,
  { name, text }: { readonly name: string; readonly text: string },
  options: SharedOptions,
): Promise<void> {
  const body = text === "-" ? await context.terminal.readInput() : text;
  if (body === "") throw new CliError("usage", "the message is empty");
  await inGroup(context, name, options, async ({ group }) => {
    const { hash, copies, members, path } = await group.send(body);
    const hops = path.hops.map((hop) => hop.pubkey);
    show(context, options, { hash, copies, members: members.length, hops }, [
      `stored by ${copies} of ${members.length} members of the group's swarm`,
      `path ${hops.map(shortKey).join(" → ")}`,
    ]);
  });
}

/** `group read`: its texts and what happened; with `--follow` goes on until interrupted. */
export async function groupRead(
  context: CommandContext,
  name: string,
  options: SharedOptions & { readonly follow?: boolean },
): Promise<void> {
  await inGroup(context, name, options, async ({ group }) => {
    if (options.follow !== true) return showPage(context, options, await group.read());
    const follow = async (): Promise<void> => {
      for await (const page of group.follow({ signal: context.signal })) showPage(context, options, page);
    };
    await Promise.race([follow(), context.stopped]);
  });
}

/** `group leave`: takes part no more, and forgets the group. */
export async function groupLeave(context: CommandContext, name: string, options: SharedOptions): Promise<void> {
  await inGroup(context, name, options, async ({ client, group, known, store }) => {
    try {
      await group.leave();
    } catch (error) {
      // Who was removed can't tell the group, and need not.
      if (!(error instanceof ClientError) || error.code !== "removed-from-group") throw error;
    }
    await store.leave(known, networkNow(client));
    show(context, options, { left: group.id }, [`left ${group.id}`]);
  });
}

async function inGroup(
  context: CommandContext,
  name: string,
  options: SharedOptions,
  act: (parts: InGroup) => Promise<void>,
): Promise<void> {
  const account = await openIdentity(context, options);
  const store = storeOf(context, account);
  const known = await store.find(name);
  await using client = await connect(context, options);
  await act({ account, client, store, known, group: client.group(account, known.membership) });
}

function showPage(context: CommandContext, options: SharedOptions, { messages, events, unreadable }: GroupPage): void {
  const lines = [
    ...messages.map(({ from, sentMs, text }) => ({
      sentMs,
      line: `${timeOf(sentMs)}  ${from}\n  ${printable(text).replaceAll("\n", "\n  ")}`,
    })),
    ...events.map(({ from, sentMs, ...event }) => ({
      sentMs,
      line: `${timeOf(sentMs)}  ${from}\n  [${printableName(describe(event))}]`,
    })),
  ].toSorted((a, b) => a.sentMs - b.sentMs);
  if (options.json === true || lines.length > 0 || unreadable.length > 0) {
    const texts = messages.map(({ attachments: _files, ...message }) => message);
    show(
      context,
      options,
      { messages: texts, events, unreadable },
      lines.map(({ line }) => line),
    );
  }
  if (unreadable.length > 0) {
    context.terminal.err(
      `swarmpost: warning: ${unreadable.length} messages can't be read; the first: ${unreadable[0]?.reason}`,
    );
  }
}

function describe(event: {
  readonly type: string;
  readonly members?: readonly string[];
  readonly name?: string;
}): string {
  return [event.type, ...(event.members ?? []), ...(event.name === undefined ? [] : [event.name])].join(" ");
}

/** The network's time, in which invitations are dated, unix ms. */
function networkNow(client: SwarmpostClient): number {
  return Date.now() + client.clockOffsetMs;
}

function storeOf({ terminal }: CommandContext, account: Account): GroupStore {
  return new GroupStore(groupFolder(terminal), account);
}
