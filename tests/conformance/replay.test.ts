import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { after, before, test } from "node:test";
import { buffer } from "node:stream/consumers";
import { clientChannelKey, x25519KeyPair } from "@swarmpost/crypto";
import { frame } from "@swarmpost/encoding";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { decodeV4Response } from "@swarmpost/onion";
import { KeyedRelays } from "@swarmpost/relay/testing/keyed-relays.ts";
import { checkAnswer, checkSeedAnswer } from "./answer-shapes.ts";
import { openLayer } from "./open-onion.ts";
import { type RecordedLine, readRecording } from "./recorded.ts";
import { parseOnionRequest } from "@swarmpost/onion";

interface Reply {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Buffer;
}

const { lines: desktop, nodes } = readRecording("session-desktop");
const { lines: sessionjs } = readRecording("sessionjs");
/** The network lives at the time of the recordings: their signatures are good for a minute. */
const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
let net: Network;

before(async () => {
  clock.offsetMs = Number(sessionjs[0]!["ts"]) - Date.now();
  net = await startNetwork({ nodes: 7, clock, logLevel: "warn" });
});

after(() => net?.stop());

/** A recorded request as it came, headers in their case and order, to a node of ours: in the clear what came in the clear. */
async function replay(line: RecordedLine): Promise<Reply> {
  const [first = "", ...fields] = (line.rawHead ?? "").trimEnd().split("\r\n");
  const [method, url = ""] = first.split(" ");
  const body = line.bodyHex === undefined ? Buffer.from(line.bodyText ?? "") : Buffer.from(line.bodyHex, "hex");
  const headers = fields
    .map((field) => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 1).trim()] as const)
    .filter(([name]) => !/^(connection|transfer-encoding|content-length|proxy-connection)$/i.test(name));
  const all = [...headers, ["Content-Length", String(body.length)] as const].flat();
  const node = net.nodes[line.seq % 7]!;
  const origin = url.startsWith("http://") ? node.seedHttp : node.url;
  return await send(`${origin}${new URL(url, "https://node").pathname}`, {
    method,
    headers: all,
    body,
  });
}

async function send(
  url: string,
  wanted: { method?: string | undefined; headers?: string[]; body: Buffer },
): Promise<Reply> {
  clock.offsetMs = Number(sessionjs[0]!["ts"]) - Date.now();
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const { method = "POST", headers = ["Host", "node", "Content-Length", String(wanted.body.length)], body } = wanted;
  const request = url.startsWith("http:") ? httpRequest : httpsRequest;
  const sent = request(url, { method, headers, rejectUnauthorized: false, agent: false }, (response) => {
    const { statusCode = 0, headers: answered } = response;
    buffer(response).then(
      (bytes) => resolve({ status: statusCode, type: answered["content-type"], body: bytes }),
      reject,
    );
  });
  sent.on("error", reject).end(body);
  return await promise;
}

for (const [client, lines] of Object.entries({ "session-desktop": desktop, sessionjs })) {
  const plain = lines.filter(({ rawHead = "" }) => /^POST \S*\/(json_rpc|storage_rpc\/v1) /.test(rawHead));

  test(`${client}: every plain request gets an answer of the documented shape`, async () => {
    assert.ok(plain.length >= 3);
    for (const line of plain) {
      const reply = await replay(line);
      assert.equal(reply.status, 200, `line ${line.seq}: ${reply.body.toString()}`);
      assert.equal(reply.type, "application/json");
      const asked = JSON.parse(line.bodyText!) as Parameters<typeof checkAnswer>[0];
      const answer = JSON.parse(reply.body.toString()) as Record<string, unknown>;
      if (line.rawHead!.includes("/json_rpc")) checkSeedAnswer(asked.params, answer, net.nodes.length);
      else checkAnswer(asked, answer);
    }
  });
}

