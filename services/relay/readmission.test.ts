import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { nodeCertificate, PeerLinks } from "@swarmpost/rpc";
import { eventually } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

test("a link ends when a fault cuts its node off, without a new view, and comes back after it", async () => {
  const cut = new Set<Pubkey>();
  await using network = await RelayNetwork.start({ nodes: 2, admit: (key) => !cut.has(key) });
  const [relay, caller] = network.relays as [TestRelay, TestRelay];
  const identity = { keys: caller.keys, certificate: await nodeCertificate(caller.keys) };
  await using links = new PeerLinks(identity, { contact: () => undefined });
  const at = { pubkey: relay.pubkey, host: "127.0.0.1", port: relay.service.peerPort };
  // A frame that is none: that it is refused shows that the link stands.
  const code = () =>
    links.requestAt(at, 1, Buffer.alloc(1), { deadlineMs: 2_000 }).then(
      () => "answered",
      (error: { code: string }) => error.code,
    );
  assert.equal(await code(), "refused");
  cut.add(caller.pubkey);
  await eventually(async () => (await code()) !== "refused");
  cut.clear();
  await eventually(async () => (await code()) === "refused");
});
