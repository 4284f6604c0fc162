import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerLayer } from "@swarmpost/onion";
import { isPublicAddress } from "./exit-address.ts";
import { ExitPolicy, type ExitSettings } from "./exit-policy.ts";

const layer = (change: Partial<ServerLayer>): ServerLayer => ({
  kind: "server",
  host: "files.example.org",
  target: "/oxen/v4/lsrpc",
  port: 443,
  protocol: "https",
  plaintext: Buffer.alloc(0),
  ...change,
});

const policy = (settings: Partial<ExitSettings> = {}) =>
  new ExitPolicy({ hosts: "public", aliases: "", deniedRanges: "", ...settings });

test("only addresses of the public internet are public", () => {
  for (const address of ["1.1.1.1", "193.0.6.139", "2606:4700:4700::1111"]) {
    assert.equal(isPublicAddress(address), true, address);
  }
  const inside = [
    "127.0.0.1",
    "10.1.2.3",
    "168.63.129.16",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
  ];
  const inside6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:a9fe:a9fe",
    "0:0:0:0:0:ffff:10.0.0.1",
    "::127.0.0.1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:1.1.1.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
  ];
  const odd = ["224.0.0.1", "255.255.255.255", "203.0.113.5", "localhost", "", "1.2.3", "0x7f.1"];
  for (const address of [...inside, ...inside6, ...odd]) assert.equal(isPublicAddress(address), false, address);
});

test("the default lets onions out to public names, with the port left out when it is the protocol's own", () => {
  const exits = policy();
  assert.equal(exits.decide(layer({}))?.url.href, "https://files.example.org/oxen/v4/lsrpc");
  const plain = layer({ protocol: "http", port: 8080, target: "/loki/v3/lsrpc" });
  assert.equal(exits.decide(plain)?.url.href, "http://files.example.org:8080/loki/v3/lsrpc");
  assert.equal(exits.decide(layer({}))?.aliased, false);
});

test("nothing leaves to other protocols, other paths or hosts that are none", () => {
  const exits = policy();
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
    { host: "localhost" },
    { host: "LOCALHOST" },
    { host: "any.localhost" },
  ];
  for (const change of refused) assert.equal(exits.decide(layer(change)), undefined, JSON.stringify(change));
});

test("without public only listed hosts are let out, and a list makes no private address public", () => {
  const exits = policy({ hosts: " files.example.org:8080, 10.0.0.5, 9.9.9.9 " });
  const listed = exits.decide(layer({ host: "Files.Example.org", port: 8080, protocol: "http" }));
  assert.deepEqual([listed?.aliased, listed?.url.host], [false, "files.example.org:8080"]);
  assert.equal(exits.decide(layer({ port: 22, protocol: "http" })), undefined);
  assert.equal(exits.decide(layer({ host: "10.0.0.5", port: 1234 })), undefined);
  assert.ok(exits.decide(layer({ host: "9.9.9.9", port: 1234 })));
  assert.equal(exits.decide(layer({ host: "other.example.org" })), undefined);
  assert.equal(policy({ hosts: "" }).decide(layer({})), undefined);
  assert.throws(() => policy({ hosts: "public,http://x" }), { code: "bad-config" });
});

test("an alias takes a server's requests to another one, whether or not its name is on the list", () => {
  const aliases = "files.example.org=http://inside:22080, other.example.org:8443=https://10.0.0.5";
  const exits = policy({ hosts: "", aliases });
  for (const change of [{}, { protocol: "http", port: 80 }, { host: "FILES.example.ORG", port: 81 }]) {
    const decision = exits.decide(layer(change));
    assert.deepEqual([decision?.aliased, decision?.url.href], [true, "http://inside:22080/oxen/v4/lsrpc"]);
  }
  const other = { host: "other.example.org", port: 8443 };
  assert.equal(exits.decide(layer(other))?.url.href, "https://10.0.0.5/oxen/v4/lsrpc");
  assert.equal(exits.decide(layer({ ...other, port: 443 })), undefined);
  assert.equal(exits.decide(layer({ target: "/admin" })), undefined, "an alias opens onion endpoints only");
  assert.equal(exits.decide(layer({ host: "inside", port: 22_080, protocol: "http" })), undefined);
});

test("aliases that are none are refused at the start", () => {
  for (const aliases of [
    "a",
    "a=b",
    "=http://b",
    "a=ftp://b",
    "a=http://b/path",
    "a=http://u@b",
    "a=http://b=c",
    "A b=http://c",
  ]) {
    assert.throws(() => policy({ aliases }), { code: "bad-config" }, aliases);
  }
});

test("addresses of a cluster that uses public ones can be denied", () => {
  const exits = policy({ deniedRanges: "34.118.224.0/20, 2600:1900::/28" });
  for (const address of ["34.118.224.10", "2600:1900::1"]) assert.equal(exits.allowsAddress(address), false, address);
  for (const address of ["34.118.240.1", "1.1.1.1", "2606:4700::1"]) assert.equal(exits.allowsAddress(address), true);
  assert.equal(exits.decide(layer({ host: "34.118.224.10" })), undefined);
  for (const deniedRanges of ["1.2.3.4", "1.2.3.4/33", "x/8", "1.2.3.4/8/8", "1.2.3.4/"]) {
    assert.throws(() => policy({ deniedRanges }), { code: "bad-config" }, deniedRanges);
  }
});
