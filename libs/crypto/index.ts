export { equal, randomBytes, secureWipe } from "./bytes.ts";
export { certificatePubkey } from "./certificate-pubkey.ts";
export { ChannelKey, clientChannelKey, type EncType, parseEncType, serverChannelKey } from "./channel-key.ts";
export {
  ed25519PublicToX25519,
  ed25519SecretToX25519,
  type SigningKeyPair,
  sign,
  signingKeyPairFromSeed,
  verify,
} from "./ed25519.ts";
export {
  multiplyPoint,
  multiplyScalars,
  negateScalar,
  reduceScalar,
  scalarPublicKey,
  secretScalar,
  signWithScalar,
  x25519PublicToEd25519,
} from "./ed25519-scalar.ts";
export { CryptoError, type CryptoErrorCode } from "./errors.ts";
export { blake2b, keccak256, sha512 } from "./hash.ts";
export { generateSeed, type NodeKeys, nodeKeysFromSeed, type Pubkey, pubkey, pubkeyBytes } from "./node-keys.ts";
export { passwordOpen, passwordSeal } from "./password-seal.ts";
export { PersonalHash } from "./personal-hash.ts";
export { openSealedBox, sealBox } from "./sealed-box.ts";
export { SecretStream, STREAM_CHUNK_OVERHEAD, STREAM_HEADER_BYTES, STREAM_KEY_BYTES } from "./secret-stream.ts";
export { type ExchangeKeyPair, x25519KeyPair, x25519PublicKey, x25519SharedSecret } from "./x25519.ts";
export { XCHACHA_NONCE_BYTES, xchachaOpen, xchachaSeal } from "./xchacha.ts";
