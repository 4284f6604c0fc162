import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Account, accountFromEntropy } from "@swarmpost/client";
import { passwordOpen, passwordSeal } from "@swarmpost/crypto";
import { CliError } from "./cli-error.ts";
import { writeNewPrivateFile } from "./private-file.ts";

/** What an identity file holds: the entropy in hex, or the same sealed with a passphrase (base64). */
type IdentityFile = { readonly version: 1 } & ({ readonly entropy: string } | { readonly sealed: string });

/** Asks for the passphrase of an encrypted identity. */
export type AskPassphrase = (name: string) => Promise<string>;

/** Accounts of this computer, one file each, readable by their owner alone. */
export class IdentityStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where an identity is kept. Throws CliError "usage" for a name that is no file name. */
  path(name: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      throw new CliError("usage", `an identity's name is letters, digits, ".", "_" and "-", not "${name}"`);
    }
    return join(this.#folder, `${name}.json`);
  }

  /** Keeps a new identity, encrypted when a passphrase is given. Never replaces one: CliError "identity-exists". */
  async add(name: string, account: Account, passphrase: string | undefined): Promise<void> {
    const file: IdentityFile =
      passphrase === undefined
        ? { version: 1, entropy: account.entropy.toString("hex") }
        : { version: 1, sealed: passwordSeal(account.entropy, passphrase).toString("base64") };
    try {
      await writeNewPrivateFile(this.path(name), `${JSON.stringify(file)}\n`);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
      throw new CliError("identity-exists", `there is an identity "${name}" already: choose another with --name`, {
        cause,
      });
    }
  }

  /** Opens an identity. Throws CliError "no-identity" or "wrong-passphrase". */
  async open(name: string, askPassphrase: AskPassphrase): Promise<Account> {
    const file = await this.#read(name);
    if ("entropy" in file) return accountFromEntropy(Buffer.from(file.entropy, "hex"));
    const entropy = passwordOpen(Buffer.from(file.sealed, "base64"), await askPassphrase(name));
    if (entropy !== undefined) return accountFromEntropy(entropy);
    throw new CliError("wrong-passphrase", `that is not the passphrase of the identity "${name}"`);
  }

  async #read(name: string): Promise<IdentityFile> {
    const path = this.path(name);
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const way =
        name === "default" ? "make one with: swarmpost id new" : `make it with: swarmpost id new --name ${name}`;
      throw new CliError("no-identity", `there is no identity "${name}": ${way}`, { cause });
    }
    const file = parse(text);
    if (file === undefined)
      throw new CliError("no-identity", `the identity file ${path} is damaged: restore it from its phrase`);
    return file;
  }
}

function parse(text: string): IdentityFile | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>>;
    const { entropy, sealed } = value;
    if (value["version"] !== 1) return undefined;
    if (typeof entropy === "string" && /^([0-9a-f]{32}|[0-9a-f]{64})$/.test(entropy)) return { version: 1, entropy };
    return typeof sealed === "string" ? { version: 1, sealed } : undefined;
  } catch {
    return undefined;
  }
}
