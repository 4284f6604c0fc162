import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HttpsConnections, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { ALL_LINES, NOT_APPLICABLE } from "./all-lines.ts";
import { batch } from "./batch.ts";
import { bigRetrieve } from "./big-retrieve.ts";
import { Caller, type Transport } from "./caller.ts";
import { deletes } from "./deletes.ts";
import { expire } from "./expire.ts";
import { ifelse } from "./ifelse.ts";
import { Lines } from "./line.ts";
import { monitor } from "./monitor.ts";
import { messageNamespaces } from "./msg-ns.ts";
import { otherMethods } from "./other-methods.ts";
import { sessionAuth } from "./session-auth.ts";
import { storeRetrieve } from "./store-retrieve.ts";
import { subaccountAuth } from "./subaccount-auth.ts";

// The reference server's acceptance list, over plain HTTPS and through onions of three hops, on one swarm of seven.

let net: Network;
const callers = new Map<Transport, Caller>();
const connections = new HttpsConnections();

before(async () => {
  // Every entry of an answer is looked at, so that all members are waited for, however busy the machine is.
  const storage = { MEMBER_TIMEOUT_MS: "20000", STRAGGLER_MS: "20000" };
  net = await startNetwork({ nodes: 7, settings: { storage } });
  await using client = await SwarmpostClient.connect(net.networkFile);
  const nodes = client.nodes();
  for (const transport of ["https", "onion"] as const) {
    callers.set(transport, new Caller(transport, { nodes, connections }));
  }
});
after(async () => {
  await connections[Symbol.asyncDispose]();
  await net?.stop();
});

const lines = new Lines((transport) => callers.get(transport)!);
const { line } = lines;
storeRetrieve(line);
batch(line);
bigRetrieve(line);
deletes(line);
expire(line);
ifelse(line);
messageNamespaces(line);
sessionAuth(line);
subaccountAuth(line);
monitor(line);
otherMethods(line);

test("every line of the list is tested over both transports, or says why it cannot be", () => {
  const all = Object.entries(ALL_LINES).flatMap(([file, names]) => names.map((name) => `${file}.${name}`));
  const tested = lines.names.filter((name) => name.startsWith("test_"));
  assert.equal(new Set(lines.names).size, lines.names.length, "a line is there twice");
  assert.deepEqual([...tested, ...Object.keys(NOT_APPLICABLE)].sort(), all.sort());
  for (const reason of Object.values(NOT_APPLICABLE)) assert.ok(reason.length > 40);
});
