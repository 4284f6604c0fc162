export { buildOnion } from "./build.ts";
export type { BuiltOnion, OnionHop, OnionRoute, ServerDestination, SnodeDestination } from "./build.ts";
export { isAllowedTarget } from "./exit-target.ts";
export { encodeFinalReply } from "./final-reply.ts";
export type { FinalAnswer } from "./final-reply.ts";
export { decodeHopFrame, encodeHopFrame } from "./hop-frame.ts";
export { parseInner } from "./inner.ts";
export type { FinalLayer, InnerLayer, NodeLayer, ServerLayer } from "./inner.ts";
export { OnionError } from "./onion-error.ts";
export { parseOnionRequest } from "./outer.ts";
export type { OnionLayer, OnionRequest } from "./outer.ts";
export {
  parseSeedSignature,
  seedAnswerDigest,
  seedSignatureText,
  signSeedAnswer,
  verifySeedAnswer,
} from "./seed-answer.ts";
export type { OfferedNode, SeedSignature, SeedStatement } from "./seed-answer.ts";
export { decodeV4Request, decodeV4Response, encodeV4Request, encodeV4Response } from "./v4.ts";
export type { V4Request, V4Response } from "./v4.ts";
