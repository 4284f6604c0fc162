import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Account,
  type GroupConversation,
  groupFromSeed,
  type GroupInvitation,
  type Membership,
} from "@swarmpost/client";
import { blake2b, randomBytes, XCHACHA_NONCE_BYTES, xchachaOpen, xchachaSeal } from "@swarmpost/crypto";
import { CliError } from "./cli-error.ts";
import { replacePrivateFile } from "./private-file.ts";

/** A group that an account is in, as this computer knows it. */
export interface KnownGroup {
  readonly id: GroupConversation["id"];
  readonly name: string;
  readonly membership: Membership;
  /** When it was made, joined or left, unix ms: invitations from before are done with. */
  readonly sinceMs: number;
  /** It was left: kept so that its old invitation does not lead back into it. */
  readonly left?: true;
}

/** One line of the file: an admin's seed or a member's key, hex. */
type Line = Omit<KnownGroup, "membership"> & ({ readonly seed: string } | { readonly key: string });

/** The groups of one account, in a file that only this account opens. */
export class GroupStore {
  readonly #path: string;
  readonly #key: Buffer;

  constructor(folder: string, account: Account) {
    const seed = account.ed25519.secretKey.subarray(0, 32);
    const tag = blake2b(16, seed, Buffer.from("swarmpost groups file")).toString("hex");
    this.#path = join(folder, `${tag}.sealed`);
    this.#key = blake2b(32, seed, Buffer.from("swarmpost groups key"));
  }

  /** The groups that it is in. Throws CliError "usage" when the file is damaged. */
  async all(): Promise<readonly KnownGroup[]> {
    return (await this.#read()).filter(({ left }) => left === undefined);
  }

  /** Keeps a group; one that was known before gets the new membership. */
  async keep(group: KnownGroup): Promise<void> {
    await this.#write([...(await this.#read()).filter(({ id }) => id !== group.id), group]);
  }

  /** Invitations that are not done with, the last of each group. */
  async fresh(invitations: readonly GroupInvitation[]): Promise<readonly GroupInvitation[]> {
    const known = await this.#read();
    return invitations.filter(({ group, sentMs, kind }, index) => {
      const before = known.find(({ id }) => id === group);
      const later = invitations.slice(index + 1).some((each) => each.group === group);
      const isAdmin = before !== undefined && before.left === undefined && "admin" in before.membership;
      return !later && sentMs > (before?.sinceMs ?? 0) && !(isAdmin && kind === "invitation");
    });
  }

  /** A group was left. */
  async leave(group: KnownGroup, sinceMs: number): Promise<void> {
    await this.keep({ ...group, sinceMs, left: true });
  }

  async #read(): Promise<readonly KnownGroup[]> {
    let sealed: Buffer;
    try {
      sealed = await readFile(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const bytes = Buffer.from(sealed.toString("latin1"), "base64");
    const [nonce, box] = [bytes.subarray(0, XCHACHA_NONCE_BYTES), bytes.subarray(XCHACHA_NONCE_BYTES)];
    const opened = xchachaOpen(this.#key, nonce, box);
    if (opened === undefined) throw new CliError("usage", `the file of groups ${this.#path} is damaged: remove it`);
    return (JSON.parse(opened.toString("utf8")) as Line[]).map(read);
  }

  /** A group by its ID or, when no two have it, its name. Throws CliError "usage". */
  async find(idOrName: string): Promise<KnownGroup> {
    const all = await this.all();
    const named = all.filter(({ id }) => id === idOrName.toLowerCase());
    // Whoever invites chooses the name: one that looks like another group's ID must not stand in its way.
    const found = named.length > 0 ? named : all.filter(({ name }) => name === idOrName);
    const [group] = found;
    if (group !== undefined && found.length === 1) return group;
    const why = found.length > 1 ? "two groups have that name: give the ID" : "no such group is known";
    throw new CliError("usage", `${why}; see: swarmpost group list`);
  }

  async #write(groups: readonly KnownGroup[]): Promise<void> {
    const nonce = randomBytes(XCHACHA_NONCE_BYTES);
    const box = xchachaSeal(this.#key, nonce, Buffer.from(JSON.stringify(groups.map(written))));
    await replacePrivateFile(this.#path, `${Buffer.concat([nonce, box]).toString("base64")}\n`);
  }
}

function written({ membership, ...group }: KnownGroup): Line {
  if ("admin" in membership) return { ...group, seed: membership.admin.seed.toString("hex") };
  return { ...group, key: Buffer.from(membership.memberKey).toString("hex") };
}

function read(line: Line): KnownGroup {
  if ("seed" in line) {
    const { seed, ...group } = line;
    return { ...group, membership: { admin: groupFromSeed(Buffer.from(seed, "hex")) } };
  }
  const { key, ...group } = line;
  return { ...group, membership: { group: group.id, memberKey: Buffer.from(key, "hex") } };
}
