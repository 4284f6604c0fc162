import { test } from "node:test";
import { fuzz } from "@swarmpost/testkit";
import { parseRequest, RpcError } from "@swarmpost/storage-rpc";

const pubkey = `05${"ab".repeat(32)}`;
const signature = `${"A".repeat(86)}==`;
const hash = "garbageYrzcuCXO3fZkmk/h3xkMQ3vCh94V9B2Czgrk".slice(0, 43);
const token = Buffer.alloc(36, 3).toString("base64");
const timestamp = 1_700_000_000_000;
const proof = { pubkey, pubkey_ed25519: "cd".repeat(32), timestamp, signature };
const subaccount = { subaccount: token, subaccount_sig: signature };

const requests: readonly { method: string; params: Record<string, unknown> }[] = [
  { method: "store", params: { pubkey, timestamp, ttl: "86400000", data: "aGVsbG8=" } },
  {
    method: "store",
    params: { ...proof, ...subaccount, namespace: 11, expiry: timestamp, data: "aGVsbG8", sig_timestamp: timestamp },
  },
  { method: "retrieve", params: { ...proof, namespace: -11, last_hash: hash, max_count: 5, max_size: -2, wait: 100 } },
  { method: "retrieve", params: { pubKey: pubkey, lastHash: "" } },
  { method: "delete", params: { ...proof, messages: [hash, hash], required: true } },
  { method: "delete_all", params: { ...proof, namespace: "all" } },
  { method: "delete_before", params: { ...proof, before: timestamp, namespace: 2 } },
  { method: "expire", params: { ...proof, messages: [hash], expiry: timestamp, extend: true } },
  { method: "expire", params: { ...proof, messages: [hash, hash], expiry: [timestamp, timestamp] } },
  { method: "expire_all", params: { ...proof, expiry: timestamp, namespace: "all" } },
  { method: "get_expiries", params: { ...proof, messages: [hash] } },
  { method: "revoke_subaccount", params: { ...proof, revoke: [token] } },
  { method: "unrevoke_subaccount", params: { ...proof, unrevoke: token } },
  { method: "revoked_subaccounts", params: proof },
  { method: "get_swarm", params: { pubkey, params: {} } },
  { method: "oxend_request", params: { endpoint: "get_service_nodes", params: { fields: { public_ip: true } } } },
  { method: "active_nodes_bin", params: {} },
  { method: "info", params: {} },
];

/** Written as text: an object with a `then` looks like a promise. */
function ifelse(condition: string, yes: string, no: string): string {
  return `{"method":"ifelse","params":{"if":${condition},"then":${yes},"else":${no}}}`;
}

const batches = [
  { method: "batch", params: { requests: requests.slice(0, 20) } },
  { method: "sequence", params: { requests: requests.slice(4) } },
];
const plain = [...requests, ...batches].map((request) => JSON.stringify(request));
const nested = ifelse('{"height_before":9}', plain.at(-1)!, plain[0]!);
const corpus = [...plain, nested, ifelse('{"hf_at_least":[19,3],"v_before":3,"height_at_least":5}', plain[0]!, nested)];

test("a storage request may hold any bytes", async () => {
  await fuzz({ corpus, parse: parseRequest, documented: (error) => error instanceof RpcError });
});
