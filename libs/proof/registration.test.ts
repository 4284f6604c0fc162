import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeKeysFromSeed } from "@swarmpost/crypto";
import { registrationMessage, signRegistration, verifyRegistration } from "./registration.ts";

const keys = nodeKeysFromSeed(Buffer.alloc(32, 7));
const other = nodeKeysFromSeed(Buffer.alloc(32, 8));
const contract = `0x${"11".repeat(20)}` as const;
const operator = `0x${"22".repeat(20)}` as const;
const binding = { chainId: 31337, contract, operator, nodeKey: keys.pubkey };

test("the registration message is the domain, chain, contract, operator and node key, byte for byte", () => {
  const chain = "0".repeat(60) + "7a69";
  const expected = `${Buffer.from("swarmpost-register-v1").toString("hex")}${chain}${"11".repeat(20)}${"22".repeat(20)}${keys.pubkey}`;
  assert.equal(registrationMessage(binding).toString("hex"), expected);
});

test("a signature holds for its own registration only", () => {
  const signature = signRegistration(keys, { chainId: 31337n, contract, operator });
  assert.equal(signature.length, 64);
  assert.ok(verifyRegistration(binding, signature));
  assert.ok(!verifyRegistration({ ...binding, chainId: 1 }, signature));
  assert.ok(!verifyRegistration({ ...binding, contract: operator }, signature));
  assert.ok(!verifyRegistration({ ...binding, operator: contract }, signature));
  assert.ok(!verifyRegistration({ ...binding, nodeKey: other.pubkey }, signature));
  assert.ok(!verifyRegistration(binding, signature.subarray(0, 63)));
});
