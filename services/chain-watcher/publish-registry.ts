import { create, toBinary } from "@bufbuild/protobuf";
import { type Bus, MAX_PAYLOAD_BYTES } from "@swarmpost/bus";
import { RegistryChangedSchema } from "@swarmpost/protos";
import type { ChainWatcherMetrics } from "./metrics.ts";
import { registryMessage, type RegistrySnapshot } from "./registry-message.ts";

/** Where the registry is published: a RegistryChanged message. */
export const registrySubject = "swarmpost.chain.registry";

/**
 * Publishes the registry. It is a hint that the bus may lose: whoever misses it pulls. A registry past the limit of the
 * bus (about 9,000 nodes) is announced without its content: listeners then ask for it.
 */
export function publishRegistry(bus: Bus, snapshot: RegistrySnapshot, metrics: ChainWatcherMetrics["serving"]): void {
  const message = create(RegistryChangedSchema, { registry: registryMessage(snapshot) });
  const payload = toBinary(RegistryChangedSchema, message);
  const fits = payload.length <= MAX_PAYLOAD_BYTES;
  bus.publish(registrySubject, fits ? payload : new Uint8Array(0));
  metrics.published.inc({ result: fits ? "sent" : "too_large" });
}
