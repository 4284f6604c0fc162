import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { MemoryBroker } from "@swarmpost/bus";
import { MemoryCacheStore } from "@swarmpost/cache";
import { createLogger, createRuntime } from "@swarmpost/runtime";
import type { Launched, Launcher, Place } from "./launcher.ts";
import type { NetworkOptions, ServiceName } from "./options.ts";
import { inProcess } from "./service-catalogue.ts";

/** Runs every service in this process, with a bus and a cache in memory for each cluster. */
export class SharedLauncher implements Launcher {
  readonly #options: Pick<NetworkOptions, "clock" | "logLevel">;
  readonly #log: WriteStream;
  readonly #brokers = new Map<number, MemoryBroker>();
  readonly #caches = new Map<number, MemoryCacheStore>();
  #groupOf: (node: string) => number = () => 0;

  /** `folder` takes the log of all services. */
  constructor(folder: string, options: Pick<NetworkOptions, "clock" | "logLevel">) {
    this.#options = options;
    this.#log = createWriteStream(join(folder, "network.log"));
  }

  async launch(service: ServiceName, place: Place, env: Record<string, string>): Promise<Launched> {
    const controller = new AbortController();
    const { logLevel: level = "info", clock } = this.#options;
    const logger = createLogger({ service, level, destination: this.#log });
    const runtime = createRuntime(service, { logger, signal: controller.signal, ...(clock ? { clock } : {}) });
    const broker = kept(this.#brokers, place.cluster, () => new MemoryBroker());
    const cache = kept(this.#caches, place.cluster, () => new MemoryCacheStore());
    const running = await inProcess[service](env, runtime, {
      bus: async () => broker.connect(),
      cache: async () => cache.connect(),
      admit: (peer) => place.node === undefined || this.#groupOf(peer) === this.#groupOf(place.node),
    });
    const stop = async (): Promise<void> => {
      if (controller.signal.aborted) return;
      controller.abort();
      runtime.health.stop();
      await running[Symbol.asyncDispose]();
    };
    return { kill: stop, metrics: () => runtime.metrics.render(), [Symbol.asyncDispose]: stop };
  }

  isolate(groupOf: (node: string) => number): void {
    this.#groupOf = groupOf;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#log.end(resolve));
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
