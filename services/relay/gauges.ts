import type { Cache } from "@swarmpost/cache";
import type { Metrics } from "@swarmpost/runtime";
import type { DoppelgangerGuard } from "./doppelganger-guard.ts";
import type { Readiness } from "./readiness.ts";
import type { WorkLimit } from "./work-limit.ts";

/** Work of one kind. */
type Counted = Pick<WorkLimit, "requests" | "bytes">;

/** Registers what is measured when the metrics are read. */
export function relayGauges(
  metrics: Metrics,
  parts: {
    readonly cache: Cache;
    readonly work: readonly Counted[];
    readonly readiness: Pick<Readiness, "reason">;
    readonly guard: Pick<DoppelgangerGuard, "found">;
  },
): void {
  const { cache, work, readiness, guard } = parts;
  const sum = (what: keyof Counted): number => work.reduce((total, each) => total + each[what], 0);
  metrics.gaugeFrom("swarmpost_relay_requests_under_way", "Requests being served now, exits counted apart.", () =>
    sum("requests"),
  );
  metrics.gaugeFrom("swarmpost_relay_buffered_bytes", "Bytes of requests and answers held now.", () => sum("bytes"));
  metrics.gaugeFrom("swarmpost_relay_serving_state", "1 while this node takes clients' requests.", () =>
    readiness.reason() === undefined ? 1 : 0,
  );
  metrics.gaugeFrom(
    "swarmpost_relay_local_filter_state",
    "1 while Redis is gone and the replay filter and rate limits are this process's own.",
    () => (cache.healthy ? 0 : 1),
  );
  metrics.gaugeFrom(
    "swarmpost_relay_replay_filter_entries",
    "Onion layers that this process remembers by itself, so that it refuses them a second time; 200000 at most.",
    () => cache.localEntries,
  );
  metrics.gaugeFrom(
    "swarmpost_relay_doppelganger_state",
    "1 while another process answers with this node's key at its published address.",
    () => (guard.found ? 1 : 0),
  );
}
