import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { allowedAddress } from "./index.ts";

const isPublic = allowedAddress("public");
const isPrivate = allowedAddress("private");

test("a public network refuses what only one site can reach", () => {
  for (const ip of ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "100.64.0.1"]) {
    assert.equal(isPublic(ip), false, ip);
    assert.equal(isPrivate(ip), true, ip);
  }
});

test("no network believes this-host, link-local, multicast, reserved or broadcast addresses", () => {
  for (const ip of [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.10.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
  ]) {
    assert.equal(isPublic(ip), false, ip);
    assert.equal(isPrivate(ip), false, ip);
  }
});

test("neighbours of the refused ranges are public", () => {
  for (const ip of ["9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0"]) {
    assert.equal(isPublic(ip), true, ip);
  }
});

test("what a public network believes, a private one does too", () => {
  fc.assert(fc.property(fc.ipV4(), (ip) => assert.ok(!isPublic(ip) || isPrivate(ip))));
});

test("what is no address is refused", () => {
  for (const ip of ["", "1.2.3", "1.2.3.4.5", "1.2.3.999", "01.2.3.4", " 1.2.3.4"])
    assert.equal(isPrivate(ip), false, ip);
});
