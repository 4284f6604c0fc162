import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerLayer } from "@swarmpost/onion";
import { ExitPolicy } from "../../services/relay/exit-policy.ts";
import { environmentOf } from "./environment.ts";
import { ofKind } from "./manifest.ts";
import { Policies } from "./policies.ts";
import { programs } from "./programs.ts";
import { render, type RenderOptions } from "./render.ts";
import { allContainers, componentOf, workloads } from "./workloads.ts";

const identity = { name: "net-swarmpost-node-0", namespace: "swarm", ip: "10.0.0.9", hostIp: "10.0.0.1" };

/** The exits of the nodes of a release, as a relay reads its settings. */
function exitsOf(options: RenderOptions = {}): ExitPolicy {
  const relay = programs(allContainers(render(options))).find(({ name }) => name === "relay");
  const env = environmentOf(relay?.container ?? assert.fail("no relay"), identity);
  return new ExitPolicy({
    hosts: env["EXIT_HOSTS"] ?? "public",
    aliases: env["EXIT_ALIASES"] ?? "",
    deniedRanges: env["EXIT_DENIED_RANGES"] ?? "",
  });
}

const layer = (host: string, port: number, protocol: "http" | "https"): ServerLayer => ({
  kind: "server",
  host,
  port,
  protocol,
  target: "/oxen/v4/lsrpc",
  plaintext: Buffer.alloc(0),
});

test("onions reach the release's own file server by its public name, and nothing else", () => {
  const exits = exitsOf();
  const to = exits.decide(layer("files.swarmpost.internal", 80, "http"))?.url;
  const objects = render();
  const service = ofKind(objects, "Service").find(({ metadata }) => metadata.name === to?.hostname.split(".")[0]);
  assert.equal(service?.metadata.labels?.["app.kubernetes.io/component"], "file-server");
  assert.equal(to?.port, "22080");
  const [node] = workloads(objects).filter((each) => componentOf(each) === "node");
  const [server] = workloads(objects).filter((each) => componentOf(each) === "file-server");
  assert.ok(node && server && new Policies(objects).letsOut(node, server, 22080));
  assert.equal(exits.decide(layer("files.example.org", 443, "https")), undefined);
  assert.equal(
    exits.decide(layer(to?.hostname ?? "", 22080, "http")),
    undefined,
    "its name inside is nobody's business",
  );
});

test("a public URL with a port, aliases and denied ranges of the operator's own are taken over", () => {
  const set = [
    "fileServer.publicUrl=https://files.example.org:8443",
    "network.exits[0]=open.example.org",
    "network.exitAliases.rooms\\.example\\.org=http://rooms.other.svc:8080",
    "network.exitDeniedRanges[0]=34.118.224.0/20",
  ];
  const exits = exitsOf({ set });
  assert.equal(exits.decide(layer("files.example.org", 8443, "https"))?.url.port, "22080");
  assert.equal(exits.decide(layer("files.example.org", 443, "https")), undefined);
  assert.equal(exits.decide(layer("rooms.example.org", 443, "https"))?.url.host, "rooms.other.svc:8080");
  assert.equal(exits.decide(layer("open.example.org", 443, "https"))?.aliased, false);
  assert.equal(exits.allowsAddress("34.118.224.1"), false);
});

test("an alias of the operator's own for the file server's name wins, and without a file server there is none", () => {
  const own = "network.exitAliases.files\\.swarmpost\\.internal=http://elsewhere:80";
  assert.equal(exitsOf({ set: [own] }).decide(layer("files.swarmpost.internal", 80, "http"))?.url.host, "elsewhere");
  const none = exitsOf({ set: ["fileServer.enabled=false"] });
  assert.equal(none.decide(layer("files.swarmpost.internal", 80, "http")), undefined);
});
