import type { Pubkey } from "@swarmpost/crypto";
import type { Greeter } from "./greeter.ts";
import type { HandoffState } from "./handoff-state.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import { covers, type SourceState } from "./sync-task.ts";

/** Who holds everything of an account. */
export interface Wholeness {
  /** Whether this node knows that it may lack messages of the account. */
  behind(account: Buffer): boolean;
  /** Whether this node has everything of the account although it may no longer keep it. */
  canAnswer(account: Buffer): Promise<boolean>;
  /** Nodes that may hold everything, most likely first; this node is not among them. */
  holders(account: Buffer): Pubkey[];
}

/** What wholeness is read from. */
export interface WholenessParts {
  readonly state: HandoffState;
  readonly view: NodeView;
  readonly messages: MessageTable;
  /** Whether this node knows of all that it may lack. */
  readonly greeter: Pick<Greeter, "sure">;
}

/** Knows what this node lacks, and who has it. */
export class NodeWholeness implements Wholeness {
  readonly #parts: WholenessParts;

  constructor(parts: WholenessParts) {
    this.#parts = parts;
  }

  behind(account: Buffer): boolean {
    return !this.#parts.greeter.sure || this.#parts.state.behind.some((task) => covers(task, account));
  }

  async canAnswer(account: Buffer): Promise<boolean> {
    const { state, view, messages, greeter } = this.#parts;
    if (view.keeps(account)) return !this.behind(account);
    // Before it erased anything of an account, a former holder has all that it ever had.
    if (!greeter.sure || state.partial || state.behind.length > 0 || state.erasedOf(account)) return false;
    return messages.knows(account);
  }

  holders(account: Buffer): Pubkey[] {
    const { state, view } = this.#parts;
    const mates = view.responsible(account)?.members ?? [];
    const sources = state.behind.filter((task) => covers(task, account)).flatMap((task) => task.sources);
    const all = new Set([...mates, ...sources]);
    all.delete(view.self);
    return [...all].filter((node) => view.current.node(node)?.contact !== undefined);
  }

  /** What this node says of itself when it is pulled from. */
  get ownState(): SourceState {
    const { state, greeter } = this.#parts;
    const { behind } = state;
    if (behind.some((task) => task.kind === "empty")) return "blank";
    return behind.length > 0 || state.partial || !greeter.sure ? "behind" : "whole";
  }
}
