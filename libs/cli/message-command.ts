import { type InboxPage, parseRecipient, type ReceivedMessage, shortKey } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import { type CommandContext, openIdentity, readTextFile, type SharedOptions, show } from "./command-context.ts";
import { connect } from "./network-choice.ts";
import { printable } from "./terminal.ts";

/** `send`: stores a text for an account; the text is an argument, a file, or standard input with `-`. */
export async function send(
  context: CommandContext,
  recipient: string,
  text: string | undefined,
  options: SharedOptions & { readonly file?: string },
): Promise<void> {
  const { id } = parseRecipient(recipient);
  const body = await readText(context, text, options.file);
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  const receipt = await client.send(account, id, body);
  const { hash, copies, members, attempts, sentMs } = receipt;
  const hops = receipt.path.hops.map((hop) => hop.pubkey);
  const result = { hash, copies, members: members.length, attempts, sentMs, ms: Math.round(receipt.ms), hops };
  show(context, options, result, [
    `stored by ${copies} of ${members.length} members of the recipient's swarm in ${result.ms} ms`,
    `path ${hops.map(shortKey).join(" → ")}`,
  ]);
}

/** `read`: prints the inbox; with `--follow` goes on until interrupted. */
export async function read(
  context: CommandContext,
  options: SharedOptions & { readonly follow?: boolean },
): Promise<void> {
  const account = await openIdentity(context, options);
  await using client = await connect(context, options);
  if (options.follow === true) {
    const follow = async (): Promise<void> => {
      for await (const page of client.follow(account, { signal: context.signal })) showFollowed(context, options, page);
    };
    await Promise.race([follow(), context.stopped]); // A poll that is under way ends with the client.
    return;
  }
  const page = await client.read(account);
  warnUnreadable(context, page);
  const { messages, unreadable } = page;
  const hops = page.paths[0]?.hops.map((hop) => hop.pubkey) ?? [];
  show(context, options, { messages, unreadable, ms: Math.round(page.ms), hops }, [
    ...messages.map(messageLine),
    ...(messages.length === 0 ? ["no messages"] : []),
  ]);
}

/** With `--json` each message is a line of its own. */
function showFollowed(context: CommandContext, options: SharedOptions, page: InboxPage): void {
  warnUnreadable(context, page);
  for (const message of page.messages) show(context, options, message, [messageLine(message)]);
}

function messageLine({ from, sentMs, text, sentTo }: ReceivedMessage): string {
  const when = Number.isFinite(new Date(sentMs).getTime()) ? new Date(sentMs).toISOString() : "at an unknown time";
  const to = sentTo === undefined ? "" : ` to ${printable(sentTo)}`;
  return `${when}  ${from}${to}\n  ${printable(text).replaceAll("\n", "\n  ")}`;
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
