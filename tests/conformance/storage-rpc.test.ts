import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519PublicToX25519, pubkey, sign, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { decodeBase64, encodeBase64 } from "@swarmpost/encoding";
import {
  ACCESS_ANY_PREFIX,
  ACCESS_DELETE,
  ACCESS_READ,
  ACCESS_WRITE,
  accountId,
  activeNodesBody,
  checkRetrieveAuth,
  checkStoreAuth,
  isPublicInbox,
  isPublicOutbox,
  isUnrevocable,
  messageHash,
  messageHashBytes,
  namespace,
  type ParsedRequest,
  parseMessageHash,
  parseRequest,
  retrieveNeedsAuth,
  retrieveLimits,
  signedRetrieve,
  storeNeedsAuth,
  verifySignature,
} from "@swarmpost/storage-rpc";
import { clientVectors, readJson, readRecording } from "./recorded.ts";

interface HashVector {
  pubkey: string;
  namespace: number;
  data_b64?: string;
  data_utf8?: string;
  hash: string;
}

const storage = readJson<{
  message_hash: { vectors: HashVector[]; derived: HashVector[] };
  namespace_rules: {
    cases: {
      ns: number;
      public_inbox: boolean;
      public_outbox: boolean;
      noauth_retrieve: boolean;
      unrevocable: boolean;
    }[];
  };
  network_test_literal_hashes: { valid_shape_nonexistent: string[] };
  subaccount_token_prefix: {
    cases: { netid: number; read: boolean; write: boolean; delete: boolean; any_prefix: boolean; first4: string }[];
  };
  derived_wire_examples: {
    active_nodes_bin_record: Record<"ed25519" | "swarm_id" | "ip" | "record", string> &
      Record<"https_port" | "omq_quic_port", number> & { version: number[] };
  };
  subaccount_signed_request: Record<
    | "account_id_hex"
    | "signed_request_string"
    | "subaccount_b64"
    | "subaccount_hex"
    | "subaccount_sig_b64"
    | "signature_b64",
    string
  >;
}>("storage.json");

function bytes(base64: string): Buffer {
  const decoded = decodeBase64(base64);
  assert.ok(decoded);
  return decoded;
}

test("message hashes are upstream's", () => {
  const { vectors, derived } = storage.message_hash;
  for (const vector of [...vectors, ...derived]) {
    const data = vector.data_b64 === undefined ? Buffer.from(vector.data_utf8 ?? "") : bytes(vector.data_b64);
    assert.equal(messageHash(accountId(vector.pubkey), namespace(vector.namespace), data), vector.hash);
    const hash = parseMessageHash(vector.hash);
    assert.equal(hash && messageHashBytes(hash)?.length, 32);
  }
});

test("every namespace case has upstream's rules", () => {
  for (const rule of storage.namespace_rules.cases) {
    const ns = namespace(rule.ns);
    assert.deepEqual(
      [isPublicInbox(ns), isPublicOutbox(ns), !retrieveNeedsAuth(ns), isUnrevocable(ns), !storeNeedsAuth(ns)],
      [rule.public_inbox, rule.public_outbox, rule.noauth_retrieve, rule.unrevocable, rule.public_inbox],
      `namespace ${rule.ns}`,
    );
  }
});

test("hashes that no message has are still well-formed", () => {
  for (const text of storage.network_test_literal_hashes.valid_shape_nonexistent)
    assert.equal(parseMessageHash(text), text);
});

test("the flags of a subaccount token are upstream's bits", () => {
  for (const { netid, read, write, delete: remove, any_prefix, first4 } of storage.subaccount_token_prefix.cases) {
    const flags =
      (read ? ACCESS_READ : 0) |
      (write ? ACCESS_WRITE : 0) |
      (remove ? ACCESS_DELETE : 0) |
      (any_prefix ? ACCESS_ANY_PREFIX : 0);
    assert.equal(Buffer.of(netid, flags, 0, 0).toString("hex"), first4);
  }
});

test("a node has upstream's record in active_nodes_bin, up to the version that it tells of itself", () => {
  const { record, ...node } = storage.derived_wire_examples.active_nodes_bin_record;
  const { ed25519, swarm_id: swarm, ip, https_port: httpsPort, omq_quic_port: peerPort } = node;
  const body = activeNodesBody([{ pubkey: pubkey(ed25519), swarmId: BigInt(`0x${swarm}`), ip, httpsPort, peerPort }]);
  assert.equal(body.length, record.length / 2);
  assert.equal(body.subarray(0, -3).toString("hex"), record.slice(0, -6));
  assert.equal(record.slice(-6), Buffer.from(node.version).toString("hex"));
});

