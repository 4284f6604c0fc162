const STEP = 160;
const END_OF_CONTENT = 0x80;

/**
 * Hides the exact length of a message: the content, 0x80, then zeros up to the next multiple of 160 bytes; content and
 * mark that fill a multiple exactly get a further 160 (libsession's session protocol).
 */
export function pad(content: Uint8Array): Buffer {
  const padded = Buffer.alloc((Math.floor((content.length + 1) / STEP) + 1) * STEP);
  padded.set(content);
  padded[content.length] = END_OF_CONTENT;
  return padded;
}

/**
 * Takes padding of any length off (older clients pad to 160·n − 1). Undefined when there is no end mark, so no padding.
 */
export function unpad(padded: Uint8Array): Buffer | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== END_OF_CONTENT) return undefined;
  return Buffer.from(padded.subarray(0, end));
}
