import type { Bus, MessageHandler, Subscription } from "./bus.ts";
import { Delivery, type MutableStats } from "./delivery.ts";
import { BusError } from "./errors.ts";
import { checkPattern, checkPayload, checkSubject, matches } from "./subject.ts";

interface Subscriber {
  readonly pattern: string;
  readonly delivery: Delivery;
}

interface Message {
  readonly subject: string;
  readonly payload: Buffer;
}

/** The NATS of a one-process network: keeps the same contract as `connectNats`, in memory. */
export class MemoryBroker {
  readonly #buses = new Set<MemoryBus>();
  readonly #queue: Message[] = [];
  #drained: Promise<void> = Promise.resolve();
  #running = true;

  /** A connection of its own. */
  connect(): Bus {
    const bus = new MemoryBus({
      running: () => this.#running,
      send: (message) => this.#send(message),
      drained: () => this.#drained,
      leave: (leaving) => void this.#buses.delete(leaving),
    });
    this.#buses.add(bus);
    return bus;
  }

  /** Loses all connections and whatever is under way, as a stopped server would. */
  stop(): void {
    this.#running = false;
    this.#queue.length = 0;
  }

  /** Takes the connections back after `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const bus of this.#buses) bus.reconnected();
  }

  #send(message: Message): void {
    this.#queue.push(message);
    if (this.#queue.length > 1) return;
    this.#drained = new Promise((resolve) => {
      setImmediate(() => {
        for (const message of this.#queue.splice(0)) {
          for (const bus of this.#buses) bus.receive(message);
        }
        resolve();
      });
    });
  }
}

interface BrokerSide {
  readonly running: () => boolean;
  readonly send: (message: Message) => void;
  readonly drained: () => Promise<void>;
  readonly leave: (bus: MemoryBus) => void;
}

class MemoryBus implements Bus {
  readonly stats: MutableStats = { published: 0, dropped: 0, received: 0, handlerFailures: 0 };
  readonly #broker: BrokerSide;
  readonly #subscribers = new Set<Subscriber>();
  readonly #listeners: (() => void)[] = [];
  #closed = false;

  constructor(broker: BrokerSide) {
    this.#broker = broker;
  }

  get connected(): boolean {
    return !this.#closed && this.#broker.running();
  }

  publish(subject: string, payload: Uint8Array): void {
    checkSubject(subject);
    checkPayload(payload);
    if (!this.connected) {
      this.stats.dropped++;
      return;
    }
    this.stats.published++;
    this.#broker.send({ subject, payload: Buffer.from(payload) });
  }

  async subscribe(pattern: string, handler: MessageHandler): Promise<Subscription> {
    checkPattern(pattern);
    if (this.#closed) throw new BusError("closed", "the bus is closed");
    const subscriber = { pattern, delivery: new Delivery(handler, this.stats) };
    this.#subscribers.add(subscriber);
    return {
      [Symbol.asyncDispose]: async () => {
        subscriber.delivery.close();
        this.#subscribers.delete(subscriber);
      },
    };
  }

  receive({ subject, payload }: Message): void {
    for (const { pattern, delivery } of this.#subscribers) {
      // Each subscriber has bytes of its own, as it would over a socket.
      if (matches(pattern, subject)) delivery.deliver(Buffer.from(payload), subject);
    }
  }

  reconnected(): void {
    for (const listener of this.#listeners) listener();
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async flush(): Promise<void> {
    await this.#broker.drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await this.flush();
    this.#closed = true;
    for (const { delivery } of this.#subscribers) delivery.close();
    this.#subscribers.clear();
    this.#broker.leave(this);
  }
}
