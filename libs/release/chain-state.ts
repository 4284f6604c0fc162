import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { callChain } from "./json-rpc.ts";

/** The state of a development chain in a folder: always one whole file, however a process or a machine ends. */
export class ChainState {
  readonly #file: string;
  #height: string | undefined;

  constructor(folder: string) {
    this.#file = join(folder, "state.json");
  }

  /** The file, when there is one. */
  async file(): Promise<string | undefined> {
    return await stat(this.#file).then(
      () => this.#file,
      () => undefined,
    );
  }

  /** Keeps the chain as it is, when it grew since the last time. Answers how long that took, in milliseconds. */
  async save(url: string): Promise<number> {
    const started = performance.now();
    const height = await callChain<string>(url, "eth_blockNumber");
    if (height === this.#height) return 0;
    const dump = Buffer.from((await callChain<string>(url, "anvil_dumpState")).slice(2), "hex");
    await this.#write(dump[0] === 0x1f && dump[1] === 0x8b ? gunzipSync(dump) : dump);
    this.#height = height;
    return performance.now() - started;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const fresh = `${this.#file}.new`;
    const handle = await open(fresh, "w");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, this.#file);
  }
}
