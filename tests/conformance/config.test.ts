import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openConfig, sealConfig } from "@swarmpost/client";

// How config messages are sealed: what libsession pushed opens, and sealing it again gives the very same bytes.

type Vector = Record<string, string> & { kind: string };
const file = new URL("./vectors/client.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, "utf8")).vectors;
const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");

test("group_swarm_subaccount_auth: the group's info and members open with its key, and seal again to the same bytes", () => {
  const vector = vectors.find(({ kind }) => kind === "group_swarm_subaccount_auth");
  const key = hex(vector?.["group_enc_key"]);
  for (const [domain, name, start] of [
    ["groups::Info", "info_push_ns13_hex", "d1:#i1e1:&d1:n12:Vector group"],
    ["groups::Members", "members_push_ns14_hex", "z"],
  ] as const) {
    const pushed = hex(vector?.[name]);
    const config = openConfig(key, domain, pushed);
    assert.ok(config.toString("latin1").startsWith(start));
    assert.deepEqual(sealConfig(key, domain, config), pushed);
    assert.throws(() => openConfig(key, "UserProfile", pushed), { code: "unreadable-message" });
  }
});

test("config_encrypt_literal: the same config under the same key and domain is the same message, under another not", () => {
  const [one, two] = vectors
    .filter(({ kind }) => kind === "config_encrypt_literal")
    .map((vector) => hex(vector["hex"]));
  assert.ok(one && two);
  for (const length of [0, 1, 215, 216, 217, 5_000, 19_000, 39_000, 60_000]) {
    const config = Buffer.alloc(length, 0x64);
    const sealed = sealConfig(one, "test-suite1", config);
    const step =
      sealed.length <= 5 * 1024 ? 256 : sealed.length <= 20 * 1024 ? 1024 : sealed.length <= 40 * 1024 ? 2048 : 5120;
    assert.equal(sealed.length % step, 0);
    assert.deepEqual(sealConfig(one, "test-suite1", config), sealed);
    assert.deepEqual(openConfig(one, "test-suite1", sealed), config);
    assert.notDeepEqual(sealConfig(one, "test-suite2", config), sealed);
    assert.throws(() => openConfig(two, "test-suite1", sealed), { code: "unreadable-message" });
  }
});
