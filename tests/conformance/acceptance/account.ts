import { ed25519PublicToX25519, generateSeed, sign, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { type AccountId, accountId } from "@swarmpost/storage-rpc";

/** An account, or a subaccount of one, that signs requests. */
export interface Signer {
  readonly id: AccountId;
  /** What every signed request of it carries besides the signature. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Base64 of the signature over the concatenation of the parts. */
  sign(...parts: (string | number | Uint8Array)[]): string;
}

/** An account whose master key the test holds. */
export interface Owner extends Signer {
  /** Ed25519 key, 64 hex digits. */
  readonly ed25519: string;
}

/** A member's token, as requests name it. */
export interface Member extends Signer {
  /** 36 bytes. */
  readonly token: Buffer;
}

/** Access flags of a token, by name. */
export type Access = "read" | "write" | "delete" | "any-prefix";

const FLAG: Record<Access, number> = { read: 1, write: 2, delete: 4, "any-prefix": 8 };

/** A fresh Session account (05), whose requests carry `pubkey_ed25519`. */
export function sessionAccount(): Owner {
  const keys = signingKeyPairFromSeed(generateSeed());
  const x25519 = ed25519PublicToX25519(keys.publicKey);
  if (x25519 === undefined) throw new Error("unreachable: a fresh key converts");
  const ed25519 = keys.publicKey.toString("hex");
  return { ...owner(`05${x25519.toString("hex")}`, keys), credentials: { pubkey_ed25519: ed25519 } };
}

/** A fresh account of another kind, 03 by default: its ID is its Ed25519 key. */
export function groupAccount(netid = "03"): Owner {
  const keys = signingKeyPairFromSeed(generateSeed());
  return owner(netid + keys.publicKey.toString("hex"), keys);
}

/** A fresh member of an account; `netid` is the account's own unless given. */
export function member(account: Owner, access: readonly Access[], netid = account.id.slice(0, 2)): Member {
  const keys = signingKeyPairFromSeed(generateSeed());
  const flags = access.reduce((sum, each) => sum + FLAG[each], 0);
  const token = Buffer.concat([Buffer.of(Number.parseInt(netid, 16), flags, 0, 0), keys.publicKey]);
  const credentials = { ...account.credentials, subaccount: encodeBase64(token), subaccount_sig: account.sign(token) };
  return { id: account.id, token, credentials, sign: signWith(keys.secretKey) };
}

function owner(id: string, keys: { publicKey: Buffer; secretKey: Buffer }): Owner {
  return {
    id: accountId(id),
    ed25519: keys.publicKey.toString("hex"),
    credentials: {},
    sign: signWith(keys.secretKey),
  };
}

function signWith(secretKey: Buffer): Signer["sign"] {
  return (...parts) => {
    const bytes = parts.map((part) => (part instanceof Uint8Array ? part : Buffer.from(String(part))));
    return encodeBase64(sign(Buffer.concat(bytes), secretKey));
  };
}
