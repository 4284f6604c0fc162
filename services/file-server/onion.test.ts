import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type ChannelKey, clientChannelKey, type EncType, x25519KeyPair } from "@swarmpost/crypto";
import { decodeV4Response, encodeV4Request, type V4Request } from "@swarmpost/onion";
import { ManualClock } from "@swarmpost/runtime";
import { type PostgresServer, startPostgres, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { TestFileServer } from "./testing/test-file-server.ts";

describe("requests that come through onions", () => {
  const clock = new ManualClock(1_700_000_000_000);
  let postgres: PostgresServer;
  let folder: TemporaryFolder;
  let files: TestFileServer;

  before(async () => {
    postgres = await startPostgres();
    folder = await temporaryFolder();
    const env = { DATABASE_URL: await postgres.createDatabase("files"), CONTENT_DIR: folder.path };
    files = await TestFileServer.start({ ...env, CLIENT_VERSIONS: "desktop=1.2.3" }, clock);
  });

  after(async () => {
    await files?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** What an exit posts: the last hop's plaintext, whose JSON speaks to the exit as well. */
  const post = async (
    path: string,
    plaintext: Buffer,
    encType?: EncType,
  ): Promise<{ response: Response; key: ChannelKey }> => {
    const { publicKey, secretKey } = x25519KeyPair();
    const key = clientChannelKey(encType ?? "aes-gcm", secretKey, publicKey, Buffer.from(files.server.pubkey, "hex"));
    const routing = { host: "files.example", target: path, ephemeral_key: publicKey.toString("hex") };
    const json = JSON.stringify(encType === undefined ? routing : { ...routing, enc_type: encType });
    const body = frame(key.seal(plaintext), json);
    return { response: await files.fetch(path, { method: "POST", body: new Uint8Array(body) }), key };
  };
  const v4 = async (request: V4Request, encType?: EncType) => {
    const { response, key } = await post("/oxen/v4/lsrpc", encodeV4Request(request), encType);
    assert.equal(response.status, 200);
    return decodeV4Response(key.open(Buffer.from(await response.arrayBuffer()))!);
  };
  const v3 = async (request: unknown, path = "/oxen/v3/lsrpc") => {
    const { response, key } = await post(path, Buffer.from(JSON.stringify(request)));
    assert.equal(response.status, 200);
    return JSON.parse(key.open(Buffer.from(await response.text(), "base64"))!.toString()) as Record<string, unknown>;
  };

  test("a file goes in and out by v4, in every encryption, up to the largest", async () => {
    for (const [encType, size] of [
      [undefined, 1],
      ["xchacha20", 10_223_616],
      ["aes-gcm", 5000],
      ["aes-cbc", 17],
    ] as const) {
      const body = randomBytes(size);
      const put = await v4({ method: "POST", endpoint: "/file", headers: { "X-FS-TTL": "60" }, body }, encType);
      assert.equal(put.code, 200);
      assert.equal(put.headers["content-type"], "application/json");
      const answer = JSON.parse(put.body.toString()) as { id: string; uploaded: number; expires: number };
      assert.match(answer.id, /^[A-Za-z0-9_-]{44}$/);
      assert.equal(answer.expires - answer.uploaded, 60);
      const got = await v4({ method: "GET", endpoint: `/file/${answer.id}`, headers: {} }, encType);
      assert.equal(got.headers["content-type"], "application/octet-stream");
      assert.equal(got.headers["content-length"], undefined);
      assert.ok(body.equals(got.body));
    }
  });

  test("a part, an extension, the file's times and the version come by v4 too", async () => {
    const put = await v4({
      method: "POST",
      endpoint: "/file",
      headers: { "x-fs-ttl": "60" },
      body: Buffer.from("abcdef"),
    });
    const { id } = JSON.parse(put.body.toString()) as { id: string };
    const part = await v4({ method: "GET", endpoint: `/file/${id}`, headers: { Range: "bytes=1-2" } });
    assert.equal(part.code, 206);
    assert.equal(part.body.toString(), "bc");
    const extended = await v4({ method: "POST", endpoint: `/file/${id}/extend`, headers: { "X-FS-TTL": "120" } });
    assert.equal((JSON.parse(extended.body.toString()) as { expires: number }).expires, clock.now() / 1000 + 120);
    const version = await v4({ method: "GET", endpoint: "/session_version?platform=desktop", headers: {} });
    assert.equal((JSON.parse(version.body.toString()) as { result: string }).result, "1.2.3");
  });

  test("headers that speak of a connection mean nothing inside an onion", async () => {
    const headers = {
      "content-length": "3",
      "transfer-encoding": "chunked",
      expect: "100-continue",
      Connection: "close",
    };
    const body = randomBytes(5000);
    const { code, body: answer } = (await v4({ endpoint: "/file", method: "POST", headers, body }))!;
    assert.equal(code, 200);
    const { id } = JSON.parse(answer.toString()) as { id: string };
    const read = (await v4({ endpoint: `/file/${id}`, method: "GET", headers: {} }))!;
    assert.deepEqual(read.body, body);
    assert.ok(!("connection" in read.headers) && !("transfer-encoding" in read.headers));
  });

  test("what goes wrong inside a v4 request is told inside its answer", async () => {
    const missing = await v4({ method: "GET", endpoint: `/file/${"A".repeat(44)}`, headers: {} });
    assert.equal(missing.code, 404);
    assert.equal(missing.body.toString(), "there is no such file, or it has expired\n");
    assert.equal((await v4({ method: "POST", endpoint: "/file", headers: {} })).code, 400);
    assert.equal(
      (await v4({ method: "POST", endpoint: "/oxen/v4/lsrpc", headers: {}, body: Buffer.from("x") })).code,
      404,
    );
    for (const plaintext of [
      "",
      "le",
      "l2:{}e",
      `l${'{"method":"GET","endpoint":"x"}'.length}:{"method":"GET","endpoint":"x"}e`,
    ]) {
      const { response, key } = await post("/oxen/v4/lsrpc", Buffer.from(plaintext));
      const answer = decodeV4Response(key.open(Buffer.from(await response.arrayBuffer()))!);
      assert.equal(answer.code, 400);
      assert.equal(answer.body.toString(), "Invalid v4 onion request");
    }
    assert.equal((await v4({ method: "BREW", endpoint: "/file", headers: {} })).code, 400);
  });

  test("a file of one byte too many is refused inside the answer", async () => {
    const answer = await v4({ method: "POST", endpoint: "/file", headers: {}, body: Buffer.alloc(10_223_617) });
    assert.equal(answer.code, 413);
  });

  test("v3 answers the body of a 200 as base64, and anything else as its code", async () => {
    const body = JSON.stringify({ file: Buffer.from("old").toString("base64") });
    for (const path of ["/oxen/v3/lsrpc", "/loki/v3/lsrpc"]) {
      const put = await v3({ endpoint: "files", method: "POST", body }, path);
      assert.equal(put.status_code, 200);
      const got = await v3(
        { endpoint: `/files/${String(put.result)}`, method: "GET", body: "null", headers: { A: 1 } },
        path,
      );
      assert.deepEqual(got, { status_code: 200, result: Buffer.from("old").toString("base64") });
    }
    assert.deepEqual(await v3({ endpoint: "files/1", method: "GET" }), { status_code: 404 });
    for (const bad of [
      5,
      null,
      {},
      { endpoint: "files/1", method: "GET", body: "x" },
      { endpoint: 1, method: "GET" },
    ]) {
      assert.deepEqual(await v3(bad), { status_code: 400 });
    }
  });

  test("what cannot be opened is refused in plain words", async () => {
    const { publicKey } = x25519KeyPair();
    const closed = frame(randomBytes(100), JSON.stringify({ ephemeral_key: publicKey.toString("hex") }));
    const small = frame(randomBytes(100), JSON.stringify({ ephemeral_key: "00".repeat(32) }));
    for (const body of [Buffer.alloc(0), Buffer.from("abc"), closed, small, frame(Buffer.alloc(1), "{}")]) {
      for (const path of ["/oxen/v4/lsrpc", "/oxen/v3/lsrpc", "/loki/v3/lsrpc"]) {
        const response = await files.fetch(path, { method: "POST", body: new Uint8Array(body) });
        assert.equal(response.status, 400);
        assert.equal(await response.text(), "the onion request cannot be read\n");
      }
    }
    const text = await files.metrics();
    assert.match(text, /onion_requests_total\{result="refused"\} 15/);
  });
});

function frame(blob: Buffer, json: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(blob.length);
  return Buffer.concat([length, blob, Buffer.from(json)]);
}
