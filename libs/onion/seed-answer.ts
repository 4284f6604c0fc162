import { blake2b, type NodeKeys, type Pubkey, pubkey, pubkeyBytes, sign, verify } from "@swarmpost/crypto";
import { decodeBase64, encodeBase64, hexToBytes } from "@swarmpost/encoding";

const DOMAIN = Buffer.from("swarmpost-seed-v3", "latin1");
const HASH_BYTES = 32;
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

/** What a seed says of the whole list that it signs. */
export interface SeedStatement {
  /** unix ms at which the seed signed. */
  readonly t: number;
  /** Height of the last final block that the seed knows. */
  readonly height: number;
  /** Hash of that block, 32 bytes; zero when none is known. */
  readonly blockHash: Buffer;
  /** Hash of the swarm map in force, 32 bytes; zero when none is known. */
  readonly mapHash: Buffer;
  /** How many nodes the whole list has: who shows fewer shows a part of it. */
  readonly total: number;
}

/** The extra field `swarmpost` of a seed's answer. */
export interface SeedSignature extends SeedStatement {
  /** Ed25519 key of the seed, 64 hex digits. */
  readonly signer: Pubkey;
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

/**
 * Signs a digest made by {@link seedAnswerDigest} with the node key of the seed. To be made for the whole list of active
 * nodes only: a signature over a part of it would let anyone on the way show that part as the network.
 */
export function signSeedAnswer(digest: Buffer, statement: SeedStatement, keys: NodeKeys): SeedSignature {
  return { ...statement, signer: keys.pubkey, signature: sign(signedBytes(digest, statement), keys.ed25519.secretKey) };
}

/**
 * Whether `signed` is the signature of its signer over exactly these nodes, and these are the whole list. The caller
 * decides whether it trusts the signer and whether `t` is fresh enough.
 */
export function verifySeedAnswer(nodes: readonly OfferedNode[], signed: SeedSignature): boolean {
  if (signed.signature.length !== 64 || signed.total !== nodes.length) return false;
  try {
    return verify(signed.signature, signedBytes(seedAnswerDigest(nodes), signed), pubkeyBytes(signed.signer));
  } catch {
    return false;
  }
}

/** The field `swarmpost` as JSON text. */
export function seedSignatureText(signed: SeedSignature): string {
  const { signer, t, height, blockHash, mapHash, total, signature } = signed;
  const hashes = { block_hash: blockHash.toString("hex"), map_hash: mapHash.toString("hex") };
  return JSON.stringify({ signer, t, height, ...hashes, total, signature: encodeBase64(signature) });
}

/** Reads the field `swarmpost` of a parsed answer; undefined when it is not one. */
export function parseSeedSignature(field: unknown): SeedSignature | undefined {
  if (typeof field !== "object" || field === null) return undefined;
  const {
    signer,
    t,
    height,
    block_hash: block,
    map_hash: map,
    total,
    signature: text,
  } = field as Record<string, unknown>;
  const [key, blockHash, mapHash] = [signer, block, map].map(readHash);
  const signature = typeof text === "string" ? decodeBase64(text) : undefined;
  if (!key || !blockHash || !mapHash || !signature || !isCount(t) || !isCount(height) || !isCount(total))
    return undefined;
  return { signer: pubkey(key), t, height, blockHash, mapHash, total, signature };
}

function readHash(value: unknown): Buffer | undefined {
  return typeof value === "string" ? hexToBytes(value, HASH_BYTES) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** `domain | u64be t | u64be height | block hash(32) | map hash(32) | u32be total | digest(32)`. */
function signedBytes(digest: Buffer, { t, height, blockHash, mapHash, total }: SeedStatement): Buffer {
  if (blockHash.length !== HASH_BYTES || mapHash.length !== HASH_BYTES) throw new RangeError("a hash has 32 bytes");
  const numbers = Buffer.alloc(20);
  numbers.writeBigUInt64BE(BigInt(t));
  numbers.writeBigUInt64BE(BigInt(height), 8);
  numbers.writeUInt32BE(total, 16);
  return Buffer.concat([DOMAIN, numbers.subarray(0, 16), blockHash, mapHash, numbers.subarray(16), digest]);
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
