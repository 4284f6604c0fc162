import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { randomBytes, sign, verify, XCHACHA_NONCE_BYTES, xchachaOpen, xchachaSeal } from "@swarmpost/crypto";
import { bdecode, bencode, type BValue, EncodingError } from "@swarmpost/encoding";
import { type AccountId, accountKey } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { accountIdOf } from "../account-id.ts";

// Messages of a group (client-protocol section 10): a dictionary of version, sender's Ed25519 key `a`, content `d` (or `z`,
// compressed) and signature `s` over content and group key; padded to steps of 256 and sealed with the group's key.

const STEP = 256;
const OVERHEAD = XCHACHA_NONCE_BYTES + 16;
const MAX_CONTENT = 1024 * 1024;

/** What a member said to the group. */
export interface GroupContent {
  /** The account of the signer. */
  readonly from: AccountId;
  readonly content: Buffer;
}

/** Signs as `sender` and seals to the group's key (32 bytes). Compressed when that makes it smaller. */
export function sealGroupMessage(sender: Account, group: AccountId, key: Uint8Array, content: Uint8Array): Buffer {
  const compressed = zstdCompressSync(content);
  const smaller = compressed.length < content.length;
  const body = smaller ? compressed : content;
  const { publicKey, secretKey } = sender.ed25519;
  const signature = sign(Buffer.concat([body, accountKey(group)]), secretKey);
  const dictionary = bencode({ "": 1, a: publicKey, [smaller ? "z" : "d"]: body, s: signature });
  const padding = (STEP - ((dictionary.length + OVERHEAD) % STEP)) % STEP;
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  return Buffer.concat([nonce, xchachaSeal(key, nonce, Buffer.concat([dictionary, Buffer.alloc(padding)]))]);
}

/**
 * Opens a group's message with whichever key fits; undefined when none does, or the sender's signature is wrong. With
 * `signed: "content"` it must be what libsession signed until 2025, the content alone: that is for reading old records
 * only, since such a message can be posted again in another group in its sender's name.
 */
export function openGroupMessage(
  group: AccountId,
  keys: readonly Uint8Array[],
  sealed: Uint8Array,
  { signed = "content-and-group" }: { signed?: "content-and-group" | "content" } = {},
): GroupContent | undefined {
  const suffix = signed === "content" ? Buffer.alloc(0) : accountKey(group);
  const [nonce, box] = [sealed.subarray(0, XCHACHA_NONCE_BYTES), sealed.subarray(XCHACHA_NONCE_BYTES)];
  for (const key of keys) {
    const opened = xchachaOpen(key, nonce, box);
    if (opened !== undefined) return readContent(suffix, opened);
  }
  return undefined;
}

function readContent(suffix: Buffer, padded: Buffer): GroupContent | undefined {
  const fields = dictionaryOf(padded);
  const [sender, signature] = [fields?.get("a"), fields?.get("s")];
  const [plain, compressed] = [fields?.get("d"), fields?.get("z")];
  const body = plain ?? compressed;
  if (fields?.get("") !== 1n || !Buffer.isBuffer(sender) || !Buffer.isBuffer(signature) || !Buffer.isBuffer(body)) {
    return undefined;
  }
  if (!verify(signature, Buffer.concat([body, suffix]), sender)) return undefined;
  const from = accountIdOf(sender);
  const content = plain === undefined ? inflate(body) : body;
  return from === undefined || content === undefined ? undefined : { from, content };
}

function dictionaryOf(padded: Buffer): Map<string, BValue> | undefined {
  let end = padded.length;
  while (end > 0 && padded[end - 1] === 0) end--;
  try {
    const value = bdecode(padded.subarray(0, end));
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}

function inflate(body: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(body, { maxOutputLength: MAX_CONTENT });
  } catch {
    return undefined; // Not zstd, or larger than any message.
  }
}
