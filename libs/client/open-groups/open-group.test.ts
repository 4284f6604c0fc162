import assert from "node:assert/strict";
import { test } from "node:test";
import { verify } from "@swarmpost/crypto";
import { decodeBase64 } from "@swarmpost/encoding";
import type { V4Request, V4Response } from "@swarmpost/onion";
import { createAccount } from "../account.ts";
import { alice, bob, client, network } from "../test-client.ts";
import { startOnionServer } from "../test-onion-server.ts";
import { blindedIds, blindedKey } from "./blinded-key.ts";
import { openFromBlinded, sealForBlinded } from "./blinded-message.ts";
import { signedBytes } from "./open-group-auth.ts";

/** A double of an open group server with one room: it checks the four headers as the real one does. */
function openGroupServer() {
  const state = { key: Buffer.alloc(32), nonces: new Set<string>(), room: [] as object[], inbox: [] as object[] };
  const json = (value: unknown): Partial<V4Response> => ({ body: Buffer.from(JSON.stringify(value)) });
  const serve = (request: V4Request): Partial<V4Response> => {
    const { method, endpoint, headers, body } = request;
    const [pubkey, timestamp] = [headers["X-SOGS-Pubkey"] ?? "", Number(headers["X-SOGS-Timestamp"])];
    const nonce = decodeBase64(headers["X-SOGS-Nonce"] ?? "") ?? Buffer.alloc(0);
    const signature = decodeBase64(headers["X-SOGS-Signature"] ?? "") ?? Buffer.alloc(0);
    if (nonce.length !== 16 || Math.abs(timestamp - Date.now() / 1000) > 60) return { code: 425 };
    if (state.nonces.has(nonce.toString("hex"))) return { code: 425 };
    state.nonces.add(nonce.toString("hex"));
    const signed = { method, path: decodeURIComponent(endpoint), timestamp, nonce, ...(body && { body }) };
    const key = Buffer.from(pubkey.slice(2), "hex");
    if (!verify(signature, signedBytes(state.key, signed), key)) return { code: 401 };
    const posted: Record<string, string> = body === undefined ? {} : JSON.parse(body.toString());
    if (method === "POST" && endpoint.startsWith("/room/"))
      state.room.push({ id: state.room.length, session_id: pubkey, ...posted });
    if (method === "POST" && endpoint.startsWith("/inbox/")) {
      state.inbox.push({ id: state.inbox.length, sender: pubkey, recipient: endpoint.slice(7), ...posted });
    }
    const mine = state.inbox.filter((each) => (each as { recipient: string }).recipient === pubkey);
    return json(endpoint === "/inbox" ? mine : state.room);
  };
  const place = startOnionServer(network, "open.example", serve);
  state.key = Buffer.from(place.pubkey, "hex");
  return { ...state, place, serve };
}

test("a text in a room and its sender's blinded id come back over the onion", async () => {
  const { place } = openGroupServer();
  for (const blinding of ["15", "25", "none"] as const) {
    const room = client.openGroup(alice, { ...place, blinding });
    await room.post("the best room", `by ${blinding}`);
    const last = (await room.recent("the best room")).at(-1);
    assert.deepEqual([last?.from, last?.text], [room.identity.id, `by ${blinding}`]);
    assert.ok(!room.identity.id.includes(alice.id.slice(2)));
  }
});

test("a message to a blinded id is read by its account only, and names its sender", async () => {
  const server = openGroupServer();
  for (const blinding of ["15", "25"] as const) {
    const [from, to] = [
      client.openGroup(alice, { ...server.place, blinding }),
      client.openGroup(bob, { ...server.place, blinding }),
    ];
    await from.sendDirect(to.identity.id, `direct ${blinding}`);
    assert.deepEqual(
      (await to.inbox()).map(({ from: who, fromBlinded, text }) => [who, fromBlinded, text]),
      [[alice.id, from.identity.id, `direct ${blinding}`]],
    );
    assert.deepEqual(await from.inbox(), []);
  }
});

test("a request whose headers are not this account's is refused, and told with its status", async () => {
  const server = openGroupServer();
  const room = client.openGroup(alice, server.place);
  const sign = room.identity.sign;
  Object.assign(room.identity, { sign: (message: Buffer) => sign(Buffer.concat([message, Buffer.of(0)])) });
  await assert.rejects(room.recent("room"), { code: "server-refused", detail: { status: 401 } });
  await assert.rejects(room.sendDirect("05aa", "x"), { code: "bad-blinded-id" });
});

test("blinded ids of many accounts follow from their account IDs, and messages open on both sides", () => {
  const server = Buffer.alloc(32, 7);
  for (let i = 0; i < 12; i++) {
    const [one, two, third] = [createAccount(), createAccount(), createAccount()];
    for (const blinding of ["15", "25"] as const) {
      const [senderId, recipientId] = [blindedKey(one, server, blinding).id, blindedKey(two, server, blinding).id];
      assert.ok(blindedIds(one.id, server, blinding).includes(senderId));
      const sealed = sealForBlinded(one, recipientId, server, Buffer.from("hidden"));
      const expected = { from: one.id, content: Buffer.from("hidden") };
      assert.deepEqual(openFromBlinded(two, { senderId, recipientId }, server, sealed), expected);
      assert.deepEqual(openFromBlinded(one, { senderId, recipientId }, server, sealed), expected);
      assert.equal(openFromBlinded(third, { senderId, recipientId }, server, sealed), undefined);
      const forged = { senderId: blindedKey(third, server, blinding).id, recipientId };
      assert.equal(openFromBlinded(two, forged, server, sealed), undefined);
    }
  }
});
