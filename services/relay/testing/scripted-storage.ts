import { LocalLinkServer } from "@swarmpost/rpc";

/** What a scripted storage answers: status and body; an object body is JSON. */
export type StorageScript = (request: { method: string; params: unknown }) => Promise<[number, string | object]>;

/** Stands for a node's storage at the other end of the local link. */
export class ScriptedStorage implements AsyncDisposable {
  /** Methods asked so far. */
  readonly asked: string[] = [];
  /** Ids under which the relay logged them, hex; empty where it told none. */
  readonly requestIds: string[] = [];
  /** How long the relay said that it waits, ms, for each. */
  readonly waits: number[] = [];
  /** How many requests the relay took back before they were answered. */
  released = 0;
  /** Readiness answer; empty is ready. */
  notReady = "";
  script: StorageScript = async ({ method, params }) => [200, { method, params, t: 1 }];
  readonly #server = new LocalLinkServer(
    { host: "127.0.0.1", port: 0, graceMs: 100 },
    async ({ kind, payload, remainingMs, signal }) => {
      if (kind === 2) return Buffer.from(this.notReady);
      const idBytes = ((payload[0] ?? 0) & 0b10) === 0 ? 0 : 8;
      const request = JSON.parse(payload.subarray(1 + idBytes).toString("utf8")) as { method: string; params: unknown };
      this.asked.push(request.method);
      this.requestIds.push(payload.toString("hex", 1, 1 + idBytes));
      this.waits.push(remainingMs);
      signal.addEventListener("abort", () => {
        this.released += 1;
      });
      const [status, body] = await this.script(request);
      const json = typeof body === "object";
      const head = Buffer.alloc(3);
      head.writeUInt16LE(status);
      head.writeUInt8(json ? 1 : 0, 2);
      return Buffer.concat([head, Buffer.from(json ? JSON.stringify(body) : body)]);
    },
  );

  get address(): string {
    return this.#server.address;
  }

  async listen(): Promise<this> {
    await this.#server.listen();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
