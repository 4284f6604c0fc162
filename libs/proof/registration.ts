import { type NodeKeys, type Pubkey, pubkeyBytes, sign, verify } from "@swarmpost/crypto";

/** An address on an EVM chain: `0x` and 40 hex digits. */
export type EvmAddress = `0x${string}`;

/** What a registration is for. The signature binds all of it, so it can't be used by another operator or elsewhere. */
export interface RegistrationBinding {
  /** EIP-155 chain id. */
  readonly chainId: number | bigint;
  /** The staking contract. */
  readonly contract: EvmAddress;
  /** The account that stakes. */
  readonly operator: EvmAddress;
  readonly nodeKey: Pubkey;
}

const domain = Buffer.from("swarmpost-register-v1");

/**
 * The bytes that a node key signs to agree to its registration: "swarmpost-register-v1" ‖ chain id (32 bytes,
 * big-endian) ‖ contract (20) ‖ operator (20) ‖ node key (32). Rule: docs/protocol/registration.md.
 */
export function registrationMessage(binding: RegistrationBinding): Buffer {
  return Buffer.concat([
    domain,
    Buffer.from(BigInt(binding.chainId).toString(16).padStart(64, "0"), "hex"),
    addressBytes(binding.contract),
    addressBytes(binding.operator),
    pubkeyBytes(binding.nodeKey),
  ]);
}

/** The node's 64-byte Ed25519 signature for its registration by one operator. */
export function signRegistration(keys: NodeKeys, binding: Omit<RegistrationBinding, "nodeKey">): Buffer {
  return sign(registrationMessage({ ...binding, nodeKey: keys.pubkey }), keys.ed25519.secretKey);
}

/** True when the node key signed exactly this registration. The contract cannot check this: every reader does. */
export function verifyRegistration(binding: RegistrationBinding, signature: Uint8Array): boolean {
  return verify(signature, registrationMessage(binding), pubkeyBytes(binding.nodeKey));
}

function addressBytes(address: EvmAddress): Buffer {
  const bytes = Buffer.from(address.slice(2), "hex");
  if (bytes.length !== 20) throw new TypeError("an EVM address has 20 bytes");
  return bytes;
}
