import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Redis } from "ioredis";
import { createLogger } from "@swarmpost/runtime";
import { eventually, type RedisServer, startRedis } from "@swarmpost/testkit";
import type { Cache } from "./cache.ts";
import { connectRedis } from "./fallback-cache.ts";

const password = "rightpassword";
let server: RedisServer;
before(async () => void (server = await startRedis({ password })));
after(async () => await server?.[Symbol.asyncDispose]());

const urlWith = (account: string) => server.url.replace("redis://", `redis://${account}`);

/** What a cache does for its callers whether or not Redis lets it in. */
async function worksLocally(cache: Cache): Promise<void> {
  const member = randomBytes(32);
  assert.equal(await cache.addOnce("seen", member, 60_000), true);
  assert.equal(await cache.addOnce("seen", member, 60_000), false);
}

for (const [what, account] of [
  ["a wrong password", ":wrongpassword@"],
  ["no password", ""],
  ["a user that Redis does not know", `nobody:${password}@`],
] as const) {
  test(`with ${what} the cache is never healthy, says so, and works locally`, async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: "test", level: "debug", destination });
    await using cache = await connectRedis({ url: urlWith(account), logger });
    assert.equal(cache.healthy, false);
    await worksLocally(cache);
    assert.equal(cache.healthy, false);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).event),
      ["cache_lost"],
    );
  });
}

test("a password that changes while the cache is connected is noticed with the next connection, and taken back", async () => {
  await using cache = await connectRedis({ url: urlWith(`:${password}@`) });
  await worksLocally(cache);
  assert.equal(cache.healthy, true);
  const admin = new Redis(urlWith(`:${password}@`));
  await admin.config("SET", "requirepass", "another");
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await eventually(() => assert.equal(cache.healthy, false));
  await worksLocally(cache);
  assert.equal(cache.healthy, false);
  await admin.config("SET", "requirepass", password);
  await eventually(() => assert.equal(cache.healthy, true));
  admin.disconnect();
});

test("a user that may do nothing is unhealthy from its first refused command on", async () => {
  const admin = new Redis(urlWith(`:${password}@`));
  await admin.call("ACL", "SETUSER", "guest", "on", ">guestpassword", "~*", "+ping", "+info");
  admin.disconnect();
  await using cache = await connectRedis({ url: urlWith("guest:guestpassword@") });
  await worksLocally(cache);
  assert.equal(cache.healthy, false);
});
