import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;
const seed = Number(process.env["SEED"] ?? 7);
const STEPS = Number(process.env["STEPS"] ?? 30);

/** mulberry32 */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Message {
  readonly text: string;
  /** What the network promised; "unknown" after an answer that was not 200. */
  state: "stored" | "deleted" | "unknown";
  hash: string;
  /** Between which moments it ends, ms: the same while all was answered with 200. */
  ends: { least: number; most: number };
}

const DAY = 86_400_000;

function fresh(text: string): Message {
  return { text, state: "unknown", hash: "", ends: { least: 0, most: 0 } };
}

class Story {
  readonly random = generator(seed);
  readonly log: string[] = [`seed ${seed}`];
  readonly swarm: TestSwarm;
  readonly mail: { account: TestAccount; messages: Message[] }[];
  #count = 0;

  constructor(swarm: TestSwarm) {
    this.swarm = swarm;
    this.mail = Array.from({ length: 12 }, () => ({ account: new TestAccount(), messages: [] }));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T;
  }

  keepers(account: TestAccount): TestNode[] {
    const members = this.swarm.nodes[0]!.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))?.members;
    return this.swarm.nodes.filter((node) => members?.includes(node.pubkey));
  }

  async store(): Promise<void> {
    const { account, messages } = this.pick(this.mail);
    const old = messages.filter((message) => message.state === "deleted");
    const again = this.random() < 0.3 ? this.pick(old) : undefined;
    const message = again ?? fresh(`message ${this.#count++}`);
    if (again === undefined) messages.push(message);
    const node = this.pick(this.keepers(account).filter((each) => each.running));
    if (node === undefined) return;
    message.state = "unknown";
    const answer = await node.rpc("store", account.store(message.text)).catch(() => undefined);
    if (answer?.status !== 200) return;
    message.state = "stored";
    message.hash = answer.body.hash;
    const { expiry } = answer.body.swarm[node.pubkey];
    message.ends = { least: expiry, most: expiry };
  }

  /** A member that answered, or none: whoever is away cannot say what it did. */
  async ask(account: TestAccount, method: string, params: object): Promise<boolean> {
    const node = this.pick(this.keepers(account).filter((each) => each.running));
    const answer = await node?.rpc(method, params).catch(() => undefined);
    return answer?.status === 200;
  }

  async prolong(): Promise<void> {
    const { account, messages } = this.pick(this.mail);
    const message = this.pick(messages.filter((each) => each.state === "stored"));
    // Nothing ends later than in 30 days.
    if (message === undefined || message.ends.most > Date.now() + 26 * DAY) return;
    const end = message.ends.most + Math.ceil(this.random() * 3) * DAY;
    const isDone = await this.ask(account, "expire", account.expire([message.hash], end, "extend"));
    message.ends = { least: isDone ? end : message.ends.least, most: end };
  }

  async shorten(): Promise<void> {
    const { account, messages } = this.pick(this.mail);
    const end = Date.now() + DAY / 2 + Math.ceil(this.random() * 1_000_000);
    const isDone = await this.ask(account, "expire_all", account.expireAll(end, "all"));
    for (const { ends } of messages) {
      ends.least = Math.min(ends.least, end);
      if (isDone) ends.most = Math.min(ends.most, end);
    }
  }

  async sweep(): Promise<void> {
    const { account, messages } = this.pick(this.mail);
    const [method, params] = this.pick([
      ["delete_all", account.deleteAll("all")],
      ["delete_before", account.deleteBefore(Date.now(), "all")],
    ] as const);
    const isDone = await this.ask(account, method, params);
    for (const message of messages) if (message.state === "stored") message.state = isDone ? "deleted" : "unknown";
  }

  async delete(): Promise<void> {
    const { account, messages } = this.pick(this.mail);
    const message = this.pick(messages.filter((each) => each.state === "stored"));
    const node = this.pick(this.keepers(account).filter((each) => each.running));
    if (message === undefined || node === undefined) return;
    message.state = "unknown";
    const answer = await node.rpc("delete", account.delete([message.hash])).catch(() => undefined);
    if (answer?.status === 200) message.state = "deleted";
  }

  /** Some operations at once, never two on one message: then the order of their answers is the truth. */
  async traffic(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      const what = this.random();
      if (what < 0.55) await this.store();
      else if (what < 0.7) await this.delete();
      else if (what < 0.85) await this.prolong();
      else if (what < 0.95) await this.shorten();
      else await this.sweep();
    }
  }

  async stopOne(): Promise<void> {
    if (this.swarm.nodes.some((node) => !node.running)) return;
    await this.pick(this.swarm.nodes).stop();
    this.log.push("stop");
  }

  async startAll(): Promise<void> {
    for (const node of this.swarm.nodes) node.cut.clear();
    for (const node of this.swarm.nodes.filter((each) => !each.running)) {
      // The map is there before the registry, which is not known, or old.
      const { map, previousMap } = this.swarm.nodes[0]!.view.current;
      const registry = this.random() < 0.5 ? { registered: undefined } : { registered: [], height: map.height - 1n };
      node.view.set({ ...registry, map, previousMap, contacts: new Map() });
      await node.start();
      this.log.push("start");
    }
    this.swarm.publish();
  }

  /** Two nodes cannot reach one another until all is well again. */
  cutTwo(): void {
    const [a, b] = [this.pick(this.swarm.nodes), this.pick(this.swarm.nodes)];
    if (a === b) return;
    a.cut.add(b.pubkey);
    b.cut.add(a.pubkey);
    this.log.push(`cut ${this.swarm.nodes.indexOf(a)} ${this.swarm.nodes.indexOf(b)}`);
  }

  remap(): void {
    const nodes = [...this.swarm.nodes].sort(() => this.random() - 0.5);
    const split = this.random();
    const layouts = [
      new Map([[0n, nodes]]),
      new Map([
        [0n, nodes.slice(0, 3)],
        [OTHER, nodes.slice(3)],
      ]),
      new Map([[0n, nodes.slice(0, 5)]]),
      new Map([[OTHER, nodes.slice(1)]]),
    ];
    const layout = layouts[Math.floor(split * layouts.length)]!;
    const members = (nodes: readonly TestNode[]) => nodes.map((node) => this.swarm.nodes.indexOf(node)).join(" ");
    this.log.push([...layout].map(([id, each]) => `map ${id}: ${members(each)}`).join(", "));
    const hear = this.swarm.nodes.filter(() => this.random() < 0.7);
    this.log.push(`heard by ${members(hear)}`);
    this.swarm.setMap(layout, hear);
  }

  async check(): Promise<void> {
    for (const { account, messages } of this.mail) {
      for (const node of this.keepers(account)) {
        const { body } = await node.rpc("retrieve", account.retrieve({ max_size: -1 }));
        const found = new Map<string, number>(
          body.messages.map((each: { data: string; expiration: number }) => [
            Buffer.from(each.data, "base64").toString(),
            each.expiration,
          ]),
        );
        const who = `${this.swarm.nodes.indexOf(node)}`;
        for (const message of messages) {
          const { text, state, ends } = message;
          if (state === "stored") assert.ok(found.has(text), `${text} is lost at ${who}`);
          if (state === "deleted") assert.ok(!found.has(text), `${text} is back at ${who}`);
          const end = found.get(text) ?? 0;
          if (state === "stored") assert.ok(end >= ends.least && end <= ends.most, `${text} ends wrongly at ${who}`);
        }
      }
    }
  }
}

