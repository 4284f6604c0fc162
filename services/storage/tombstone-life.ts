import { MAX_DELETE_HASHES, PRIVATE_MAX_TTL_MS } from "@swarmpost/storage-rpc";
import { STAMP_TOLERANCE_MS } from "./stamp.ts";

/**
 * How long after its stamp a deletion can matter, in milliseconds: nothing that was stored before it lives longer
 * (`clampExpiry`). A tombstone of a message that was never here lives exactly so long, and is known by it.
 */
export const TOMBSTONE_LIFE_MS = PRIVATE_MAX_TTL_MS + STAMP_TOLERANCE_MS;

/** Tombstones of messages that were never here, kept for one account; the oldest go first. One request can name as many. */
export const MAX_BLIND_TOMBSTONES = MAX_DELETE_HASHES;
