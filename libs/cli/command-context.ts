import { readFile } from "node:fs/promises";
import type { Account } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import { identityFolder } from "./folders.ts";
import { IdentityStore } from "./identity-store.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly seed?: readonly string[];
  readonly seedKey?: string;
  readonly network?: string;
  readonly insecure?: boolean;
  readonly name: string;
  readonly passphraseFile?: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Resolves when someone asks the program to end. */
  readonly stopped: Promise<void>;
}

/** Prints a result: the object with `--json`, else its lines. */
export function show(context: CommandContext, options: SharedOptions, result: object, lines: readonly string[]): void {
  if (options.json === true) context.terminal.out(JSON.stringify(result));
  else for (const line of lines) context.terminal.out(line);
}

/** The identities of whoever runs this. */
export function identities({ terminal }: CommandContext): IdentityStore {
  return new IdentityStore(identityFolder(terminal));
}

/** Opens the identity that the options name, asking for its passphrase when it has one. */
export async function openIdentity(context: CommandContext, options: SharedOptions): Promise<Account> {
  return await identities(context).open(options.name, async (name) => {
    const given = await passphraseFrom(options.passphraseFile);
    if (given !== undefined) return given;
    const { askSecret } = context.terminal;
    if (askSecret !== undefined) return await askSecret(`passphrase of ${name}: `);
    throw new CliError(
      "wrong-passphrase",
      `the identity "${name}" is encrypted: give its passphrase with --passphrase-file`,
    );
  });
}

/** The first line of a passphrase file. Throws CliError "usage" when it can't be read or is empty. */
export async function passphraseFrom(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readTextFile(path);
  const line = text.split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw new CliError("usage", `the passphrase file ${path} is empty`);
  return line;
}

/** A file's UTF-8 text. Throws CliError "usage" when it can't be read or is something else. */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new CliError("usage", `the file ${path} can't be read: is the name right?`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError("usage", `the file ${path} is not UTF-8 text, and only text can be sent`, { cause });
  }
}
