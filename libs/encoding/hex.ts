const HEX = /^[0-9a-f]*$/i;

/**
 * Decodes exactly `length` bytes of hex, in either case.
 *
 * @returns undefined when the text has another length or other characters.
 */
export function hexToBytes(text: string, length: number): Buffer | undefined {
  return text.length === length * 2 && HEX.test(text) ? Buffer.from(text, "hex") : undefined;
}
