import type { Clock } from "@swarmpost/runtime";
import type { Answer } from "./answer.ts";
import type { Caller } from "./caller.ts";
import type { LayerOutcome } from "./metrics.ts";
import type { StorageRpc } from "./storage-rpc.ts";

/** A `path_build` request is short; longer bodies are not even looked at. */
const MAX_PATH_BUILD_BYTES = 256;

/**
 * This node as an onion's destination: `path_build` is answered here (docs/protocol/path-build.md), everything else by
 * storage, whose own status and body go into the sealed reply.
 */
export class FinalDestination {
  readonly #storage: Pick<StorageRpc, "call">;
  readonly #clock: Clock;
  readonly #count: (outcome: LayerOutcome) => void;

  constructor(parts: { storage: Pick<StorageRpc, "call">; clock: Clock; count: (outcome: LayerOutcome) => void }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#count = parts.count;
  }

  /** @param hopNo how many relays the request passed before this node. */
  async answer(body: Buffer, hopNo: number, caller: Caller): Promise<Answer> {
    const builds = isPathBuild(body);
    this.#count(builds ? "path_build" : "final");
    if (!builds) return this.#storage.call(body, caller);
    const text = JSON.stringify({ path: "built", hops: hopNo + 1, t: this.#clock.now() });
    return { status: 200, json: true, body: Buffer.from(text, "utf8") };
  }
}

function isPathBuild(body: Buffer): boolean {
  if (body.length > MAX_PATH_BUILD_BYTES || !body.includes("path_build")) return false;
  try {
    const request = JSON.parse(body.toString("utf8")) as { method?: unknown } | null;
    return request?.method === "path_build";
  } catch {
    return false;
  }
}
