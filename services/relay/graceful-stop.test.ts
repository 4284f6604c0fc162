import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

interface Reply {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  /** Whether the request went over a connection that had been used before. */
  readonly reused: boolean;
}

/** One request to storage over a client's kept connections. */
function ask(relay: TestRelay, agent: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      host: "127.0.0.1",
      port: relay.service.httpsPort,
      method: "POST",
      path: "/storage_rpc/v1",
    };
    const sent = request(options, (response) => {
      response.resume().once("end", () =>
        resolve({
          status: response.statusCode,
          connection: response.headers.connection,
          reused: sent.reusedSocket,
        }),
      );
    });
    sent.once("error", reject).end(`{"method":"info","params":{}}`);
  });
}

const keepAlive = () => new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });

test("a stopping relay serves on while it says that it is not ready, and has clients leave their connections", async () => {
  await using network = await RelayNetwork.start({ nodes: 1 });
  const [relay] = network.relays as [TestRelay];
  const agent = keepAlive();
  assert.equal((await ask(relay, agent)).connection, "keep-alive");
  relay.runtime.health.stop();
  assert.deepEqual(relay.runtime.health.reasons(), ["service: shutting down"]);
  assert.deepEqual(await ask(relay, agent), { status: 200, connection: "close", reused: true });
  assert.deepEqual(await ask(relay, agent), { status: 200, connection: "close", reused: false });
  agent.destroy();
});

test("under steady load no request fails from the signal until the relay is gone, those under way included", async () => {
  await using network = await RelayNetwork.start({ nodes: 1 });
  const [relay] = network.relays as [TestRelay];
  let answers = Promise.resolve();
  relay.storage.script = async () => {
    await answers;
    return [200, {}];
  };
  const agent = keepAlive();
  const replies: Reply[] = [];
  let loading = true;
  const load = async () => {
    while (loading) replies.push(await ask(relay, agent));
  };
  const loads = Promise.all(Array.from({ length: 4 }, load));
  await eventually(() => replies.length >= 20);
  relay.runtime.health.stop();
  const before = replies.length;
  await eventually(() => replies.length >= before + 40);
  loading = false;
  await loads;
  // Nothing new is asked of an endpoint that was removed; what is under way when the relay ends is answered.
  const asked = relay.storage.asked.length;
  const held = Promise.withResolvers<void>();
  answers = held.promise;
  const last = Promise.all(Array.from({ length: 4 }, () => ask(relay, agent)));
  await eventually(() => relay.storage.asked.length === asked + 4, { intervalMs: 1 });
  const gone = relay.service[Symbol.asyncDispose]();
  held.resolve();
  replies.push(...(await last));
  await gone;
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
  assert.ok(replies.slice(before + 4).every(({ connection }) => connection === "close"));
  await assert.rejects(ask(relay, agent), { code: "ECONNREFUSED" });
  agent.destroy();
});
