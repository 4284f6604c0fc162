import type { Pubkey } from "@swarmpost/crypto";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Clock, Logger } from "@swarmpost/runtime";
import { Absences } from "./absences.ts";
import { Greeter } from "./greeter.ts";
import type { HandoffState } from "./handoff-state.ts";
import { helloMethod } from "./hello-method.ts";
import { MemberMemory } from "./member-memory.ts";
import type { NodeView } from "./node-view.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import type { StorageData } from "./storage-data.ts";

/** What the members of a swarm tell one another of themselves needs. */
export interface GreetingsParts extends Pick<StorageData, "database" | "identity" | "pending"> {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly state: HandoffState;
  /** Told when something was added to what is to be pulled. */
  readonly onPlanned: () => void;
  /** Told of a member that has just started and has a link. */
  readonly onReturned: (member: Pubkey) => void;
  /** Told of each loss of this node's database that is found. */
  readonly onFound: () => void;
}

/** Both sides of a hello: this node tells the members of itself, and hears them. */
export class Greetings {
  readonly absences: Absences;
  readonly greeter: Greeter;
  /** Hears a member's hello. */
  readonly method: ReplicaMethod;
  readonly memory: MemberMemory;
  readonly #view: NodeView;

  constructor(parts: GreetingsParts) {
    const { state, links, view } = parts;
    this.#view = view;
    this.memory = new MemberMemory(parts);
    this.absences = new Absences(parts);
    this.greeter = new Greeter({
      ...parts,
      onLost: async () => {
        state.lost();
        await state.save();
        parts.onPlanned();
      },
    });
    this.method = helloMethod({
      ...parts,
      memory: this.memory,
      absences: this.absences,
      onStarting: (member) => {
        this.greeter.again(member);
        links.wake(member);
        parts.onReturned(member);
      },
      onLost: () => {
        state.refresh();
        parts.onPlanned();
      },
    });
  }

  /** Reads what an earlier run left. @throws DatabaseError */
  load(): Promise<void> {
    return this.memory.load();
  }

  /** Writes what members said. @throws DatabaseError */
  async save(): Promise<void> {
    if (this.#view.current.map.hash !== "") await this.memory.save(this.#view.mates);
  }
}
