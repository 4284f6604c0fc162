import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";

/** Registers whether a service and each of its parts is ready, as `/readyz` says it, under the service's name. */
export function watchReadiness(service: string, { health, metrics }: { health: Health; metrics: Metrics }): void {
  const prefix = `swarmpost_${service.replaceAll("-", "_")}`;
  metrics.gaugeFrom(`${prefix}_ready_state`, "1 while the service is ready.", () => Number(health.ready));
  metrics.gaugesFrom(`${prefix}_part_ready_state`, "1 while this part of the service is ready.", "part", () => {
    return new Map([...health.parts()].map(([part, ready]) => [part.replaceAll(" ", "_"), Number(ready)]));
  });
}
