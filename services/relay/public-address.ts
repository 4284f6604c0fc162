import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { connectKubernetes, getService } from "@swarmpost/kubernetes";
import { errorFields, type Runtime, sleep } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import { RelayError } from "./relay-error.ts";

const LOOK_EVERY_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

/** Finds the IPv4 address; undefined while there is none. */
export type FindAddress = () => Promise<string | undefined>;

/** The IPv4 address that this node publishes. It may change while the node runs; the last one known stays in force. */
export class PublicAddress implements AsyncDisposable {
  readonly #find: FindAddress;
  readonly #runtime: Pick<Runtime, "logger">;
  readonly #stop = new AbortController();
  #ip: string | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(find: FindAddress, runtime: Pick<Runtime, "logger">) {
    this.#find = find;
    this.#runtime = runtime;
  }

  /** Looks once, then every 30 s, or every second while there is none. */
  static async open(find: FindAddress, runtime: Pick<Runtime, "logger">): Promise<PublicAddress> {
    const address = new PublicAddress(find, runtime);
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
      await sleep(this.#ip === undefined ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    try {
      const found = await this.#find();
      if (found !== undefined && isIPv4(found)) this.#ip = found;
    } catch (error) {
      this.#runtime.logger.warn("public_address_unknown", errorFields(error));
    }
  }
}

/**
 * How the configured one of PUBLIC_IP, PUBLIC_HOST and PUBLIC_SERVICE is found.
 * @throws RelayError `bad-config` unless exactly one is given
 */
export async function addressFinder(config: RelayConfig): Promise<FindAddress> {
  const { PUBLIC_IP: ip, PUBLIC_HOST: host, PUBLIC_SERVICE: service, POD_NAMESPACE: namespace } = config;
  if ([ip, host, service].filter((given) => given !== undefined).length !== 1) {
    throw new RelayError("bad-config", "exactly one of PUBLIC_IP, PUBLIC_HOST and PUBLIC_SERVICE must be given");
  }
  if (ip !== undefined) return async () => ip;
  if (host !== undefined) return async () => await addressOf(host);
  if (namespace === undefined) throw new RelayError("bad-config", "PUBLIC_SERVICE needs POD_NAMESPACE");
  const kubernetes = await connectKubernetes({ namespace });
  return async () => {
    const [ingress] = (await getService(kubernetes, service!))?.ingress ?? [];
    return ingress?.ip ?? (ingress?.hostname === undefined ? undefined : await addressOf(ingress.hostname));
  };
}

async function addressOf(host: string): Promise<string> {
  return (await lookup(host, { family: 4 })).address;
}
