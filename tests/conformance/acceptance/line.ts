import { test } from "node:test";
import type { Caller, Transport } from "./caller.ts";

/** A test of the reference server's acceptance list, run once over each transport with accounts of its own. */
export type Line = (name: string, body: (rpc: Caller) => Promise<void>) => void;

const TRANSPORTS: readonly Transport[] = ["https", "onion"];

/** Registers every line as two tests, `name [https]` and `name [onion]`. */
export class Lines {
  readonly #names: string[] = [];
  readonly #caller: (transport: Transport) => Caller;

  constructor(caller: (transport: Transport) => Caller) {
    this.#caller = caller;
  }

  /** The names so far, in order. */
  get names(): readonly string[] {
    return this.#names;
  }

  readonly line: Line = (name, body) => {
    this.#names.push(name);
    for (const transport of TRANSPORTS) test(`${name} [${transport}]`, () => body(this.#caller(transport)));
  };
}
