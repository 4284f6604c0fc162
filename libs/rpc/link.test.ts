import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import {
  type Link,
  LinkError,
  type LinkErrorCode,
  type LinkHandler,
  LinkRefusal,
  LocalLinkServer,
  openLocalLink,
} from "./index.ts";

const echo: LinkHandler = async ({ payload }) => payload;

function coded(code: LinkErrorCode, detail?: number) {
  return (error: unknown) => {
    assert.ok(error instanceof LinkError, String(error));
    assert.equal(error.code, code);
    if (detail !== undefined) assert.equal(error.detail, detail);
    return true;
  };
}

async function listen(handler: LinkHandler, port = 0, graceMs = 2_000): Promise<LocalLinkServer> {
  const server = new LocalLinkServer({ host: "127.0.0.1", port, graceMs }, handler);
  await server.listen();
  return server;
}

function portOf(server: LocalLinkServer): number {
  return Number(server.address.split(":")[1]);
}

/** Polls with real requests until one is answered. */
function answered(link: Link, timeoutMs = 5_000): Promise<Buffer> {
  const again = () => link.request(1, Buffer.from("again"), { deadlineMs: 500 });
  return eventually(again, { timeoutMs, intervalMs: 5 });
}

test("a request is answered with the handler's bytes", async () => {
  await using server = await listen(async ({ kind, payload, peer }) => {
    assert.equal(peer, undefined);
    return Buffer.concat([Buffer.from([kind]), payload]);
  });
  await using link = openLocalLink(server.address);
  assert.equal(link.state, "idle");
  assert.equal((await link.request(65, Buffer.from("bc"), { deadlineMs: 2_000 })).toString(), "Abc");
  assert.equal(link.state, "up");
});

test("answers find their requests whatever order the handlers end in", async () => {
  const waiting: (() => void)[] = [];
  await using server = await listen(async ({ payload }) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return payload;
  });
  await using link = openLocalLink(server.address);
  const payloads = Array.from({ length: 200 }, (_, i) => Buffer.from([i, 255 - i]));
  const asked = Promise.all(payloads.map((payload) => link.request(1, payload, { deadlineMs: 5_000 })));
  await eventually(() => assert.equal(waiting.length, payloads.length));
  for (let turn = 0; turn < 7; turn += 1) {
    for (const [index, answer] of waiting.entries()) if (index % 7 === 6 - turn) answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answers = await asked;
  assert.deepEqual(
    answers.map((answer) => [...answer]),
    payloads.map((payload) => [...payload]),
  );
});

test("a frame of 11 MiB crosses and one over 12 MiB is refused before it is sent", async () => {
  await using server = await listen(async ({ payload }) => Buffer.from([payload.at(-1) ?? 0]));
  await using link = openLocalLink(server.address);
  const answer = await link.request(1, Buffer.alloc(11 * 1024 * 1024, 9), { deadlineMs: 10_000 });
  assert.deepEqual([...answer], [9]);
  await assert.rejects(link.request(1, Buffer.alloc(12 * 1024 * 1024), { deadlineMs: 1_000 }), coded("refused", 413));
});

test("a coded refusal reaches the caller and any other exception only as 500 without its text", async () => {
  const seen: unknown[] = [];
  const server = new LocalLinkServer(
    { host: "127.0.0.1", port: 0, onError: (error) => seen.push((error as Error).message) },
    async ({ kind }) => {
      if (kind === 1) throw new LinkRefusal(421, "not mine");
      throw new Error("hunter2");
    },
  );
  await server.listen();
  await using _ = server;
  await using link = openLocalLink(server.address);
  await assert.rejects(link.request(1, Buffer.alloc(0), { deadlineMs: 1_000 }), (error: LinkError) => {
    assert.equal(error.message, "not mine");
    return coded("refused", 421)(error);
  });
  await assert.rejects(link.request(2, Buffer.alloc(0), { deadlineMs: 1_000 }), (error: LinkError) => {
    assert.doesNotMatch(error.message, /hunter2/);
    return coded("refused", 500)(error);
  });
  assert.deepEqual(seen, ["hunter2"]);
});

test("a slow handler is a timeout for the caller and an abort for the handler", async () => {
  const fired = Promise.withResolvers<void>();
  await using server = await listen(async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    fired.resolve();
    return Buffer.alloc(0);
  });
  await using link = openLocalLink(server.address);
  await assert.rejects(link.request(1, Buffer.alloc(0), { deadlineMs: 60 }), coded("timeout"));
  await fired.promise;
});

