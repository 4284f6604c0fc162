import { connect, type NatsConnection, type Subscription as NatsSubscription } from "@nats-io/transport-node";
import type { Bus, MessageHandler, Subscription } from "./bus.ts";
import { Delivery, type MutableStats } from "./delivery.ts";
import { BusError } from "./errors.ts";
import { readNatsUrl } from "./nats-servers.ts";
import { checkPattern, checkPayload, checkSubject } from "./subject.ts";

/** Which NATS server, and under which name. */
export interface NatsOptions {
  /** `nats://user:password@host:port` (or `tls://`); several servers joined by commas. */
  readonly url: string;
  /** PEM of the authority that the servers' certificates must come from; with it there is no connection without TLS. */
  readonly caFile?: string | undefined;
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** How long to wait for the first connection before going on without; 2,000 by default. */
  readonly firstConnectMs?: number;
}

const RECONNECT_MS = 250;
/**
 * Tries of each server before the client gives up its connection and another is made, to any of all servers: the client
 * forgets servers that were away when it first connected.
 */
const RECONNECT_ATTEMPTS = 4;

interface Subscriber {
  readonly pattern: string;
  readonly delivery: Delivery;
  current: NatsSubscription | undefined;
}

class NatsBus implements Bus {
  readonly stats: MutableStats = { published: 0, dropped: 0, received: 0, handlerFailures: 0 };
  readonly #options: NatsOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #listeners: (() => void)[] = [];
  readonly #closing = new AbortController();
  #connection: NatsConnection | undefined;
  #connected = false;
  #lost = Promise.withResolvers<void>();

  constructor(options: NatsOptions) {
    this.#options = options;
  }

  /** Keeps a connection for as long as the bus is open; resolves `first` with the first one. */
  async live(first: () => void): Promise<void> {
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      const connection = await this.#connect();
      if (connection === undefined) continue;
      if (this.#closing.signal.aborted) return await connection.close();
      this.#connection = connection;
      for (const subscriber of this.#subscribers) this.#attach(subscriber, connection);
      const late = attempt > 1;
      this.#up(late);
      first();
      void this.#watch(connection);
      await connection.closed();
      this.#down();
    }
  }

  async #connect(): Promise<NatsConnection | undefined> {
    try {
      return await connect({
        ...readNatsUrl(this.#options.url, this.#options.caFile),
        name: this.#options.name,
        maxReconnectAttempts: RECONNECT_ATTEMPTS,
        reconnectTimeWait: RECONNECT_MS,
        ignoreAuthErrorAbort: true,
        pingInterval: 10_000,
        timeout: 5000,
      });
    } catch {
      // Wait with the process's other work; the timer must not keep it alive once the bus is closed.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RECONNECT_MS);
        this.#closing.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      });
      return undefined;
    }
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") this.#down();
      else if (status.type === "reconnect") this.#up(true);
    }
  }

  #up(again: boolean): void {
    this.#connected = true;
    if (again) for (const listener of this.#listeners) listener();
  }

  #down(): void {
    this.#connected = false;
    this.#lost.resolve();
    this.#lost = Promise.withResolvers<void>();
  }

  #attach(subscriber: Subscriber, connection: NatsConnection): void {
    const { pattern, delivery } = subscriber;
    subscriber.current = connection.subscribe(pattern, {
      callback: (error, message) => {
        if (error !== null && error !== undefined) return;
        const { data } = message;
        delivery.deliver(Buffer.from(data.buffer, data.byteOffset, data.byteLength), message.subject);
      },
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  publish(subject: string, payload: Uint8Array): void {
    checkSubject(subject);
    checkPayload(payload);
    if (!this.#connected || this.#connection === undefined || this.#connection.isClosed()) {
      this.stats.dropped++;
      return;
    }
    this.stats.published++;
    // The client holds on to the bytes until it writes them to the socket, after this returned.
    this.#connection.publish(subject, Uint8Array.from(payload));
  }

  async subscribe(pattern: string, handler: MessageHandler): Promise<Subscription> {
    checkPattern(pattern);
    if (this.#closing.signal.aborted) throw new BusError("closed", "the bus is closed");
    const subscriber: Subscriber = { pattern, delivery: new Delivery(handler, this.stats), current: undefined };
    this.#subscribers.add(subscriber);
    if (this.#connection !== undefined && !this.#connection.isClosed()) this.#attach(subscriber, this.#connection);
    await this.flush();
    return {
      [Symbol.asyncDispose]: async () => {
        subscriber.delivery.close();
        this.#subscribers.delete(subscriber);
        if (subscriber.current?.isClosed() === false) subscriber.current.unsubscribe();
      },
    };
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async flush(): Promise<void> {
    if (!this.#connected || this.#connection === undefined) return;
    await Promise.race([this.#connection.flush().catch(() => {}), this.#lost.promise]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await this.flush();
    this.#closing.abort();
    for (const { delivery } of this.#subscribers) delivery.close();
    this.#subscribers.clear();
    this.#connected = false;
    await this.#connection?.close();
  }
}

/**
 * Connects to NATS (core, no JetStream: the bus may lose anything). Returns with the first connection, or without one after
 * `firstConnectMs`; it goes on trying for ever, and subscriptions take effect when the server is there.
 */
export async function connectNats(options: NatsOptions): Promise<Bus> {
  const bus = new NatsBus(options);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, options.firstConnectMs ?? 2000);
  void bus.live(resolve);
  await promise;
  clearTimeout(timer);
  return bus;
}

/** Connects to the NATS of a service's settings, see `connectNats`; `name` is the service's. */
export function openBus(
  config: { readonly BUS_URL: string; readonly BUS_CA_FILE?: string | undefined },
  name: string,
): Promise<Bus> {
  return connectNats({ url: config.BUS_URL, caFile: config.BUS_CA_FILE, name });
}
