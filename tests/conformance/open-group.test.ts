import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Account,
  accountFromEntropy,
  accountIdOf,
  blindedIds,
  blindedKey,
  blindedScalar,
  openFromBlinded,
  openGroupHeaders,
  openGroupIdentity,
  sealForBlinded,
} from "@swarmpost/client";
import { sha512, signingKeyPairFromSeed, signWithScalar } from "@swarmpost/crypto";

// Every entry about blinded ids and open group servers.

type Vector = Record<string, string> & { kind: string };
const read = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), "utf8"));
const vectors: Vector[] = read("client.json").vectors;
const ofKind = (kind: string): Vector[] => vectors.filter((vector) => vector.kind === kind);
const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");

/** An account by its Ed25519 seed alone: servers know seeds that no recovery phrase gives. */
function accountOf(seed: Buffer): Account {
  const ed25519 = signingKeyPairFromSeed(seed);
  const id = accountIdOf(ed25519.publicKey);
  assert.ok(id);
  return { ...accountFromEntropy(seed), id, ed25519 };
}

test("sogs_blinded_id_15: an account has the id that pysogs gives it", () => {
  const { server_pubkey: server, vectors: cases } = read("storage.json").sogs_blinded_id_15;
  assert.equal(cases.length, 14);
  for (const vector of cases) {
    assert.equal(blindedKey(accountOf(hex(vector.ed25519_seed)), hex(server), "15").id, vector.blinded_id);
  }
});

test("blind15_id: an account ID has the blinded id among its two", () => {
  for (const vector of ofKind("blind15_id")) {
    const ids = blindedIds(vector["session_id"] ?? "", hex(vector["server_pk"]), "15");
    assert.ok(ids.includes(vector["blinded_id"] ?? ""), vector["name"]);
  }
});

test("blind25_id: an account ID has this one blinded id", () => {
  for (const vector of ofKind("blind25_id")) {
    assert.deepEqual(blindedIds(vector["session_id"] ?? "", hex(vector["server_pk"]), "25"), [vector["blinded_id"]]);
  }
});

test("blind_key_pair: an account's own keys give both ids", () => {
  for (const vector of ofKind("blind_key_pair")) {
    const account = accountOf(hex(vector["ed25519_seed"]));
    assert.equal(blindedKey(account, hex(vector["server_pk"]), "15").id, vector["blind15"]);
    assert.equal(blindedKey(account, hex(vector["server_pk"]), "25").id, vector["blind25"]);
  }
});

test("blind25_sign: a message is signed byte for byte as libsession does", () => {
  for (const vector of ofKind("blind25_sign")) {
    const account = accountOf(hex(vector["ed25519_secret64"]).subarray(0, 32));
    const signature = blindedKey(account, hex(vector["server_pk"]), "25").sign(
      Buffer.from(vector["message_utf8"] ?? ""),
    );
    assert.equal(signature.toString("hex"), vector["signature_hex"]);
  }
});

test("blind15_sign: with libsession's nonce, which hashes the whole secret key, the signature is libsession's", () => {
  for (const vector of ofKind("blind15_sign")) {
    const secretKey = hex(vector["ed25519_secret64"]);
    const account = accountOf(secretKey.subarray(0, 32));
    const server = hex(vector["server_pk"]);
    const message = Buffer.from(vector["message_utf8"] ?? "");
    const { publicKey } = blindedKey(account, server, "15");
    const nonce = sha512(Buffer.concat([sha512(secretKey).subarray(32), publicKey, message]));
    const key = { scalar: blindedScalar(account, server, "15"), publicKey };
    assert.equal(signWithScalar(key, nonce, message).toString("hex"), vector["signature_hex"]);
  }
});

test("sogs_auth_headers: a request's four headers are Session Desktop's, blinded and not", () => {
  for (const vector of ofKind("sogs_auth_headers")) {
    const { nonce_b64: nonce = "", method = "", path = "", body, server_pk: server } = vector;
    const blinding = (vector["blinded"] as unknown) === true ? "15" : "none";
    const account = accountOf(hex(vector["ed25519_secret64"]).subarray(0, 32));
    const headers = openGroupHeaders(openGroupIdentity(account, hex(server), blinding), hex(server), {
      method,
      path,
      timestamp: Number(vector["timestamp"]),
      nonce: Buffer.from(nonce, "base64"),
      ...(typeof body === "string" ? { body: Buffer.from(body) } : {}),
    });
    assert.deepEqual(headers, vector["headers"]);
  }
});

test("blinding_keys: libsession's two accounts write to each other by blinded ids", () => {
  for (const vector of ofKind("blinding_keys")) {
    const [one, two] = [1, 2].map((i) => accountOf(hex(vector[`ed25519_secret64_${i}`]).subarray(0, 32)));
    assert.deepEqual([one?.id, two?.id], [vector["session_id1"], vector["session_id2"]]);
    const server = hex("abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
    for (const blinding of ["15", "25"] as const) {
      const [senderId, recipientId] = [one, two].map((each) => blindedKey(each as Account, server, blinding).id);
      const ids = { senderId: senderId ?? "", recipientId: recipientId ?? "" };
      const sealed = sealForBlinded(one as Account, ids.recipientId, server, Buffer.from("hello"));
      assert.equal(openFromBlinded(two as Account, ids, server, sealed)?.from, one?.id);
    }
  }
});