test("a server that is not there is unreachable, and then fails fast", async () => {
  await using link = openLocalLink("127.0.0.1:1");
  await assert.rejects(link.request(1, Buffer.alloc(0), { deadlineMs: 5_000 }), coded("unreachable"));
  assert.equal(link.state, "down");
  const from = performance.now();
  await assert.rejects(link.request(1, Buffer.alloc(0), { deadlineMs: 5_000 }), coded("unreachable"));
  assert.ok(performance.now() - from < 50);
});

test("a link that was down comes back by itself", async () => {
  const first = await listen(echo);
  const port = portOf(first);
  await using link = openLocalLink(first.address);
  await link.request(1, Buffer.alloc(1), { deadlineMs: 1_000 });
  await first[Symbol.asyncDispose]();
  await assert.rejects(async () => {
    for (;;) await link.request(1, Buffer.alloc(1), { deadlineMs: 200 });
  }, coded("unreachable"));
  await using _second = await listen(echo, port);
  assert.equal((await answered(link)).toString(), "again");
});

test("a request that was delivered when the server died is lost, and is not delivered again", async () => {
  const delivered = Promise.withResolvers<void>();
  let times = 0;
  const never: LinkHandler = () => {
    times += 1;
    delivered.resolve();
    return new Promise(() => {});
  };
  const first = await listen(never, 0, 0);
  await using link = openLocalLink(first.address);
  const doomed = link.request(1, Buffer.alloc(1), { deadlineMs: 10_000 });
  doomed.catch(() => {});
  await delivered.promise;
  await first[Symbol.asyncDispose]();
  await assert.rejects(doomed, coded("lost"));
  await using _second = await listen(async ({ payload }) => {
    if (payload.length === 1) times += 1;
    return payload;
  }, portOf(first));
  await answered(link);
  assert.equal(times, 1);
});

test("a server that stops lets requests under way finish", async () => {
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const server = await listen(async ({ payload }) => {
    started.resolve();
    await finish.promise;
    return payload;
  });
  await using link = openLocalLink(server.address);
  const request = link.request(1, Buffer.from("kept"), { deadlineMs: 5_000 });
  await started.promise;
  const stopped = server[Symbol.asyncDispose]();
  finish.resolve();
  assert.equal((await request).toString(), "kept");
  await stopped;
});

test("too much outstanding is overloaded and heals when answers come", async () => {
  const open = Promise.withResolvers<void>();
  await using server = await listen(async ({ payload }) => {
    await open.promise;
    return payload;
  });
  await using link = openLocalLink(server.address, { maxOutstandingBytes: 4_096 });
  const first = link.request(1, Buffer.alloc(3_000), { deadlineMs: 5_000 });
  await assert.rejects(link.request(1, Buffer.alloc(3_000), { deadlineMs: 5_000 }), coded("overloaded"));
  open.resolve();
  await first;
  assert.equal((await link.request(1, Buffer.alloc(3_000), { deadlineMs: 5_000 })).length, 3_000);
});

test("an unused link closes and opens again when asked", async () => {
  await using server = await listen(echo);
  await using link = openLocalLink(server.address, { idleMs: 40 });
  await link.request(1, Buffer.alloc(1), { deadlineMs: 1_000 });
  await eventually(() => assert.equal(link.state, "idle"));
  assert.equal((await link.request(1, Buffer.from("x"), { deadlineMs: 1_000 })).toString(), "x");
});

test("a closed link refuses requests and settles those that wait", async () => {
  await using server = await listen(() => new Promise(() => {}));
  const link = openLocalLink(server.address);
  const waiting = link.request(1, Buffer.alloc(1), { deadlineMs: 60_000 });
  waiting.catch(() => {});
  await link[Symbol.asyncDispose]();
  await assert.rejects(waiting, (error: LinkError) => error.code === "unreachable" || error.code === "lost");
  await assert.rejects(link.request(1, Buffer.alloc(1), { deadlineMs: 1_000 }), coded("unreachable"));
});

test("thousands of requests at once are all answered over one stream", async () => {
  await using server = await listen(echo);
  await using link = openLocalLink(server.address);
  const payload = Buffer.alloc(1_024, 3);
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, () => link.request(1, payload, { deadlineMs: 20_000 })),
  );
  assert.ok(answers.every((answer) => answer.length === 1_024));
});

test("answers that together exceed the server's bound all arrive", async () => {
  let handled = 0;
  await using server = await listen(
    async () => {
      handled += 1;
      return Buffer.alloc(1024 * 1024);
    },
    0,
    200,
  );
  await using link = openLocalLink(server.address);
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => link.request(1, Buffer.alloc(10), { deadlineMs: 30_000 })),
  );
  assert.equal(handled, 120);
  assert.ok(answers.every((answer) => answer.length === 1024 * 1024));
});
