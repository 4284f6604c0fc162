import { type Account, accountFromRecoveryPhrase, createAccount, recoveryPhrase } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import {
  type CommandContext,
  identities,
  openIdentity,
  passphraseFrom,
  readTextFile,
  type SharedOptions,
  show,
} from "./command-context.ts";

/** Options of `id new` and `id restore`. */
export interface KeepOptions extends SharedOptions {
  readonly encrypt?: boolean;
  readonly phraseFile?: string;
}

/** `id new`: makes an account, keeps it and shows its recovery phrase, this once. */
export async function idNew(context: CommandContext, options: KeepOptions): Promise<void> {
  const account = createAccount();
  await keep(context, options, account);
  const phrase = recoveryPhrase(account);
  show(context, options, { name: options.name, id: account.id, phrase }, [
    `account ID       ${account.id}`,
    `recovery phrase  ${phrase}`,
    "Write the phrase down: it alone restores the account, and whoever has it is you.",
  ]);
}

/** `id restore`: keeps the account of a phrase from the arguments, a file, or standard input. */
export async function idRestore(
  context: CommandContext,
  words: readonly string[],
  options: KeepOptions,
): Promise<void> {
  const account = accountFromRecoveryPhrase(await readPhrase(context, words, options));
  await keep(context, options, account);
  show(context, options, { name: options.name, id: account.id }, [`account ID  ${account.id}`]);
}

/** `id show`: the account ID, and the phrase only when asked for. */
export async function idShow(context: CommandContext, options: SharedOptions & { phrase?: boolean }): Promise<void> {
  const account = await openIdentity(context, options);
  const phrase = options.phrase === true ? { phrase: recoveryPhrase(account) } : {};
  const lines = [`account ID       ${account.id}`];
  if (phrase.phrase !== undefined) lines.push(`recovery phrase  ${phrase.phrase}`);
  show(context, options, { name: options.name, id: account.id, ...phrase }, lines);
}

async function keep(context: CommandContext, options: KeepOptions, account: Account): Promise<void> {
  await identities(context).add(options.name, account, await newPassphrase(context, options));
}

async function newPassphrase({ terminal }: CommandContext, options: KeepOptions): Promise<string | undefined> {
  const given = await passphraseFrom(options.passphraseFile);
  if (given !== undefined || options.encrypt !== true) return given;
  if (terminal.askSecret === undefined) {
    throw new CliError(
      "usage",
      "--encrypt asks for a passphrase, but nobody is at the terminal: give --passphrase-file",
    );
  }
  const first = await terminal.askSecret("new passphrase: ");
  if (first === "") throw new CliError("usage", "the passphrase is empty");
  if (first !== (await terminal.askSecret("once more: "))) throw new CliError("usage", "the two passphrases differ");
  return first;
}

async function readPhrase(
  { terminal }: CommandContext,
  words: readonly string[],
  options: KeepOptions,
): Promise<string> {
  if (words.length > 0) return words.join(" ");
  if (options.phraseFile !== undefined) return await readTextFile(options.phraseFile);
  return terminal.askSecret === undefined ? await terminal.readInput() : await terminal.askSecret("recovery phrase: ");
}
