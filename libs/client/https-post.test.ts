import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { httpsCertificate } from "@swarmpost/rpc";
import { HttpsConnections } from "./https-post.ts";

test("an idle connection is left when the client says, however long the server would keep it", async () => {
  const server = createServer({ ...(await httpsCertificate()), keepAliveTimeout: 60_000 }, (_request, response) => {
    response.end("answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted: Socket[] = [];
  server.on("secureConnection", (socket: Socket) => accepted.push(socket));
  await using connections = new HttpsConnections({ idleMs: 50 });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  assert.equal((await connections.post(url, "question", { timeoutMs: 5_000 })).body.toString(), "answer");
  const started = performance.now();
  await once(accepted[0]!, "close");
  assert.ok(performance.now() - started < 10_000);
  server.close();
});
