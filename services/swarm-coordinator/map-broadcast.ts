import { create, toBinary } from "@bufbuild/protobuf";
import { type Bus, MAX_PAYLOAD_BYTES } from "@swarmpost/bus";
import { SwarmMapChangedSchema } from "@swarmpost/protos";
import { Mailbox } from "./mailbox.ts";
import type { MapHistory } from "./map-history.ts";
import { type MapMessage, mapMessage } from "./swarm-map-message.ts";

const SUBJECT = "swarmpost.swarm.map";

/** Gives the map in force to everybody who asks, watches or listens on the bus. */
export class MapBroadcast {
  readonly #bus: Bus;
  readonly #watchers = new Set<Mailbox<MapMessage>>();
  #current: MapMessage | undefined;

  constructor(collaborators: { bus: Bus }) {
    this.#bus = collaborators.bus;
    this.#bus.onReconnect(() => this.#publish());
  }

  /** The map in force; undefined until a whole one is known. */
  get current(): MapMessage | undefined {
    return this.#current;
  }

  /** A new map is in force. */
  announce(history: MapHistory): void {
    const message = mapMessage(history);
    this.#current = message;
    this.#publish();
    for (const watcher of this.#watchers) watcher.put(message);
  }

  /** The map in force, then each later one, until the signal is aborted. */
  async *watch(signal: AbortSignal): AsyncGenerator<MapMessage, void> {
    const mailbox = new Mailbox<MapMessage>();
    if (this.#current) mailbox.put(this.#current);
    this.#watchers.add(mailbox);
    try {
      yield* mailbox.read(signal);
    } finally {
      this.#watchers.delete(mailbox);
    }
  }

  /** A map too large for the bus is announced without its content: listeners then ask for it. */
  #publish(): void {
    if (!this.#current) return;
    const whole = toBinary(SwarmMapChangedSchema, create(SwarmMapChangedSchema, this.#current));
    this.#bus.publish(SUBJECT, whole.length <= MAX_PAYLOAD_BYTES ? whole : new Uint8Array(0));
  }
}
