import assert from "node:assert/strict";
import { encodeBase64 } from "@swarmpost/encoding";
import { type Access, groupAccount, member, type Owner, sessionAccount, type Signer } from "./account.ts";
import type { Answer, Caller } from "./caller.ts";
import type { Line } from "./line.ts";
import { assertRefused, hashesOf, type Page, signedParams, signedRetrieve, signedStore, stored } from "./messages.ts";
import { signedEntries, type SwarmBody } from "./swarm-entries.ts";

const day = 86_400_000;
const namespace = 42;

/** A `revoke_subaccount` or `unrevoke_subaccount`, whose members' signatures are checked. */
async function change(rpc: Caller, account: Owner, method: "revoke" | "unrevoke", tokens: readonly Buffer[]) {
  const timestamp = Date.now();
  const params = { [method]: tokens.map((token) => encodeBase64(token)), timestamp };
  const name = `${method}_subaccount`;
  const answer = await rpc.call(name, signedParams(account, [name, timestamp, ...tokens], params));
  return signedEntries(answer, () => Buffer.concat([Buffer.from(`${account.id}${timestamp}`), ...tokens]));
}

const read = (rpc: Caller, signer: Signer, ns = namespace) =>
  rpc.call<Page>("retrieve", signedRetrieve(signer, { namespace: ns }), rpc.node(2));

function assertDenied(answer: Answer, method: string): void {
  assertRefused(answer, 401, `${method} signature verification failed`);
}

function expire(rpc: Caller, signer: Signer, hash: string, expiry: number, mode?: "shorten" | "extend") {
  const params = { messages: [hash], expiry, ...(mode && { [mode]: true }) };
  return rpc.call<SwarmBody>("expire", signedParams(signer, ["expire", mode ?? "", expiry, hash], params));
}

