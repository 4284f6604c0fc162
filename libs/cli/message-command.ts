import {
  type Attachment,
  type InboxPage,
  parseRecipient,
  type ReceivedMessage,
  shortKey,
  type SwarmpostClient,
} from "@swarmpost/client";
import { attachFile, fileTag, saveAttachment } from "./attached-files.ts";
import { CliError } from "./cli-error.ts";
import { type CommandContext, openIdentity, readTextFile, type SharedOptions, show } from "./command-context.ts";
import { connect } from "./network-choice.ts";
import { printable, printableName } from "./terminal.ts";

/** What `send` takes. */
type SendOptions = SharedOptions & {
  readonly file?: string;
  readonly attach?: readonly string[];
  readonly copy?: boolean;
};

/** What `read` takes. */
type ReadOptions = SharedOptions & { readonly follow?: boolean; readonly save?: string };

/** `send`: stores a text for an account; the text is an argument, a file, or standard input with `-`. */
export async function send(
  context: CommandContext,
  recipient: string,
  text: string | undefined,
  options: SendOptions,
): Promise<void> {
  const { id } = parseRecipient(recipient);
  const files = options.attach ?? [];
  const alone = text === undefined && options.file === undefined && files.length > 0;
  const body = alone ? "" : await readText(context, text, options.file);
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  const attachments: Attachment[] = [];
  for (const file of files) attachments.push(await attachFile(client, account, file));
  const receipt = await client.send(account, id, body, { attachments, ownCopy: options.copy ?? false });
  const { hash, copies, members, attempts, sentMs } = receipt;
  const hops = receipt.path.hops.map((hop) => hop.pubkey);
  const result = { hash, copies, members: members.length, attempts, sentMs, ms: Math.round(receipt.ms), hops };
  show(context, options, result, [
    `stored by ${copies} of ${members.length} members of the recipient's swarm in ${result.ms} ms`,
    `path ${hops.map(shortKey).join(" → ")}`,
  ]);
}

/** `read`: prints the inbox; with `--follow` goes on until interrupted. */
export async function read(context: CommandContext, options: ReadOptions): Promise<void> {
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  if (options.follow === true) {
    const follow = async (): Promise<void> => {
      for await (const page of client.follow(account, { signal: context.signal })) {
        showFollowed(context, options, page);
        await saveFiles(context, options, client, page);
      }
    };
    await Promise.race([follow(), context.stopped]); // A poll that is under way ends with the client.
    return;
  }
  const page = await client.read(account);
  warnUnreadable(context, page);
  const { messages, unreadable } = page;
  tellInvitations(context, page);
  const hops = page.paths[0]?.hops.map((hop) => hop.pubkey) ?? [];
  show(context, options, { messages: messages.map(asJson), unreadable, ms: Math.round(page.ms), hops }, [
    ...messages.map(messageLine),
    ...(messages.length === 0 ? ["no messages"] : []),
  ]);
  await saveFiles(context, options, client, page);
}

function tellInvitations({ terminal }: CommandContext, { invitations }: InboxPage): void {
  if (invitations.length > 0) terminal.err("swarmpost: there are invitations to groups; see: swarmpost group join");
}

/** With `--json` each message is a line of its own. */
function showFollowed(context: CommandContext, options: SharedOptions, page: InboxPage): void {
  warnUnreadable(context, page);
  tellInvitations(context, page);
  for (const message of page.messages) show(context, options, asJson(message), [messageLine(message)]);
}

/** A message for programs: its files without what opens them. */
function asJson({ attachments, ...message }: ReceivedMessage): object {
  if (attachments === undefined) return message;
  return { ...message, attachments: attachments.map(({ url, name, type, size }) => ({ url, name, type, size })) };
}

/** When a sender says that it sent something; any number may come. */
export function timeOf(sentMs: number): string {
  return Number.isFinite(new Date(sentMs).getTime()) ? new Date(sentMs).toISOString() : "at an unknown time";
}

function messageLine({ from, sentMs, text, sentTo, attachments = [] }: ReceivedMessage): string {
  const to = sentTo === undefined ? "" : ` to ${printableName(sentTo)}`;
  const files = attachments.map(
    ({ name, size }) => `\n  [file ${printableName(name ?? "without a name")}, ${size} bytes]`,
  );
  return `${timeOf(sentMs)}  ${from}${to}\n  ${printable(text).replaceAll("\n", "\n  ")}${files.join("")}`;
}

/** Downloads what messages point to, when a folder is given; a file that fails is told and passed over. */
async function saveFiles(
  context: CommandContext,
  options: ReadOptions,
  client: SwarmpostClient,
  { messages }: InboxPage,
): Promise<void> {
  if (options.save === undefined) return;
  for (const { hash, attachments = [] } of messages) {
    for (const [index, attachment] of attachments.entries()) {
      const path = await saveAttachment(client, attachment, { folder: options.save, tag: `${fileTag(hash)}-${index}` });
      context.terminal.err(`swarmpost: ${path}`);
    }
  }
}

function warnUnreadable({ terminal }: CommandContext, { unreadable }: InboxPage): void {
  if (unreadable.length === 0) return;
  terminal.err(`swarmpost: warning: ${unreadable.length} messages can't be read; the first: ${unreadable[0]?.reason}`);
}

async function readText({ terminal }: CommandContext, text: string | undefined, file?: string): Promise<string> {
  if (text !== undefined && file !== undefined) throw new CliError("usage", "give a text or --file, not both");
  if (file !== undefined) return await readTextFile(file);
  if (text === undefined)
    throw new CliError("usage", "what to send? give a text, --file FILE, or - for standard input");
  const body = text === "-" ? await terminal.readInput() : text;
  if (body === "") throw new CliError("usage", "the message is empty");
  return body;
}
