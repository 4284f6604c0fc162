import { after, before } from "node:test";
import { HttpsConnections, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { Caller, type Transport } from "./caller.ts";
import { Lines } from "./line.ts";
import { monitor } from "./monitor.ts";
import { storeRetrieve } from "./store-retrieve.ts";

// The reference server's acceptance list, over plain HTTPS and through onions of three hops, on one swarm of seven.

let net: Network;
const callers = new Map<Transport, Caller>();
const connections = new HttpsConnections();

before(async () => {
  net = await startNetwork({ nodes: 7 });
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

const { line } = new Lines((transport) => callers.get(transport)!);
storeRetrieve(line);
monitor(line);