/** test_subaccount_auth.py of the reference server. */
export function subaccountAuth(line: Line): void {
  line("test_subaccount_auth.retrieve", async (rpc) => {
    for (const account of [sessionAccount(), groupAccount()]) {
      const hash = await stored(rpc, account, "abc 123", { namespace });
      const page = await read(rpc, member(account, ["read"]));
      assert.deepEqual([page.status, hashesOf(page)], [200, [hash]]);
      const stranger = { ...member(groupAccount(), ["read"]), id: account.id };
      const claimed = { ...stranger, credentials: { ...account.credentials, ...stranger.credentials } };
      assertDenied(await read(rpc, claimed), "retrieve");
      const { subaccount_sig: _, ...half } = signedRetrieve(member(account, ["read"]), { namespace });
      assertRefused(
        await rpc.call("retrieve", half),
        400,
        "invalid request: invalid subaccount: subaccount_sig is required when using subaccount",
      );
    }
  });

  line("test_subaccount_auth.store", async (rpc) => {
    const account = sessionAccount();
    const writer = member(account, ["read", "write"]);
    const hash = await stored(rpc, writer, "by a member", { namespace });
    assert.deepEqual(hashesOf(await read(rpc, account)), [hash]);
    const reader = member(account, ["read"]);
    assertDenied(await rpc.call("store", signedStore(reader, "x", { namespace })), "store");
    assertDenied(await rpc.call("store", signedStore(writer, "x", { namespace: -1 })), "store");
    const publisher = member(account, ["write", "delete"]);
    assert.equal((await rpc.call("store", signedStore(publisher, "x", { namespace: -1 }))).status, 200);
  });

  line("test_subaccount_auth.expire", async (rpc) => {
    const account = sessionAccount();
    const writer = member(account, ["read", "write"]);
    const hash = await stored(rpc, account, "abc", { namespace });
    const now = Date.now();
    const updated = (answer: Answer<SwarmBody>) => Object.values(answer.body.swarm).map((entry) => entry["updated"]);
    const extended = await expire(rpc, writer, hash, now + 5 * day);
    assert.deepEqual([extended.status, updated(extended)[0]], [200, [hash]]);
    const shorter = await expire(rpc, writer, hash, now + 2 * day);
    assert.deepEqual([shorter.status, updated(shorter)[0]], [200, []]);
    const shorten = await expire(rpc, writer, hash, now + 2 * day, "shorten");
    const text = "expire: shorten parameter cannot be used with this subaccount token (missing delete access)";
    assertRefused(shorten, 400, text);
    const remover = member(account, ["write", "delete"]);
    assert.deepEqual(updated(await expire(rpc, remover, hash, now + 2 * day, "shorten"))[0], [hash]);
    assertDenied(await expire(rpc, member(account, ["read"]), hash, now + 5 * day), "expire:");
  });

  line("test_subaccount_auth.expire_trivial_extension", async (rpc) => {
    const account = sessionAccount();
    const writer = member(account, ["read", "write"]);
    const hash = await stored(rpc, account, "abc", { namespace });
    const end = Date.now() + 10 * day;
    const expired = async (expiry: number, mode?: "extend") => {
      const { body } = await expire(rpc, writer, hash, expiry, mode);
      return Object.values(body.swarm).map(({ updated, unchanged }) => ({ updated, unchanged }));
    };
    for (const said of await expired(end)) assert.deepEqual(said, { updated: [hash], unchanged: undefined });
    const trivial = end + 60_000;
    for (const said of await expired(trivial, "extend")) {
      assert.deepEqual(said, { updated: [], unchanged: { [hash]: end } });
    }
    for (const said of await expired(trivial)) assert.deepEqual(said, { updated: [hash], unchanged: undefined });
    for (const said of await expired(end)) assert.deepEqual(said, { updated: [], unchanged: undefined });
  });

  line("test_subaccount_auth.revoke", async (rpc) => {
    const account = groupAccount();
    const first = member(account, ["read", "write", "delete"]);
    await stored(rpc, account, "for members", { namespace });
    const kick = await stored(rpc, account, "you were removed", { namespace: -11 });
    assert.equal((await read(rpc, first)).status, 200);
    await change(rpc, account, "revoke", [first.token]);
    assertDenied(await read(rpc, first), "retrieve");
    assertDenied(await rpc.call("store", signedStore(first, "x", { namespace })), "store");
    assert.deepEqual(hashesOf(await read(rpc, first, -11)), [kick]);
    assert.equal((await read(rpc, member(account, ["read"]))).status, 200);
    const others = Array.from({ length: 50 }, () => member(account, ["read"]));
    const tokens = others.map(({ token }) => token);
    await change(rpc, account, "revoke", tokens.slice(0, 49));
    assertDenied(await read(rpc, first), "retrieve");
    await change(rpc, account, "revoke", tokens.slice(49));
    assert.equal((await read(rpc, first)).status, 200, "the 51st pushes out the first");
    assertDenied(await read(rpc, others[0]!), "retrieve");
    const timestamp = Date.now();
    const listed = await rpc.call<{ revoked_subaccounts: string[] }>(
      "revoked_subaccounts",
      signedParams(account, ["revoked_subaccounts", timestamp], { timestamp }),
    );
    const expected = tokens.map((token) => encodeBase64(token)).sort();
    assert.deepEqual(listed.body.revoked_subaccounts.toSorted(), expected);
    const restored = await change(rpc, account, "unrevoke", [first.token, ...tokens]);
    assert.deepEqual([...new Set(restored.map((entry) => entry["count"]))], [50]);
    assert.equal((await read(rpc, others[0]!)).status, 200);
    const byMember = { revoke: [encodeBase64(tokens[0]!)], timestamp };
    const parts = ["revoke_subaccount", timestamp, tokens[0]!];
    assertDenied(await rpc.call("revoke_subaccount", signedParams(first, parts, byMember)), "revoke_subaccount");
  });

  line("test_subaccount_auth.permissions", async (rpc) => {
    const account = groupAccount();
    const flags: readonly Access[] = ["read", "write", "delete"];
    for (let bits = 0; bits < 8; bits++) {
      const access = flags.filter((_, i) => (bits & (1 << i)) !== 0);
      const one = member(account, access);
      const hash = await stored(rpc, account, `message ${bits}`, { namespace });
      const ok = (answer: Answer) => answer.status === 200;
      const allowed = {
        read: ok(await read(rpc, one)),
        write: ok(await rpc.call("store", signedStore(one, `by ${bits}`, { namespace }))),
        delete: ok(await rpc.call("delete", signedParams(one, ["delete", hash], { messages: [hash] }))),
      };
      const expected = { read: false, write: false, delete: false };
      assert.deepEqual(
        allowed,
        { ...expected, ...Object.fromEntries(access.map((each) => [each, true])) },
        `${access}`,
      );
    }
    assertDenied(await read(rpc, member(account, ["read"], "05")), "retrieve");
    assert.equal((await read(rpc, member(account, ["read", "any-prefix"], "05"))).status, 200);
  });
}
