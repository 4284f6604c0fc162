const ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769";

/** z-base-32 without padding, most significant bits first: the `<name>.snode` addresses of service nodes. */
export function base32z(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += ALPHABET[(bits >> count) & 31];
    }
  }
  return count > 0 ? text + ALPHABET[(bits << (5 - count)) & 31] : text;
}

/**
 * Decodes z-base-32 in either case, as oxen-encoding does: stray trailing bits are ignored.
 *
 * @returns undefined for other characters and for lengths that no whole number of bytes gives.
 */
export function decodeBase32z(text: string): Buffer | undefined {
  if ([1, 3, 6].includes(text.length % 8)) return undefined;
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const character of text.toLowerCase()) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    bits = ((bits << 5) | value) & 0xfff;
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >> count) & 0xff;
    }
  }
  return bytes;
}
