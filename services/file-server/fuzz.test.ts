import { test } from "node:test";
import { silentLogger } from "@swarmpost/runtime";
import { fuzz } from "@swarmpost/testkit";
import { encodeV4Request } from "@swarmpost/onion";
import { httpServer } from "./http-server.ts";
import { answerV3 } from "./onion-v3.ts";
import { answerV4 } from "./onion-v4.ts";

/** What is inside an onion is served by this; it says what it heard. */
function echo() {
  const server = httpServer({ logger: silentLogger });
  server.get("/file/:id", (request, reply) => reply.send({ id: (request.params as { id: string }).id }));
  server.post("/file", (_request, reply) => reply.send({ id: "1" }));
  return server;
}

const documented = () => false;

test("an opened onion of version 3 may hold any bytes: every one gets an answer", async () => {
  const server = echo();
  const corpus = [
    { endpoint: "file/1", method: "GET", headers: { "x-fs-ttl": 5 } },
    { endpoint: "/file", method: "POST", body: "text", headers: {} },
  ].map((request) => JSON.stringify(request));
  await fuzz({ corpus, parse: (input) => answerV3(input, server), documented });
  await server.close();
});

test("an opened onion of version 4 may hold any bytes: every one gets an answer", async () => {
  const server = echo();
  const headers = { range: "bytes=0-1", "content-type": "text/plain" };
  const corpus = [
    encodeV4Request({ endpoint: "/file/1?a=b", method: "GET", headers }),
    encodeV4Request({ endpoint: "/file", method: "POST", headers, body: Buffer.from("x") }),
  ];
  await fuzz({ corpus, parse: (input) => answerV4(input, server), documented });
  await server.close();
});
