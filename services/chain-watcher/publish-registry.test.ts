import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { MAX_PAYLOAD_BYTES, MemoryBroker } from "@swarmpost/bus";
import { pubkey } from "@swarmpost/crypto";
import { RegistryChangedSchema } from "@swarmpost/protos";
import { createRuntime, silentLogger } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { chainWatcherMetrics } from "./metrics.ts";
import { publishRegistry, registrySubject } from "./publish-registry.ts";
import type { RegistrySnapshot } from "./registry-message.ts";

function snapshot(height: bigint, count: number): RegistrySnapshot {
  const operator = `0x${"11".repeat(20)}` as const;
  const identity = { chainId: 31_337n, genesis: `0x${"22".repeat(32)}` as const, contract: operator };
  const nodes = Array.from({ length: count }, (_, index) => {
    const key = Buffer.alloc(32);
    key.writeUInt32BE(index);
    return { nodeKey: pubkey(key), operator, stake: 10n ** 22n, registeredAt: 1n, unlockRequestedAt: 0n };
  });
  return { identity, cursor: { height, hash: `0x${"33".repeat(32)}` }, nodes } as unknown as RegistrySnapshot;
}

test("a registry too large for the bus is announced without its content, so that listeners ask for it at once", async () => {
  const broker = new MemoryBroker();
  const heard: (bigint | undefined)[] = [];
  await using listener = broker.connect();
  await listener.subscribe(registrySubject, (payload) => {
    assert.ok(payload.length <= MAX_PAYLOAD_BYTES);
    heard.push(fromBinary(RegistryChangedSchema, payload).registry?.height);
  });
  const { metrics } = createRuntime("chain-watcher", { logger: silentLogger });
  await using bus = broker.connect();
  const { serving } = chainWatcherMetrics(metrics);
  publishRegistry(bus, snapshot(1n, 10), serving);
  publishRegistry(bus, snapshot(2n, 20_000), serving);
  await eventually(() => assert.deepEqual(heard, [1n, undefined]));
  assert.match(await metrics.render(), /publications_total\{result="too_large"\} 1/);
});
