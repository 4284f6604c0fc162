import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  accountBytes,
  accountId,
  accountKey,
  accountNetid,
  ConvertedKeys,
  type Namespace,
  isPublicOutbox,
  isUnrevocable,
  maxTtlMs,
  type MessageHash,
  messageHash,
  messageHashBytes,
  messageHashFromBytes,
  namespace,
  nodeSignedBulk,
  nodeSignedDelete,
  nodeSignedExpire,
  nodeSignedRevocation,
  parseAccountId,
  parseMessageHash,
  RpcError,
  signedDelete,
  signedDeleteAll,
  signedDeleteBefore,
  signedExpire,
  signedExpireAll,
  signedGetExpiries,
  signedRetrieve,
  signedRevocation,
  signedRevokedSubaccounts,
  signedStore,
  checkSignatureTime,
  FORWARDED_SIGNATURE_TOLERANCE_MS,
} from "./index.ts";
import { testAccount } from "./test-account.ts";

const account = accountId(`05${"ab".repeat(32)}`);
const [A, B] = ["A".repeat(43), "B".repeat(43)] as [MessageHash, MessageHash];
const ns = (value: number): Namespace => namespace(value);

test("account IDs come from hex in either case or bytes and give their parts", () => {
  assert.equal(parseAccountId(account.toUpperCase()), account);
  assert.equal(parseAccountId(accountBytes(account)), account);
  assert.equal(parseAccountId(accountKey(account)), undefined);
  assert.equal(accountNetid(account), 5);
  assert.equal(accountKey(account).toString("hex"), "ab".repeat(32));
});

test("namespaces are 16-bit signed integers, and minus zero is zero", () => {
  assert.ok(Object.is(namespace(-0), 0));
  for (const bad of [32768, -32769, 0.5, Number.NaN]) assert.throws(() => namespace(bad), RpcError);
});

test("no namespace is both an outbox and unrevocable, and only inboxes have the short life", () => {
  fc.assert(
    fc.property(fc.integer({ min: -32768, max: 32767 }), (value) => {
      assert.ok(!(isPublicOutbox(ns(value)) && isUnrevocable(ns(value))));
      assert.equal(maxTtlMs(ns(value)), (value % 10 === 0 ? 14 : 30) * 86_400_000);
    }),
  );
});

test("a message hash survives its bytes, and text with stray bits has none", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: -32768, max: 32767 }), (data, value) => {
      const hash = messageHash(account, ns(value), data);
      const bytes = messageHashBytes(hash);
      assert.ok(bytes);
      assert.equal(bytes.length, 32);
      assert.equal(messageHashFromBytes(bytes), hash);
      assert.equal(parseMessageHash(hash), hash);
    }),
  );
  assert.equal(messageHashBytes("/".repeat(43) as MessageHash), undefined);
  for (const bad of ["", "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}_`])
    assert.equal(parseMessageHash(bad), undefined);
});

test("clients sign method, namespace unless 0, time and hashes without separators", () => {
  assert.equal(signedStore(ns(0), 17), "store17");
  assert.equal(signedStore(ns(-11), 17), "store-1117");
  assert.equal(signedRetrieve(ns(2), 17), "retrieve217");
  assert.equal(signedDelete([B, A]), `delete${B}${A}`);
  assert.equal(signedDeleteAll("all", 17), "delete_allall17");
  assert.equal(signedDeleteAll(ns(0), 17), "delete_all17");
  assert.equal(signedDeleteBefore(ns(3), 17), "delete_before317");
  assert.equal(signedExpireAll("all", 17), "expire_allall17");
  assert.equal(signedExpire("extend", [17], [A, B]), `expireextend17${A}${B}`);
  assert.equal(signedExpire("", [17, 18], [A, B]), `expire1718${A}${B}`);
  assert.equal(signedGetExpiries(17, [A, B]), `get_expiries17${A}${B}`);
  assert.equal(signedRevokedSubaccounts(17), "revoked_subaccounts17");
  const revocation = signedRevocation("revoke_subaccount", 17, [Buffer.from([3, 255])]);
  assert.deepEqual(revocation, Buffer.concat([Buffer.from("revoke_subaccount17"), Buffer.from([3, 255])]));
});

test("nodes sign the account, the request and what was done, sorted", () => {
  assert.equal(nodeSignedDelete(account, [B, A], [B, A]), `${account}${B}${A}${A}${B}`);
  assert.equal(nodeSignedBulk(account, 17, [B, A]), `${account}17${A}${B}`);
  const unchanged = new Map([
    [B, 9],
    [A, 8],
  ]);
  assert.equal(nodeSignedExpire(account, [17], [B, A], [], unchanged), `${account}17${B}${A}${A}8${B}9`);
  assert.equal(nodeSignedExpire(account, [1, 2], [B], [B, A], new Map()), `${account}12${B}${A}${B}`);
  assert.equal(nodeSignedRevocation(account, 17, [Buffer.from("t")]).toString(), `${account}17t`);
});

test("a forwarded signature may be ten seconds older", () => {
  assert.equal(checkSignatureTime("delete_all", 1_000_000, 1_065_000)?.status, 406);
  assert.equal(checkSignatureTime("delete_all", 1_000_000, 1_065_000, FORWARDED_SIGNATURE_TOLERANCE_MS), undefined);
});

test("converted keys are remembered up to the limit, the longest unused goes first", () => {
  const keys = new ConvertedKeys({ limit: 2 });
  const [a, b, c] = [1, 2, 3].map((fill) => Buffer.from(testAccount("05", fill).ed25519Hex, "hex")) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const first = keys.convert(a);
  assert.equal(first?.toString("hex"), accountKey(testAccount("05", 1).id).toString("hex"));
  keys.convert(b);
  assert.equal(keys.convert(a), first);
  keys.convert(c);
  assert.equal(keys.convert(a), first);
  assert.equal(keys.size, 2);
  assert.equal(keys.convert(Buffer.alloc(32)), undefined);
  assert.equal(keys.size, 2);
});