test("nothing acknowledged is lost, ends early or comes back, whatever joins, leaves, dissolves or restarts", async () => {
  await using postgres = await startPostgres({ maxConnections: 200 });
  await using swarm = await TestSwarm.start(6, {
    postgres,
    settings: { MEMBER_TIMEOUT_MS: "800", STRAGGLER_MS: "50" },
  });
  const story = new Story(swarm);
  try {
    for (let step = 0; step < STEPS; step++) {
      await story.traffic();
      const what = story.random();
      if (what < 0.12) await story.stopOne();
      else if (what < 0.3) await story.startAll();
      else if (what < 0.4) story.remap();
      else if (what < 0.46) story.cutTwo();
      else if (what < 0.56) swarm.publish();
    }
    await story.startAll();
    const promised = story.mail.flatMap(({ messages }) => messages).filter((message) => message.state !== "unknown");
    assert.ok(promised.length > STEPS / 2, "the faults must leave some traffic");
    await eventually(() => story.check(), { timeoutMs: 90_000 });
    await eventually(
      async () => {
        for (const node of swarm.nodes) assert.equal(await strays(node), 0, "what is handed over must be erased");
      },
      { timeoutMs: 90_000 },
    );
    await story.check();
  } catch (error) {
    throw new Error(story.log.join("\n"), { cause: error });
  }
});

async function strays(node: TestNode): Promise<number> {
  const { rows } = await node.service.node.data.database.query<{ account: Buffer }>({
    text: "select account from message",
  });
  const { current } = node.view;
  const stray = rows.filter((row) => !current.responsible(row.account.subarray(1))?.members.includes(node.pubkey));
  return stray.length;
}
