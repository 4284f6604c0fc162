const SHAPE = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Decodes standard base64 as oxen-encoding accepts it: padding may be left out but not be partial, bits after the last
 * whole byte are ignored.
 *
 * @returns undefined for other alphabets, white space, impossible lengths and misplaced padding.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (!SHAPE.test(text)) return undefined;
  if (text.endsWith("=")) {
    if (text.length % 4 !== 0) return undefined;
  } else if (text.length % 4 === 1) return undefined;
  return Buffer.from(text, "base64");
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Standard base64 without the trailing `=`: message hashes are written so. */
export function encodeBase64NoPad(bytes: Uint8Array): string {
  const text = encodeBase64(bytes);
  const padding = text.indexOf("=");
  return padding < 0 ? text : text.slice(0, padding);
}
