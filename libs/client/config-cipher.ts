import { blake2b, XCHACHA_NONCE_BYTES, xchachaOpen, xchachaSeal } from "@swarmpost/crypto";
import { ClientError } from "./client-error.ts";

// How libsession seals its config messages (client-protocol section 8), so that the same content is the same message.

/** Which config it is; each has keys of its own. */
export type ConfigDomain =
  | "UserProfile"
  | "Contacts"
  | "ConvoInfoVolatile"
  | "UserGroups"
  | "groups::Info"
  | "groups::Members"
  | (string & {});

const OVERHEAD = XCHACHA_NONCE_BYTES + 16;
const KIB = 1024;

/** Seals a config with an account's seed or a group's key (32 bytes): zeros before it up to a step, nonce at the end. */
export function sealConfig(secret: Uint8Array, domain: ConfigDomain, config: Uint8Array): Buffer {
  const size = paddedSize(config.length + OVERHEAD) - OVERHEAD;
  const padded = Buffer.concat([Buffer.alloc(size - config.length), config]);
  const nonce = nonceOf(domain, padded);
  return Buffer.concat([xchachaSeal(configKey(secret, domain, size), nonce, padded), nonce]);
}

/** Opens a config. Throws ClientError "unreadable-message" when it was sealed otherwise. */
export function openConfig(secret: Uint8Array, domain: ConfigDomain, sealed: Uint8Array): Buffer {
  const size = sealed.length - OVERHEAD;
  const nonce = sealed.subarray(-XCHACHA_NONCE_BYTES);
  const box = sealed.subarray(0, -XCHACHA_NONCE_BYTES);
  const padded = size < 0 ? undefined : xchachaOpen(configKey(secret, domain, size), nonce, box);
  if (padded === undefined || !nonceOf(domain, padded).equals(nonce)) {
    throw new ClientError("unreadable-message", "this config was not sealed with this key");
  }
  const start = padded.findIndex((byte) => byte !== 0);
  return start === -1 ? Buffer.alloc(0) : padded.subarray(start);
}

function configKey(secret: Uint8Array, domain: ConfigDomain, size: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  return blake2b(32, [secret, length, Buffer.from(domain)]);
}

function nonceOf(domain: ConfigDomain, padded: Uint8Array): Buffer {
  return blake2b(XCHACHA_NONCE_BYTES, padded, Buffer.from(`libsessionutil-config-encrypted-${domain}`));
}

function paddedSize(size: number): number {
  const step = size < 5 * KIB ? 256 : size < 20 * KIB ? KIB : size < 40 * KIB ? 2 * KIB : 5 * KIB;
  return Math.ceil(size / step) * step;
}
