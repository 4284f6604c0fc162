import assert from "node:assert/strict";
import { test } from "node:test";
import { ChainService, ProofService } from "@swarmpost/protos";
import { type Channel, createClient, GrpcServer, type Handlers, implement, openChannel, RpcError } from "./index.ts";

type ChainHandlers = Handlers<typeof ChainService>;
const registry = { height: 7n, chainId: 31337n, nodes: [{ pubkey: new Uint8Array(32).fill(1) }] };

const calm: ChainHandlers = {
  getRegistry: async () => ({ registry }),
  async *watchBlocks(request) {
    for (let height = request.fromHeight; height < request.fromHeight + 3n; height += 1n) yield { block: { height } };
  },
};

async function serve(handlers: Partial<ChainHandlers>, onError?: (method: string, error: unknown) => void) {
  const server = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 200, ...(onError ? { onError } : {}) });
  implement(server, ChainService, { ...calm, ...handlers });
  await server.listen();
  const channel: Channel = openChannel(server.address);
  return {
    server,
    chain: createClient(ChainService, channel),
    channel,
    async [Symbol.asyncDispose]() {
      await channel[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function coded(code: string) {
  return (error: unknown) => error instanceof RpcError && error.code === code;
}

test("a unary call answers with a typed message", async () => {
  await using net = await serve({});
  const response = await net.chain.getRegistry({});
  assert.equal(response.registry?.height, 7n);
  assert.deepEqual(Buffer.from(response.registry?.nodes[0]?.pubkey ?? []), Buffer.alloc(32, 1));
});

test("a stream yields each message and ends", async () => {
  await using net = await serve({});
  const heights: bigint[] = [];
  for await (const { block } of net.chain.watchBlocks({ fromHeight: 5n })) heights.push(block?.height ?? -1n);
  assert.deepEqual(heights, [5n, 6n, 7n]);
});

test("a stream of many messages respects a slow reader and loses none", async () => {
  await using net = await serve({
    async *watchBlocks() {
      const hash = new Uint8Array(64 * 1024);
      for (let height = 0n; height < 200n; height += 1n) yield { block: { height, hash } };
    },
  });
  let next = 0n;
  for await (const { block } of net.chain.watchBlocks({})) {
    assert.equal(block?.height, next);
    next += 1n;
    if (next % 50n === 0n) await new Promise(setImmediate);
  }
  assert.equal(next, 200n);
});

test("a coded error reaches the caller with its code and text", async () => {
  await using net = await serve({
    getRegistry: async () => {
      throw new RpcError("failed-precondition", "storage is not ready");
    },
  });
  await assert.rejects(net.chain.getRegistry({}), (error: RpcError) => {
    assert.equal(error.code, "failed-precondition");
    assert.equal(error.message, "storage is not ready");
    return true;
  });
});

test("the text of an unexpected exception stays on the server", async () => {
  const seen: unknown[] = [];
  await using net = await serve(
    {
      getRegistry: async () => {
        throw new Error("password is hunter2");
      },
      async *watchBlocks() {
        yield { block: { height: 1n } };
        throw new Error("password is hunter2");
      },
    },
    (method, error) => seen.push(method, (error as Error).message),
  );
  await assert.rejects(net.chain.getRegistry({}), (error: RpcError) => {
    assert.equal(error.code, "internal");
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  await assert.rejects(async () => {
    for await (const _ of net.chain.watchBlocks({}));
  }, coded("internal"));
  assert.deepEqual(seen, [
    "/swarmpost.chain.v1.ChainService/GetRegistry",
    "password is hunter2",
    "/swarmpost.chain.v1.ChainService/WatchBlocks",
    "password is hunter2",
  ]);
});

test("a call ends at its deadline and the handler's signal fires", async () => {
  const fired = Promise.withResolvers<void>();
  await using net = await serve({
    getRegistry: (_request, call) =>
      new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => {
          fired.resolve();
          reject(new RpcError("cancelled", "gone"));
        });
      }),
  });
  await assert.rejects(net.chain.getRegistry({}, { deadlineMs: 50 }), coded("deadline-exceeded"));
  await fired.promise;
});

test("an aborted caller gets cancelled, and a stream handler learns of it", async () => {
  const fired = Promise.withResolvers<void>();
  await using net = await serve({
    async *watchBlocks(_request, call) {
      yield { block: { height: 1n } };
      await new Promise<void>((resolve) => call.signal.addEventListener("abort", () => resolve()));
      fired.resolve();
    },
  });
  const abort = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of net.chain.watchBlocks({}, { signal: abort.signal })) abort.abort();
  }, coded("cancelled"));
  await fired.promise;
  await assert.rejects(net.chain.getRegistry({}, { signal: abort.signal }), coded("cancelled"));
});

test("leaving the loop over a stream cancels it on the server", async () => {
  const fired = Promise.withResolvers<void>();
  await using net = await serve({
    async *watchBlocks(_request, call) {
      call.signal.addEventListener("abort", () => fired.resolve());
      for (let height = 0n; !call.signal.aborted; height += 1n) {
        yield { block: { height } };
        await new Promise(setImmediate);
      }
    },
  });
  for await (const _ of net.chain.watchBlocks({})) break;
  await fired.promise;
});

test("a service nobody implements is answered unimplemented", async () => {
  await using net = await serve({});
  await assert.rejects(createClient(ProofService, net.channel).getProofs({}), coded("unimplemented"));
});

test("a server that is not there is unavailable at once", async () => {
  await using channel = openChannel("127.0.0.1:1");
  await assert.rejects(createClient(ChainService, channel).getRegistry({}), coded("unavailable"));
});

test("a channel finds its server again after a restart", async () => {
  const first = new GrpcServer({ host: "127.0.0.1", port: 0 });
  implement(first, ChainService, calm);
  await first.listen();
  await using channel = openChannel(first.address);
  const chain = createClient(ChainService, channel);
  await chain.getRegistry({});
  await first[Symbol.asyncDispose]();
  await assert.rejects(chain.getRegistry({}), coded("unavailable"));
  await using second = new GrpcServer({ host: "127.0.0.1", port: Number(first.address.split(":")[1]) });
  implement(second, ChainService, calm);
  await second.listen();
  const until = Date.now() + 5_000;
  for (;;) {
    const response = await chain.getRegistry({}).catch((error: unknown) => {
      if (Date.now() > until) throw error;
    });
    if (response) break;
    await new Promise(setImmediate);
  }
});
