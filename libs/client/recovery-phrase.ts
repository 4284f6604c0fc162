import { crc32 } from "node:zlib";
import { ClientError } from "./client-error.ts";
import { ENGLISH_WORDS } from "./word-list-english.ts";

// Electrum-style phrases as Session and Monero use them (libsession mnemonics, Monero src/mnemonics/electrum-words.cpp):
// 4 bytes become 3 words, then one word repeats the word that a CRC-32 over all 3-letter prefixes points at.

const PREFIX_LETTERS = 3;
const N = ENGLISH_WORDS.length;
const POSITION_BY_PREFIX = new Map(ENGLISH_WORDS.map((word, index) => [prefix(word), index]));

/**
 * The phrase of 16 or 32 bytes of entropy: 12 or 24 words and a checksum word.
 * Throws ClientError "bad-entropy" for another length.
 */
export function encodePhrase(entropy: Uint8Array): string {
  requireEntropyLength(entropy);
  const words: string[] = [];
  const view = new DataView(entropy.buffer, entropy.byteOffset, entropy.byteLength);
  for (let offset = 0; offset < entropy.length; offset += 4) {
    const x = view.getUint32(offset, true);
    const first = x % N;
    const second = (Math.floor(x / N) + first) % N;
    const third = (Math.floor(x / (N * N)) + second) % N;
    words.push(wordAt(first), wordAt(second), wordAt(third));
  }
  return [...words, checksumWord(words)].join(" ");
}

/**
 * The entropy of a phrase. Upper case, extra white space, other Unicode forms and mistyped word endings are forgiven
 * (only the first 3 letters count). Throws ClientError "word-count", "missing-checksum", "unknown-word" (says which),
 * "wrong-checksum", or "wrong-phrase" when three words can't come from any 4 bytes.
 */
export function decodePhrase(phrase: string): Buffer {
  const typed = phrase.normalize("NFC").toLowerCase().trim().split(/\s+/).filter(Boolean);
  requireWordCount(typed.length);
  const positions = typed.map(positionOf);
  const words = positions.map(wordAt);
  const checksum = words.pop();
  if (checksum !== checksumWord(words)) {
    throw new ClientError(
      "wrong-checksum",
      "the recovery phrase's checksum is wrong: a word is mistyped or two words are swapped; compare each word with what you wrote down",
    );
  }
  return groupsToBytes(positions.slice(0, -1));
}

/** Throws ClientError "bad-entropy" unless the bytes are as long as a phrase can carry. */
export function requireEntropyLength(entropy: Uint8Array): void {
  if (entropy.length !== 16 && entropy.length !== 32) {
    throw new ClientError("bad-entropy", `an account's entropy is 16 or 32 bytes, not ${entropy.length}`);
  }
}

function requireWordCount(count: number): void {
  if (count === 13 || count === 25) return;
  if (count === 12 || count === 24) {
    throw new ClientError(
      "missing-checksum",
      `the recovery phrase has ${count} words: the last one, its checksum, is missing (${count + 1} are needed)`,
    );
  }
  throw new ClientError("word-count", `a recovery phrase has 13 words (or 25), not ${count}`);
}

function positionOf(word: string, index: number): number {
  const found = word.length < PREFIX_LETTERS ? undefined : POSITION_BY_PREFIX.get(prefix(word));
  if (found !== undefined) return found;
  throw new ClientError(
    "unknown-word",
    `word ${index + 1} of the recovery phrase, "${word}", is not in the word list: check how it begins`,
    { detail: { position: index + 1 } },
  );
}

function groupsToBytes(positions: readonly number[]): Buffer {
  const bytes = Buffer.alloc((positions.length / 3) * 4);
  for (let group = 0; group * 3 < positions.length; group++) {
    const [first = 0, second = 0, third = 0] = positions.slice(group * 3, group * 3 + 3);
    const x = first + N * ((N + second - first) % N) + N * N * ((N + third - second) % N);
    if (x > 0xffffffff) {
      const place = `${group * 3 + 1} to ${group * 3 + 3}`;
      throw new ClientError("wrong-phrase", `words ${place} of the recovery phrase can't stand together: check them`, {
        detail: { position: group * 3 + 1 },
      });
    }
    bytes.writeUInt32LE(x, group * 4);
  }
  return bytes;
}

function checksumWord(words: readonly string[]): string {
  const sum = crc32(words.map(prefix).join(""));
  return words[sum % words.length] as string;
}

function wordAt(position: number): string {
  return ENGLISH_WORDS[position] as string;
}

function prefix(word: string): string {
  return word.slice(0, PREFIX_LETTERS);
}