test("libsession's subaccount request verifies as read and not as delete", () => {
  const vector = storage.subaccount_signed_request;
  const account = accountId(vector.account_id_hex);
  const token = bytes(vector.subaccount_b64);
  assert.equal(token.toString("hex"), vector.subaccount_hex);
  const auth = {
    signature: bytes(vector.signature_b64),
    subaccount: { token, signature: bytes(vector.subaccount_sig_b64) },
  };
  assert.equal(signedRetrieve(namespace(999), 1_693_340_111_000), vector.signed_request_string);
  assert.ok(verifySignature(account, auth, ACCESS_READ, vector.signed_request_string));
  assert.ok(verifySignature(account, auth, ACCESS_READ | ACCESS_WRITE, vector.signed_request_string));
  assert.ok(!verifySignature(account, auth, ACCESS_DELETE, vector.signed_request_string));
  assert.ok(!verifySignature(account, auth, ACCESS_READ, `${vector.signed_request_string}0`));
});

test("a group member's request made by libsession is let in by the same checks as any retrieve", () => {
  const [vector] =
    clientVectors<
      Record<"group_id" | "subaccount_b64" | "subaccount_sig_b64" | "signature_b64" | "signed_message_utf8", string>
    >("group_swarm_subaccount_auth");
  assert.ok(vector);
  const timestamp = 1_700_000_000_000;
  assert.equal(signedRetrieve(namespace(11), timestamp), vector.signed_message_utf8);
  const request = parseRequest(
    JSON.stringify({
      method: "retrieve",
      params: {
        pubkey: vector.group_id,
        namespace: 11,
        timestamp,
        signature: vector.signature_b64,
        subaccount: vector.subaccount_b64,
        subaccount_sig: vector.subaccount_sig_b64,
      },
    }),
  );
  assert.ok(request.method === "retrieve");
  assert.equal(checkRetrieveAuth(request, timestamp), undefined);
});

test("Session Desktop's test keys sign what a user and a group sign, with and without a namespace", () => {
  const [vector] = clientVectors<
    Record<"group_pk" | "group_seed" | "user_ed25519_pubkey" | "user_ed25519_secret64", string> & { timestamp: number }
  >("snode_signature_test_keys");
  assert.ok(vector);
  const userKey = Buffer.from(vector.user_ed25519_pubkey, "hex");
  const user = accountId(`05${ed25519PublicToX25519(userKey)?.toString("hex")}`);
  const group = signingKeyPairFromSeed(Buffer.from(vector.group_seed, "hex"));
  for (const ns of [0, 2, -11]) {
    const message = signedRetrieve(namespace(ns), vector.timestamp);
    assert.equal(message, `retrieve${ns === 0 ? "" : ns}1234`);
    const byUser = sign(Buffer.from(message), Buffer.from(vector.user_ed25519_secret64, "hex"));
    assert.ok(verifySignature(user, { signature: byUser, pubkeyEd25519: userKey }, ACCESS_READ, message));
    const byGroup = sign(Buffer.from(message), group.secretKey);
    assert.ok(verifySignature(accountId(vector.group_pk), { signature: byGroup }, ACCESS_READ, message));
  }
});

test("negative sizes of Session Desktop's poller share the largest answer", () => {
  const maps = clientVectors<{ maxSizes: { namespace: number; maxSize: number }[] }>("retrieve_max_size_map");
  for (const { maxSize } of maps.flatMap((vector) => vector.maxSizes)) {
    const limits = retrieveLimits({ maxSize, maxCount: undefined });
    assert.deepEqual(limits, { count: Number.POSITIVE_INFINITY, size: Math.floor(7_800_000 / -maxSize) });
  }
});

for (const client of ["session-desktop", "sessionjs"] as const) {
  test(`every storage request recorded from ${client} parses, and its signatures hold`, () => {
    const { lines } = readRecording(client);
    let authorised = 0;
    for (const { ts, text } of storageRequests(lines)) {
      for (const request of flatten(parseRequest(text))) authorised += countAuthorised(request, ts);
    }
    assert.ok(authorised >= 5, `only ${authorised} requests were authorised`);
  });
}

/** Onion payloads for a storage node, and plain calls of `/storage_rpc/v1`. */
function storageRequests(lines: ReturnType<typeof readRecording>["lines"]): { ts: number; text: string }[] {
  const found: { ts: number; text: string }[] = [];
  for (const { ts, rawHead, bodyText, finalBody } of lines) {
    if (typeof finalBody === "string" && !finalBody.includes("oxend_request"))
      found.push({ ts: Number(ts), text: finalBody });
    if (rawHead?.startsWith("POST /storage_rpc/v1") && bodyText) found.push({ ts: Number(ts), text: bodyText });
  }
  return found;
}

function flatten(request: ParsedRequest): ParsedRequest[] {
  return request.method === "batch" || request.method === "sequence" ? request.requests : [request];
}

function countAuthorised(request: ParsedRequest, nowMs: number): number {
  if (request.method === "retrieve") {
    assert.equal(checkRetrieveAuth(request, nowMs), undefined);
    return 1;
  }
  if (request.method === "store") {
    assert.equal(checkStoreAuth(request, nowMs), undefined);
    assert.ok(encodeBase64(request.data).length > 0);
    return 1;
  }
  return 0;
}
