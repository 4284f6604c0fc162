export { base32z, decodeBase32z } from "./base32z.ts";
export { decodeBase64, encodeBase64, encodeBase64NoPad } from "./base64.ts";
export { bdecode } from "./bdecode.ts";
export { bencode, type BInput, type BValue } from "./bencode.ts";
export { EncodingError, type EncodingErrorCode } from "./errors.ts";
export { type Frame, frame, unframe } from "./frame.ts";
export { hexToBytes } from "./hex.ts";
