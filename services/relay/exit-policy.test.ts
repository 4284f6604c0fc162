import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerLayer } from "@swarmpost/onion";
import { isPublicAddress } from "./exit-address.ts";
import { ExitPolicy } from "./exit-policy.ts";

const layer = (change: Partial<ServerLayer>): ServerLayer => ({
  kind: "server",
  host: "files.example.org",
  target: "/oxen/v4/lsrpc",
  port: 443,
  protocol: "https",
  plaintext: Buffer.alloc(0),
  ...change,
});

test("only addresses of the public internet are public", () => {
  for (const address of ["1.1.1.1", "193.0.6.139", "2606:4700:4700::1111"]) {
    assert.equal(isPublicAddress(address), true, address);
  }
  const inside = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"];
  const inside6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:1.1.1.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
  ];
  const odd = ["224.0.0.1", "255.255.255.255", "203.0.113.5", "localhost", "", "1.2.3", "0x7f.1"];
  for (const address of [...inside, ...inside6, ...odd]) assert.equal(isPublicAddress(address), false, address);
});

test("the default lets onions out to public names, with the port left out when it is the protocol's own", () => {
  const policy = new ExitPolicy("public");
  assert.equal(policy.decide(layer({}))?.url.href, "https://files.example.org/oxen/v4/lsrpc");
  const plain = layer({ protocol: "http", port: 8080, target: "/loki/v3/lsrpc" });
  assert.equal(policy.decide(plain)?.url.href, "http://files.example.org:8080/loki/v3/lsrpc");
  assert.equal(policy.decide(layer({}))?.listed, false);
});

test("nothing leaves to other protocols, other paths or hosts that are none", () => {
  const policy = new ExitPolicy("public");
  const refused: Partial<ServerLayer>[] = [
    { protocol: "ftp" },
    { target: "/admin" },
    { target: "/oxen/v4/lsrpc?x" },
    { target: "/oxen/../admin/lsrpc" },
    { target: "/oxen/v4#/lsrpc" },
    { target: "/oxen/a b/lsrpc" },
    { host: "user@files.example.org" },
    { host: "files.example.org/x" },
    { host: "files.example.org:22" },
    { host: "[::1]" },
    { host: "" },
    { host: "127.0.0.1" },
    { host: "10.0.0.1" },
    { host: "169.254.169.254" },
    { host: "2130706433" },
    { host: "0x7f000001" },
    { host: "127.1" },
  ];
  for (const change of refused) assert.equal(policy.decide(layer(change)), undefined, JSON.stringify(change));
});

test("a listed host may be private, and without public nothing else is let out", () => {
  const policy = new ExitPolicy(" files.internal:8080, 10.0.0.5 ");
  const listed = policy.decide(layer({ host: "Files.Internal", port: 8080, protocol: "http" }));
  assert.deepEqual([listed?.listed, listed?.url.host], [true, "files.internal:8080"]);
  assert.equal(policy.decide(layer({ host: "files.internal", port: 22, protocol: "http" })), undefined);
  assert.ok(policy.decide(layer({ host: "10.0.0.5", port: 1234 }))?.listed);
  assert.equal(policy.decide(layer({})), undefined);
  assert.equal(new ExitPolicy("").decide(layer({})), undefined);
  assert.throws(() => new ExitPolicy("public,http://x"), { code: "bad-config" });
});
