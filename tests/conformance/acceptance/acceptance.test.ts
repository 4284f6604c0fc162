import { after, before } from "node:test";
import { HttpsConnections, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { batch } from "./batch.ts";
import { bigRetrieve } from "./big-retrieve.ts";
import { Caller, type Transport } from "./caller.ts";
import { deletes } from "./deletes.ts";
import { expire } from "./expire.ts";
import { ifelse } from "./ifelse.ts";
import { Lines } from "./line.ts";
import { monitor } from "./monitor.ts";
import { messageNamespaces } from "./msg-ns.ts";
import { sessionAuth } from "./session-auth.ts";
import { storeRetrieve } from "./store-retrieve.ts";
import { subaccountAuth } from "./subaccount-auth.ts";

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
batch(line);
bigRetrieve(line);
deletes(line);
expire(line);
ifelse(line);
messageNamespaces(line);
sessionAuth(line);
subaccountAuth(line);
monitor(line);
