import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes } from "@swarmpost/crypto";
import type { ClientEvent } from "../client-event.ts";
import { alice, bob, connect, network } from "../test-client.ts";
import { fileServer, startOnionServer } from "../test-onion-server.ts";

test("a file goes with a message in both formats, and its reader opens it", async () => {
  const files = new Map<string, Buffer>();
  const place = startOnionServer(network, "files.example", fileServer(files));
  await using client = await connect({}, { fileServer: place });
  const data = randomBytes(50_000);
  const attachments = [
    await client.attach(alice, data, { name: "notes.bin", type: "application/octet-stream" }),
    await client.attach(alice, data, { format: "stream", ttlSeconds: 3600 }),
  ];
  assert.ok(
    [...files.values()].every((file) => !file.includes(data.subarray(0, 64))),
    "the server reads none of it",
  );
  await client.send(alice, bob.id, "two files", { attachments });
  const [message] = (await client.read(bob)).messages;
  assert.deepEqual(message?.attachments, attachments);
  for (const attachment of message?.attachments ?? []) assert.deepEqual(await client.download(attachment), data);
});

test("a message may consist of a file alone", async () => {
  const place = startOnionServer(network, "files.example", fileServer(new Map()));
  await using client = await connect({}, { fileServer: place });
  await client.send(alice, bob.id, "", { attachments: [await client.attach(alice, Buffer.from("x"))] });
  const [message] = (await client.read(bob)).messages;
  assert.deepEqual([message?.text, message?.attachments?.length], ["", 1]);
});

test("a file is extended and asked for, and one that is gone says so", async () => {
  const place = startOnionServer(network, "files.example", fileServer(new Map()));
  await using client = await connect({}, { fileServer: place });
  const { id, uploadedMs, expiresMs } = await client.files().upload(Buffer.from("kept"));
  assert.deepEqual([uploadedMs, expiresMs], [1_800_000_000_500, 1_801_209_600_500]);
  assert.equal((await client.files().extend(id, { ttlSeconds: 60 })).expiresMs, 1_900_000_000_000);
  assert.equal((await client.files().info(id)).id, id);
  await assert.rejects(client.files().download("99"), { code: "server-refused", detail: { status: 404 } });
});

test("a reader asks no server that a sender chose", async () => {
  const place = startOnionServer(network, "evil.example", fileServer(new Map([["1", Buffer.from("x")]])));
  await using client = await connect();
  const attachment = { url: `${place.url}/file/1#p=${place.pubkey}`, key: Buffer.alloc(64), size: 1 };
  await assert.rejects(client.download(attachment), { code: "unknown-server" });
  await assert.rejects(client.attach(alice, Buffer.from("x")), { code: "no-file-server" });
});

test("a server that fails is asked over three paths, and no node is dropped for it", async () => {
  let asked = 0;
  const place = startOnionServer(network, "files.example", () => void asked++);
  const dropped: string[] = [];
  const onEvent = (event: { type: string }): void => void (event.type === "node-dropped" && dropped.push(event.type));
  await using client = await connect({ onEvent }, { fileServer: place });
  await assert.rejects(client.files().download("1"), { code: "server-unreachable" });
  assert.deepEqual([asked, dropped], [3, []]);
});

test("a server that answers with a node's error text blames no node by it", async () => {
  const files = new Map([["1", Buffer.from("kept")]]);
  const place = startOnionServer(network, "files.example", fileServer(files));
  const honest = network.servers.get("files.example");
  const dropped: unknown[] = [];
  const onEvent = (event: ClientEvent): void => void (event.type === "node-dropped" && dropped.push(event));
  await using client = await connect({ onEvent }, { fileServer: place });
  const { hops } = await client.path();
  const lies = hops.flatMap(({ pubkey }) => [
    `Next node not found: ${pubkey}`,
    `Next node is currently unreachable: ${pubkey}`,
    `Snode not ready: ${pubkey}`,
  ]);
  for (const lie of lies) {
    let lied = false;
    network.servers.set("files.example", async (posted, target) => {
      if (lied || honest === undefined) return (await honest?.(posted, target)) ?? [500, ""];
      lied = true;
      return [502, lie];
    });
    assert.deepEqual(await client.files().download("1"), Buffer.from("kept"));
    assert.ok(lied);
  }
  assert.deepEqual(dropped, []);
  assert.deepEqual((await client.path()).hops[0], hops[0], "the guard is kept, too");
});
