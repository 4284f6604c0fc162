import { blake2b, type NodeKeys, type Pubkey, pubkeyBytes, sign, verify } from "@swarmpost/crypto";

const DOMAIN = Buffer.from("swarmpost-seed-v2", "latin1");
const RECORD_BYTES = 98;
const NO_OPERATOR = `0x${"0".repeat(40)}`;

/** What a seed says of one node; everything that a client relies on. */
export interface OfferedNode {
  readonly pubkey: Pubkey;
  /** X25519 public key, 32 bytes. */
  readonly x25519: Buffer;
  /** Dotted IPv4 address. */
  readonly ip: string;
  readonly httpsPort: number;
  /** 2^64-1 when the node is in no swarm. */
  readonly swarmId: bigint;
  /** Address of who runs it, `0x` and 40 hex digits; paths that must be diverse rely on it. Absent when nobody says. */
  readonly operator?: string;
}

/** The extra field `swarmpost` of a seed's answer. */
export interface SeedSignature {
  /** Ed25519 key of the seed, 64 hex digits. */
  readonly signer: Pubkey;
  /** unix ms at which the seed signed. */
  readonly t: number;
  /** Ed25519 signature, 64 bytes. */
  readonly signature: Buffer;
}

/**
 * BLAKE2b-256 over the offered nodes, ascending by key: `ed25519(32) | x25519(32) | ipv4(4) | https port u16be | swarm
 * id u64be | operator(20)` each. See docs/protocol/seed-answer.md.
 *
 * @throws RangeError when an address, port, key or operator does not fit its field.
 */
export function seedAnswerDigest(nodes: Iterable<OfferedNode>): Buffer {
  const sorted = [...nodes].sort((a, b) => (a.pubkey < b.pubkey ? -1 : a.pubkey > b.pubkey ? 1 : 0));
  const bytes = Buffer.alloc(sorted.length * RECORD_BYTES);
  for (const [index, node] of sorted.entries()) writeRecord(bytes, index * RECORD_BYTES, node);
  return blake2b(32, bytes);
}

/** Signs a digest made by {@link seedAnswerDigest} with the node key of the seed. */
export function signSeedAnswer(digest: Buffer, t: number, keys: NodeKeys): SeedSignature {
  return { signer: keys.pubkey, t, signature: sign(signedBytes(digest, t), keys.ed25519.secretKey) };
}

/**
 * Whether `signed` is the signature of its signer over exactly these nodes. The caller decides whether it trusts the
 * signer and whether `t` is fresh enough.
 */
export function verifySeedAnswer(nodes: Iterable<OfferedNode>, signed: SeedSignature): boolean {
  if (signed.signature.length !== 64 || !Number.isSafeInteger(signed.t) || signed.t < 0) return false;
  try {
    const message = signedBytes(seedAnswerDigest(nodes), signed.t);
    return verify(signed.signature, message, pubkeyBytes(signed.signer));
  } catch {
    return false;
  }
}

function signedBytes(digest: Buffer, t: number): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(t));
  return Buffer.concat([DOMAIN, time, digest]);
}

function writeRecord(bytes: Buffer, offset: number, node: OfferedNode): void {
  const parts = node.ip.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || parts.some((part) => part > 255)) throw new RangeError("not an IPv4 address");
  if (node.x25519.length !== 32) throw new RangeError("not an X25519 key");
  const operator = node.operator ?? NO_OPERATOR;
  if (!/^0x[0-9a-fA-F]{40}$/.test(operator)) throw new RangeError("not an operator's address");
  bytes.set(pubkeyBytes(node.pubkey), offset);
  bytes.set(node.x25519, offset + 32);
  bytes.set(parts, offset + 64);
  bytes.writeUInt16BE(node.httpsPort, offset + 68);
  bytes.writeBigUInt64BE(node.swarmId, offset + 70);
  bytes.write(operator.slice(2), offset + 78, "hex");
}
