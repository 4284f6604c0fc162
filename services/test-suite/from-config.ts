import { allowedAddress } from "@swarmpost/proof";
import type { CanaryOptions } from "./canary.ts";
import type { TestSuiteConfig } from "./config.ts";
import type { OwnRelaysOptions } from "./own-relays.ts";
import type { ProofBookOptions } from "./proof-book.ts";

/** What makes a proof count. */
export function proofRules(config: TestSuiteConfig): ProofBookOptions {
  return {
    lifetimeMs: config.PROOF_LIFETIME_MS,
    minimumVersion: config.MINIMUM_VERSION,
    allowedAddress: allowedAddress(config.ADDRESS_POLICY),
  };
}

/** Which relays are asked for proofs, and how often. */
export function relayOptions(config: TestSuiteConfig): OwnRelaysOptions {
  return { relays: config.RELAYS, intervalMs: config.PROOF_INTERVAL_MS, checkMs: config.CONTACT_CHECK_MS };
}

/** How the canary writes and looks. */
export function canaryOptions(config: TestSuiteConfig): CanaryOptions {
  return {
    intervalMs: config.CANARY_INTERVAL_MS,
    waitMs: config.CANARY_WAIT_MS,
    ttlMs: config.CANARY_TTL_MS,
    confirmMs: config.CANARY_CONFIRM_MS,
  };
}
