import { certificatePubkey, ed25519PublicToX25519, type Pubkey, pubkeyBytes, verify } from "@swarmpost/crypto";
import { decodeProof } from "./proof-codec.ts";
import { proofHash } from "./proof-fields.ts";
import type { SignedProof, UptimeProof, Version } from "./uptime-proof.ts";

/** How far the proof's time may be from ours (oxen-core UPTIME_PROOF_TOLERANCE). */
export const PROOF_MAX_SKEW_MS = 300_000;
/** A proof that says nothing new is not taken sooner than this after the one before (oxen-core UPTIME_PROOF_FREQUENCY / 2). */
export const PROOF_MIN_INTERVAL_MS = 1_800_000;
/** Proofs with a new address, port or certificate are taken sooner, but not oftener than this. */
export const PROOF_CHANGES_PER_HOUR = 6;

const HOUR_MS = 3_600_000;

/** Why a proof is refused, in the order in which the reasons are looked for. */
export const PROOF_REFUSALS = [
  "malformed",
  "network",
  "time",
  "version",
  "address",
  "key",
  "signature",
  "ports",
  "certificate",
  "unregistered",
  "not-newer",
  "too-soon",
  "too-many-changes",
] as const;

/** Why a proof is refused. */
export type ProofRefusal = (typeof PROOF_REFUSALS)[number];

/** The proof of the same node that was accepted last. */
export interface PreviousProof {
  readonly proof: UptimeProof;
  /** Unix ms, our clock. */
  readonly receivedMs: number;
  /** When proofs with a changed contact were accepted, unix ms; those older than an hour do not matter. */
  readonly changesMs: readonly number[];
}

/** What a proof is measured by. */
export interface ProofRules {
  readonly nowMs: number;
  /** The network whose registry is followed (`networkId`); while it is not known nothing is believed. */
  readonly network: Buffer | undefined;
  readonly registered: (node: Pubkey) => boolean;
  readonly allowedAddress: (ip: string) => boolean;
  /** The proof accepted last of a node. */
  readonly previous: (node: Pubkey) => PreviousProof | undefined;
  /** Default 0.0.0: any. */
  readonly minimumVersion?: Version;
}

/** `changed`: the node answers elsewhere than its previous proof said. */
export type ProofVerdict =
  | { readonly ok: true; readonly proof: UptimeProof; readonly changed: boolean }
  | { readonly ok: false; readonly reason: ProofRefusal };

/** Judges a proof in the order of oxen-core's checks (service_node_list.cpp), without those on keys and chains that we do not have; ours is the one on the network. */
export function verifyProof(signed: SignedProof, rules: ProofRules): ProofVerdict {
  const proof = decodeProof(signed.proof);
  if (!proof) return { ok: false, reason: "malformed" };
  if (!rules.network?.equals(proof.network)) return { ok: false, reason: "network" };
  const reason = refusalByItself(proof, signed, rules) ?? refusalByPlace(proof, rules);
  if (reason) return { ok: false, reason };
  const previous = rules.previous(proof.pubkey);
  const changed = previous !== undefined && contactChanged(previous.proof, proof);
  const late = previous && refusalByPrevious(proof, previous, { changed, nowMs: rules.nowMs });
  return late ? { ok: false, reason: late } : { ok: true, proof, changed };
}

function refusalByItself(proof: UptimeProof, signed: SignedProof, rules: ProofRules): ProofRefusal | undefined {
  if (Math.abs(rules.nowMs - Number(proof.time) * 1_000) > PROOF_MAX_SKEW_MS) return "time";
  if (olderThan(proof.version, rules.minimumVersion ?? [0, 0, 0])) return "version";
  if (!rules.allowedAddress(proof.ip)) return "address";
  const key = pubkeyBytes(proof.pubkey);
  if (!ed25519PublicToX25519(key)) return "key";
  return verify(signed.signature, proofHash(signed.proof), key) ? undefined : "signature";
}

function refusalByPlace(proof: UptimeProof, rules: ProofRules): ProofRefusal | undefined {
  if (proof.httpsPort === 0 || proof.peerPort === 0 || proof.replicaPort === 0) return "ports";
  if (certificatePubkey(proof.certificate) !== proof.pubkey) return "certificate";
  return rules.registered(proof.pubkey) ? undefined : "unregistered";
}

function refusalByPrevious(
  proof: UptimeProof,
  previous: PreviousProof,
  { changed, nowMs }: { changed: boolean; nowMs: number },
): ProofRefusal | undefined {
  if (proof.time <= previous.proof.time) return "not-newer";
  if (!changed) return nowMs - previous.receivedMs <= PROOF_MIN_INTERVAL_MS ? "too-soon" : undefined;
  const recent = previous.changesMs.filter((ms) => nowMs - ms < HOUR_MS);
  return recent.length >= PROOF_CHANGES_PER_HOUR ? "too-many-changes" : undefined;
}

function contactChanged(a: UptimeProof, b: UptimeProof): boolean {
  const samePorts = a.httpsPort === b.httpsPort && a.peerPort === b.peerPort && a.replicaPort === b.replicaPort;
  return a.ip !== b.ip || !samePorts || !a.certificate.equals(b.certificate);
}

function olderThan(version: Version, minimum: Version): boolean {
  const at = version.findIndex((part, index) => part !== minimum[index]);
  return at >= 0 && (version[at] as number) < (minimum[at] as number);
}