test("session-desktop: every onion goes its three hops by the recorded keys, and its answer opens with the client's", async () => {
  const asked: string[] = [];
  const relays = new KeyedRelays(nodes.values(), {
    storage: async (_node, body) => {
      const { method } = JSON.parse(body.toString()) as { method: string };
      asked.push(method);
      const { status, body: answer } = await send(`${net.nodes[asked.length % 7]!.url}/storage_rpc/v1`, { body });
      return { status, body: answer, json: true };
    },
    server: async ({ host, target, port, protocol }) => {
      asked.push(`${protocol}://${host}:${port}${target}`);
      return { status: 200, body: Buffer.from("sealed by the server"), json: false };
    },
  });
  const onions = desktop.filter(({ rawHead = "" }) => rawHead.startsWith("POST /onion_req/v2"));
  assert.equal(onions.length, 6);
  for (const line of onions) {
    const body = Buffer.from(line.bodyHex!, "hex");
    const guard = nodes.get(Number(line.where.split(":")[1]))!;
    const reply = await relays.enter(guard.pubkey_ed25519, body);
    assert.equal(reply.status, 200, reply.body.toString());
    const end = destinationOf(body, guard.port);
    if (end.inner.kind === "server") {
      assert.equal(reply.body.toString(), "sealed by the server", "the exit hands it back untouched");
      continue;
    }
    assert.ok(end.inner.kind === "final");
    const opened = end.key.open(Buffer.from(reply.body.toString(), "base64"));
    const { status, body: text } = JSON.parse(opened!.toString()) as { status: number; body: string };
    assert.equal(status, 200, text);
    checkAnswer(JSON.parse(end.inner.body.toString()), JSON.parse(text));
  }
  assert.deepEqual(asked, [
    "batch",
    "sequence",
    "batch",
    "batch",
    "batch",
    "http://filev2.getsession.org:80/oxen/v4/lsrpc",
  ]);
});

/** The last layer of a recorded onion, opened with the recorded secrets. */
function destinationOf(body: Buffer, guard: number): ReturnType<typeof openLayer> {
  let at = nodes.get(guard)!;
  let opened = openLayer(parseOnionRequest(body), { secret: at.x25519_secret, public: at.pubkey_x25519 });
  while (opened.inner.kind === "node") {
    const { next } = opened.inner;
    at = [...nodes.values()].find((node) => node.pubkey_ed25519 === next)!;
    opened = openLayer(opened.inner, { secret: at.x25519_secret, public: at.pubkey_x25519 });
  }
  return opened;
}

test("session-desktop: its upload through the onion is taken by the file server", async () => {
  const recorded = desktop.find((line) => line.where === "v4 relay decoded") as RecordedLine &
    Record<"plainHex", string>;
  // The recording keeps the beginning of the body, which is one byte over and over.
  const begun = Buffer.from(recorded.plainHex, "hex");
  const rest = Buffer.alloc(begun.indexOf("1000:") + 5 + recorded.bodyLen! - begun.length, 9);
  const plain = Buffer.concat([begun, rest, Buffer.from("e")]);
  const { url, pubkey } = net.clusters[0]!.fileServer;
  const { publicKey, secretKey } = x25519KeyPair();
  const key = clientChannelKey("aes-gcm", secretKey, publicKey, Buffer.from(pubkey, "hex"));
  const sealed = frame(key.seal(plain), JSON.stringify({ ephemeral_key: publicKey.toString("hex") }));
  const response = await fetch(`${url}/oxen/v4/lsrpc`, { method: "POST", body: new Uint8Array(sealed) });
  const answer = decodeV4Response(key.open(Buffer.from(await response.arrayBuffer()))!);
  assert.equal(answer.code, 200, answer.body.toString());
  assert.equal(answer.headers["content-type"], "application/json");
  const { id, uploaded, expires } = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  assert.match(String(id), /^[A-Za-z0-9_-]{44}$/);
  assert.ok(typeof uploaded === "number" && typeof expires === "number" && expires > uploaded);
});

test("sessionjs: its upload and download by plain HTTP, whose name it makes a Number of", async () => {
  const { url } = net.clusters[0]!.fileServer;
  const upload = sessionjs.find(({ rawHead = "" }) => rawHead.startsWith("POST http://filev2"))!;
  const body = upload.bodyHex === undefined ? Buffer.from(upload.bodyText ?? "") : Buffer.from(upload.bodyHex, "hex");
  const stored = await fetch(`${url}/file`, { method: "POST", body: new Uint8Array(body) });
  const { id } = (await stored.json()) as { id: string };
  const read = await fetch(`${url}/file/${Number(id)}`);
  assert.deepEqual(Buffer.from(await read.arrayBuffer()), body);
});
