import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { connectKubernetes, getService } from "@swarmpost/kubernetes";
import { errorFields, type Runtime, sleep } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import { RelayError } from "./relay-error.ts";

const LOOK_EVERY_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

/** Finds the addresses that this node can be reached at; none while there are none. */
export type FindAddress = () => Promise<readonly string[]>;

/** The IPv4 address that this node publishes. It may change while the node runs; the last one known stays in force. */
export class PublicAddress implements AsyncDisposable {
  readonly #find: FindAddress;
  readonly #runtime: Pick<Runtime, "logger">;
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #ip: string | undefined;
  #failing = false;
  #looking: Promise<void> = Promise.resolve();

  private constructor(find: FindAddress, runtime: Pick<Runtime, "logger">, everyMs: number) {
    this.#find = find;
    this.#runtime = runtime;
    this.#everyMs = everyMs;
  }

  /** Looks once, then every `everyMs`, or every second while there is none. */
  static async open(
    find: FindAddress,
    runtime: Pick<Runtime, "logger">,
    everyMs: number = LOOK_EVERY_MS,
  ): Promise<PublicAddress> {
    const address = new PublicAddress(find, runtime, everyMs);
    await address.#look();
    address.#looking = address.#keepLooking();
    return address;
  }

  /** The address; undefined as long as none was found. */
  get ip(): string | undefined {
    return this.#ip;
  }

  /** Why there is none, for operators. */
  reason(): string | undefined {
    return this.#ip === undefined ? "not known yet" : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#ip === undefined ? LOOK_AGAIN_MS : this.#everyMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    try {
      const found = (await this.#find()).filter((address) => isIPv4(address));
      this.#failing = false;
      // Of several the one that was told before stays: a name server hands them out in any order.
      if (this.#ip === undefined || !found.includes(this.#ip)) this.#take(found[0]);
    } catch (error) {
      if (!this.#failing) this.#runtime.logger.warn("public_address_unknown", errorFields(error));
      this.#failing = true;
    }
  }

  #take(found: string | undefined): void {
    if (found === undefined) return;
    if (this.#ip !== undefined) this.#runtime.logger.info("public_address_changed");
    this.#ip = found;
  }
}

/**
 * How the configured one of PUBLIC_IP, PUBLIC_HOST and PUBLIC_SERVICE is found.
 * @throws RelayError `bad-config` unless exactly one is given
 */
export async function addressFinder(config: RelayConfig, connect = connectKubernetes): Promise<FindAddress> {
  const { PUBLIC_IP: ip, PUBLIC_HOST: host, PUBLIC_SERVICE: service, POD_NAMESPACE: namespace } = config;
  if ([ip, host, service].filter((given) => given !== undefined).length !== 1) {
    throw new RelayError("bad-config", "exactly one of PUBLIC_IP, PUBLIC_HOST and PUBLIC_SERVICE must be given");
  }
  if (ip !== undefined) return async () => [ip];
  if (host !== undefined) return () => addressesOf(host);
  if (namespace === undefined) throw new RelayError("bad-config", "PUBLIC_SERVICE needs POD_NAMESPACE");
  const kubernetes = await connect({ namespace });
  return async () => {
    const ingress = (await getService(kubernetes, service!))?.ingress ?? [];
    const addresses = ingress.map(async ({ ip: known, hostname }) => {
      if (known !== undefined) return [known];
      return hostname === undefined ? [] : await addressesOf(hostname);
    });
    return (await Promise.all(addresses)).flat();
  };
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookup(host, { family: 4, all: true })).map(({ address }) => address);
}
