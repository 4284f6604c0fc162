import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { silentLogger } from "@swarmpost/runtime";
import { httpServer } from "./http-server.ts";

test("a connection on which nothing moves is ended, also in the middle of an answer that nobody reads", async () => {
  const server = httpServer({ logger: silentLogger, idleMs: 200 });
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536);
    })(),
  );
  server.get("/endless", (_request, reply) => reply.send(endless));
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  try {
    const silent = connect(port, "127.0.0.1");
    await once(silent.resume(), "close");
    const deaf = connect(port, "127.0.0.1");
    deaf.write("GET /endless HTTP/1.1\r\nhost: files\r\n\r\n");
    await once(deaf, "readable");
    await once(endless, "close");
    assert.equal(endless.destroyed, true);
    deaf.destroy();
  } finally {
    server.server.closeAllConnections();
    await server.close();
  }
});
