import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Bus, MAX_PAYLOAD_BYTES } from "./bus.ts";

/** A broker under test, with the faults that the contract speaks of. */
export interface ContractBroker extends AsyncDisposable {
  connect(): Promise<Bus>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Eventually = <T>(fn: () => T | Promise<T>) => Promise<unknown>;

const text = (value: string | number) => Buffer.from(String(value));

/** The suite that every implementation of `Bus` passes. */
export function busContract(name: string, open: () => Promise<ContractBroker>, eventually: Eventually): void {
  describe(`the bus contract on ${name}`, () => {
    let broker: ContractBroker;
    let stack: AsyncDisposableStack;
    const connect = async () => stack.use(await broker.connect());
    /** Subscribes and gathers `subject=payload`. */
    const gather = async (bus: Bus, pattern: string) => {
      const got: string[] = [];
      const subscription = await bus.subscribe(
        pattern,
        (payload, subject) => void got.push(`${subject}=${payload.toString()}`),
      );
      return { got, subscription };
    };

    beforeEach(async () => {
      broker = await open();
      stack = new AsyncDisposableStack();
    });
    afterEach(async () => {
      await stack.disposeAsync();
      await broker[Symbol.asyncDispose]();
    });
    const parts: ContractParts = { connect, gather, eventually, broker: () => broker };
    deliveryRules(parts);
    subscriberRules(parts);
    outageRules(parts);
  });
}

interface ContractParts {
  readonly connect: () => Promise<Bus>;
  readonly gather: (bus: Bus, pattern: string) => Promise<{ got: string[]; subscription: AsyncDisposable }>;
  readonly eventually: Eventually;
  readonly broker: () => ContractBroker;
}

function deliveryRules({ connect, gather, eventually }: ContractParts): void {
  test("a message reaches every subscriber, its publisher's own too, after publish returned", async () => {
    const [one, two] = [await connect(), await connect()];
    const all = [await gather(one, "a.b"), await gather(one, "a.b"), await gather(two, "a.b")];
    one.publish("a.b", text("x"));
    assert.deepEqual(all[0]?.got, []);
    for (const { got } of all) await eventually(() => assert.deepEqual(got, ["a.b=x"]));
    assert.equal(one.stats.published, 1);
    assert.equal(one.stats.received, 2);
  });

  test("the messages of one publisher arrive in their order over all subjects", async () => {
    const [one, two] = [await connect(), await connect()];
    const { got } = await gather(two, "order.>");
    const sent = Array.from({ length: 500 }, (_, i) => `order.${i % 3}=${i}`);
    for (let i = 0; i < 500; i++) one.publish(`order.${i % 3}`, text(i));
    await eventually(() => assert.equal(got.length, 500));
    assert.deepEqual(got, sent);
  });

  test("* stands for one word and > for one or more", async () => {
    const bus = await connect();
    const star = await gather(bus, "a.*.c");
    const rest = await gather(bus, "a.>");
    const last = await gather(bus, "end");
    for (const subject of ["a", "a.b", "a.b.c", "a.b.c.d", "b.b.c", "end"]) bus.publish(subject, text(1));
    await eventually(() => assert.deepEqual(last.got, ["end=1"]));
    assert.deepEqual(star.got, ["a.b.c=1"]);
    assert.deepEqual(rest.got, ["a.b=1", "a.b.c=1", "a.b.c.d=1"]);
  });

  test("the payload is the publisher's bytes at that moment, and each subscriber's own", async () => {
    const bus = await connect();
    const got: Buffer[] = [];
    for (const _ of [1, 2]) {
      await bus.subscribe("bytes", (payload) => {
        got.push(Buffer.from(payload));
        payload.fill(0);
      });
    }
    const payload = Buffer.from([1, 2, 255]);
    bus.publish("bytes", payload);
    payload.fill(9);
    await eventually(() => assert.deepEqual(got, [Buffer.from([1, 2, 255]), Buffer.from([1, 2, 255])]));
  });

  test("payloads may be empty and up to 1 MiB", async () => {
    const bus = await connect();
    const sizes: number[] = [];
    await bus.subscribe("size", (payload) => void sizes.push(payload.length));
    bus.publish("size", new Uint8Array(0));
    bus.publish("size", new Uint8Array(MAX_PAYLOAD_BYTES));
    assert.throws(() => bus.publish("size", new Uint8Array(MAX_PAYLOAD_BYTES + 1)), { code: "too-large" });
    await eventually(() => assert.deepEqual(sizes, [0, MAX_PAYLOAD_BYTES]));
  });

  test("malformed subjects are refused", async () => {
    const bus = await connect();
    for (const subject of ["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "a*"]) {
      assert.throws(() => bus.publish(subject, text(1)), { code: "bad-subject" }, subject);
    }
    for (const pattern of ["", "a..b", "a.>.b", "a*", "a b"]) {
      await assert.rejects(
        bus.subscribe(pattern, () => {}),
        { code: "bad-subject" },
        pattern,
      );
    }
  });
}

function subscriberRules({ connect, gather, eventually }: ContractParts): void {
  test("a slow handler gets one message at a time, in order, and holds up nobody else", async () => {
    const bus = await connect();
    const slow: string[] = [];
    let running = 0;
    await bus.subscribe("s", async (payload) => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      slow.push(payload.toString());
      running--;
    });
    const fast = await gather(bus, "s");
    for (let i = 0; i < 50; i++) bus.publish("s", text(i));
    await eventually(() => assert.equal(slow.length, 50));
    assert.deepEqual(
      slow,
      Array.from({ length: 50 }, (_, i) => String(i)),
    );
    assert.equal(fast.got.length, 50);
  });

  test("what a handler throws is contained and counted", async () => {
    const bus = await connect();
    await bus.subscribe("t", () => {
      throw new Error("at once");
    });
    await bus.subscribe("t", async () => {
      await Promise.resolve();
      throw new Error("later");
    });
    const { got } = await gather(bus, "t");
    bus.publish("t", text(1));
    bus.publish("t", text(2));
    await eventually(() => assert.equal(bus.stats.handlerFailures, 4));
    assert.deepEqual(got, ["t=1", "t=2"]);
  });

  test("a disposed subscription hears nothing more, the others do", async () => {
    const bus = await connect();
    const [one, two] = [await gather(bus, "d"), await gather(bus, "d")];
    bus.publish("d", text(1));
    await eventually(() => assert.equal(two.got.length, 1));
    await one.subscription[Symbol.asyncDispose]();
    await one.subscription[Symbol.asyncDispose]();
    bus.publish("d", text(2));
    await eventually(() => assert.equal(two.got.length, 2));
    assert.deepEqual(one.got, ["d=1"]);
  });

  test("flush resolves after the published messages are taken", async () => {
    const [one, two] = [await connect(), await connect()];
    const { got } = await gather(two, "f");
    for (let i = 0; i < 100; i++) one.publish("f", text(i));
    await one.flush();
    await two.flush();
    await eventually(() => assert.equal(got.length, 100));
  });

  test("closing sends what was published, then drops and refuses", async () => {
    const [one, two] = [await connect(), await connect()];
    const { got } = await gather(two, "c");
    const own = await gather(one, "c");
    one.publish("c", text("last"));
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    assert.equal(one.connected, false);
    one.publish("c", text("too late"));
    assert.equal(one.stats.dropped, 1);
    await assert.rejects(
      one.subscribe("c", () => {}),
      { code: "closed" },
    );
    two.publish("c", text("on"));
    await eventually(() => assert.deepEqual(got, ["c=last", "c=on"]));
    assert.ok(!own.got.includes("c=on"));
    await own.subscription[Symbol.asyncDispose]();
  });
}

function outageRules({ connect, gather, eventually, broker }: ContractParts): void {
  test("publishing while the server is away neither throws nor blocks, and nothing is sent later", async () => {
    const bus = await connect();
    const { got } = await gather(bus, "o");
    await broker().stop();
    await eventually(() => assert.equal(bus.connected, false));
    bus.publish("o", text("lost"));
    assert.equal(bus.stats.dropped, 1);
    await bus.flush();
    await broker().start();
    await eventually(() => assert.equal(bus.connected, true));
    bus.publish("o", text("back"));
    await eventually(() => assert.deepEqual(got, ["o=back"]));
  });

  test("old subscriptions and ones made in between work when the server is back, and the listener hears of it", async () => {
    const [one, two] = [await connect(), await connect()];
    let heard = 0;
    two.onReconnect(() => void heard++);
    const old = await gather(two, "r");
    await broker().stop();
    await eventually(() => assert.equal(two.connected, false));
    const made = await gather(two, "r");
    const left = await gather(two, "r");
    await left.subscription[Symbol.asyncDispose]();
    await broker().start();
    await eventually(() => assert.ok(one.connected && two.connected));
    await two.flush();
    assert.equal(heard, 1);
    one.publish("r", text(1));
    for (const { got } of [old, made]) await eventually(() => assert.deepEqual(got, ["r=1"]));
    assert.deepEqual(left.got, []);
  });

  test("a bus can be closed while the server is away", async () => {
    const bus = await connect();
    await broker().stop();
    await eventually(() => assert.equal(bus.connected, false));
    await bus[Symbol.asyncDispose]();
  });
}
