import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { openDatabase } from "@swarmpost/postgres";
import { createRuntime, type Health, ManualClock, parseConfig, type Runtime, silentLogger } from "@swarmpost/runtime";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { fileServerConfig } from "./config.ts";
import { createFileServer, type FileServer } from "./service.ts";

const DAY_MS = 86_400_000;

describe("a file server on a real Postgres", () => {
  const clock = new ManualClock(20_000 * DAY_MS);
  let postgres: PostgresServer;
  let server: FileServer;
  let runtime: Runtime;
  let health: Health;
  let database: string;

  const start = async (env: Record<string, string> = {}) => {
    runtime = createRuntime("file-server", { logger: silentLogger, clock });
    const all = { DATABASE_URL: database, HTTP_PORT: "0", SWEEP_INTERVAL_MS: "50", ...env };
    return await createFileServer(parseConfig(fileServerConfig, all), runtime);
  };

  before(async () => {
    postgres = await startPostgres();
    database = await postgres.createDatabase("files");
    server = await start();
    health = runtime.health;
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  const put = async (body: Buffer | undefined, headers: Record<string, string> = {}) =>
    await fetch(`http://${server.address}/file`, {
      method: "POST",
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  const get = async (id: string) => await fetch(`http://${server.address}/file/${id}`);
  const stored = async (body: Buffer, headers?: Record<string, string>) => {
    const response = await put(body, headers);
    assert.equal(response.status, 200);
    return (await response.json()) as { id: string; uploaded: number; expires: number };
  };
  const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

  test("a file comes back byte for byte, with its times in seconds", async () => {
    const body = randomBytes(1000);
    const answer = await stored(body);
    assert.match(answer.id, /^[A-Za-z0-9_-]{44}$/);
    assert.equal(answer.uploaded, clock.now() / 1000);
    assert.equal(answer.expires, answer.uploaded + 14 * 86_400);
    const response = await get(answer.id);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.deepEqual(await bytes(response), body);
  });

  test("a file of the largest size is read in parts and one byte more is refused", async () => {
    const body = randomBytes(10_000_000);
    const { id } = await stored(body);
    const response = await get(id);
    assert.equal(response.headers.get("content-length"), "10000000");
    assert.ok(body.equals(await bytes(response)));
    const refused = await put(Buffer.alloc(10_000_001));
    assert.equal(refused.status, 413);
    assert.equal(await refused.text(), "a file has at most 10000000 bytes\n");
  });

  test("any content type is taken as bytes", async () => {
    for (const type of ["application/json", "text/plain; charset=latin1", "image/png"]) {
      const { id } = await stored(Buffer.from("{not json"), { "content-type": type });
      assert.equal((await bytes(await get(id))).toString(), "{not json");
    }
  });

  test("an empty file is refused", async () => {
    for (const response of [await put(Buffer.alloc(0)), await put(undefined)]) {
      assert.equal(response.status, 400);
      assert.equal(await response.text(), "the file is empty\n");
    }
  });

  test("an unknown name, a malformed one and another path are not found", async () => {
    for (const id of ["A".repeat(44), "1234", "A'--", "%00", encodeURIComponent("../files")]) {
      const response = await get(id);
      assert.ok(response.status === 404 || response.status === 400, `${id} gave ${response.status}`);
      await response.arrayBuffer();
    }
    assert.equal((await fetch(`http://${server.address}/other`)).status, 404);
  });

  test("a sender may ask for a shorter time, and not for a longer one", async () => {
    const short = await stored(Buffer.from("short"), { "x-fs-ttl": "60" });
    assert.equal(short.expires - short.uploaded, 60);
    const long = await stored(Buffer.from("long"), { "x-fs-ttl": "99999999" });
    assert.equal(long.expires - long.uploaded, 14 * 86_400);
    for (const ttl of ["0", "-1", "1.5", "soon"]) {
      const refused = await put(Buffer.from("bad"), { "x-fs-ttl": ttl });
      assert.equal(refused.status, 400, ttl);
      assert.match(await refused.text(), /whole number of seconds/);
    }
  });

  test("an expired file is not served, and its day leaves the disk when it is over", async () => {
    const { id } = await stored(randomBytes(100_000), { "x-fs-ttl": "60" });
    const kept = await stored(Buffer.from("kept"));
    clock.advance(59_999);
    assert.equal((await get(id)).status, 200);
    clock.advance(1);
    assert.equal((await get(id)).status, 404);
    await using direct = openDatabase({ url: database, maxConnections: 1 });
    const days = async () =>
      (
        await direct.query({
          text: "select inhrelid::regclass::text as day from pg_inherits where inhparent = 'files'::regclass",
        })
      ).rows.map(({ day }) => day);
    const today = `files_${Math.floor(clock.now() / DAY_MS)}`;
    assert.ok((await days()).includes(today), "the day is there as long as it lasts");
    clock.advance(DAY_MS);
    await eventually(async () => !(await days()).includes(today));
    assert.equal((await bytes(await get(kept.id))).toString(), "kept");
  });

  test("uploads that need a new day at the same moment are all stored", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => stored(Buffer.from(`file ${i}`), { "x-fs-ttl": String(86_400 * 5) })),
    );
    for (const [i, { id }] of answers.entries()) assert.equal((await bytes(await get(id))).toString(), `file ${i}`);
  });

  test("a body that ends early stores nothing and hurts nobody", async () => {
    const count = async () => {
      await using direct = openDatabase({ url: database, maxConnections: 1 });
      return (await direct.query<{ n: bigint }>({ text: "select count(*) as n from files" })).rows[0]?.n;
    };
    const earlier = await count();
    const [host, port] = server.address.split(":");
    const socket = connect(Number(port), host);
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write("POST /file HTTP/1.1\r\nhost: files\r\ncontent-length: 100000\r\n\r\nonly this");
    await eventually(() => socket.bytesWritten > 60);
    socket.destroy();
    await stored(Buffer.from("next"));
    assert.equal(await count(), (earlier ?? 0n) + 1n);
  });

  test("more uploads than allowed are asked to come back", async () => {
    await using small = await start({ MAX_UPLOADS: "1" });
    const [host, port] = small.address.split(":");
    const slow = connect(Number(port), host);
    slow.on("error", () => {});
    slow.write("POST /file HTTP/1.1\r\nhost: files\r\ncontent-length: 100000\r\n\r\nslow");
    const refused = await eventually(async () => {
      const response = await fetch(`http://${small.address}/file`, { method: "POST", body: "x" });
      const text = await response.text();
      return response.status === 503 && { text, wait: response.headers.get("retry-after") };
    });
    assert.deepEqual(refused, { text: "too many uploads at once, try again later\n", wait: "5" });
    slow.destroy();
    await eventually(
      async () => (await fetch(`http://${small.address}/file`, { method: "POST", body: "x" })).status === 200,
    );
  });

  test("without Postgres the answer is 503 and says so; when it is back everything works again", async () => {
    const { id } = await stored(Buffer.from("before"));
    await postgres.stop();
    for (const response of [await put(Buffer.from("during")), await get(id)]) {
      assert.equal(response.status, 503);
      assert.equal(await response.text(), "the file store is unavailable, try again later\n");
    }
    assert.deepEqual(health.reasons(), ["database: does not answer"]);
    await postgres.start();
    await eventually(() => health.ready);
    assert.equal((await bytes(await get(id))).toString(), "before");
    await stored(Buffer.from("after"));
  });

  test("a server that starts before its database waits for it", async () => {
    await postgres.stop();
    const starting = start();
    const waiting = runtime;
    await eventually(() => waiting.health.reasons().length === 1);
    await postgres.start();
    await using late = await starting;
    assert.equal((await fetch(`http://${late.address}/file/${"A".repeat(44)}`)).status, 404);
  });

  test("what happened is counted, without names", async () => {
    runtime = createRuntime("file-server", { logger: silentLogger, clock });
    const env = { DATABASE_URL: database, HTTP_PORT: "0" };
    await using counted = await createFileServer(parseConfig(fileServerConfig, env), runtime);
    const url = `http://${counted.address}/file`;
    const { id } = (await (await fetch(url, { method: "POST", body: "x" })).json()) as { id: string };
    await fetch(`${url}/${id}`);
    await fetch(`${url}/${"A".repeat(44)}`);
    await fetch(url, { method: "POST", body: "" });
    const text = await runtime.metrics.render();
    assert.match(text, /file_server_uploads_total\{result="stored"\} 1/);
    assert.match(text, /file_server_uploads_total\{result="refused"\} 1/);
    assert.match(text, /file_server_downloads_total\{result="served"\} 1/);
    assert.match(text, /file_server_downloads_total\{result="missing"\} 1/);
    assert.ok(!text.includes(id));
  });
});
