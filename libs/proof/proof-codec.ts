import { pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { bdecode, type BValue } from "@swarmpost/encoding";
import { parseIpv4 } from "./ipv4.ts";
import { encodeProofFields } from "./proof-fields.ts";
import type { UptimeProof, Version } from "./uptime-proof.ts";

/** A proof is about 460 bytes; one longer than this is not read. */
const MAX_PROOF_BYTES = 2_048;

type Fields = ReadonlyMap<string, BValue>;

/** Encodes a proof: Oxen's keys where the meaning is the same, `net`, `rp` and `crt` for what Oxen does not have. */
export function encodeProof(proof: UptimeProof): Buffer {
  return encodeProofFields({
    crt: proof.certificate,
    ip: proof.ip,
    net: proof.network,
    pke: pubkeyBytes(proof.pubkey),
    q: proof.peerPort,
    rp: proof.replicaPort,
    shp: proof.httpsPort,
    sop: proof.peerPort,
    sv: [...proof.version],
    t: proof.time,
    v: [...proof.version],
  });
}

/**
 * Reads a proof without judging it: nothing is verified but the form. Keys it does not know are passed over.
 * @returns undefined when it is malformed.
 */
export function decodeProof(bytes: Uint8Array): UptimeProof | undefined {
  const fields = bytes.length <= MAX_PROOF_BYTES ? dictionary(bytes) : undefined;
  if (!fields) return undefined;
  const key = bytesOf(fields, "pke");
  const network = bytesOf(fields, "net");
  const ip = bytesOf(fields, "ip")?.toString("latin1");
  const certificate = bytesOf(fields, "crt");
  const time = fields.get("t");
  const httpsPort = u16(fields.get("shp"));
  const peerPort = u16(fields.get("sop"));
  const replicaPort = u16(fields.get("rp"));
  const version = versionOf(fields, "sv");
  if (key?.length !== 32 || network?.length !== 32) return undefined;
  if (ip === undefined || parseIpv4(ip) === undefined || !certificate) return undefined;
  if (httpsPort === undefined || peerPort === undefined || replicaPort === undefined) return undefined;
  if (u16(fields.get("q")) !== peerPort || !version || !versionOf(fields, "v")) return undefined;
  if (typeof time !== "bigint" || time < 0n) return undefined;
  // Copies, so that a kept proof does not hold on to the message it came in.
  const copies = { network: Buffer.from(network), certificate: Buffer.from(certificate) };
  return { pubkey: pubkey(key), ip, httpsPort, peerPort, replicaPort, ...copies, version, time };
}

function dictionary(bytes: Uint8Array): Fields | undefined {
  try {
    const value = bdecode(bytes);
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(fields: Fields, key: string): Buffer | undefined {
  const value = fields.get(key);
  return Buffer.isBuffer(value) ? value : undefined;
}

function u16(value: BValue | undefined): number | undefined {
  return typeof value === "bigint" && value >= 0n && value <= 0xffffn ? Number(value) : undefined;
}

function versionOf(fields: Fields, key: string): Version | undefined {
  const value = fields.get(key);
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [major, minor, patch] = value.map(u16);
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return [major, minor, patch];
}
