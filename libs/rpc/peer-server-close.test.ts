import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { nodeCertificate } from "./node-certificate.ts";
import { PeerServer } from "./peer-server.ts";

test("a connection in the middle of its handshake does not hold up the end of a peer server", async () => {
  const keys = nodeKeysFromSeed(generateSeed());
  const options = { keys, certificate: await nodeCertificate(keys), host: "127.0.0.1", port: 0 };
  const server = new PeerServer(options, { admit: () => true, handler: async (request) => request.payload });
  await server.listen();
  const socket = connect({ host: "127.0.0.1", port: Number(server.address.split(":").at(-1)) });
  socket.on("error", () => {});
  await once(socket, "connect");
  // The first bytes of a TLS record: the server now waits for the rest.
  socket.write(Buffer.from("160301", "hex"));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const start = performance.now();
  await server[Symbol.asyncDispose]();
  await closed;
  assert.ok(performance.now() - start < 9_000, "waited for the handshake's own time limit");
});
