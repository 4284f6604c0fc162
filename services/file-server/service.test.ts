import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { openDatabase } from "@swarmpost/postgres";
import { ManualClock } from "@swarmpost/runtime";
import {
  eventually,
  type PostgresServer,
  startPostgres,
  type TemporaryFolder,
  temporaryFolder,
} from "@swarmpost/testkit";
import { FileTable } from "./file-table.ts";
import { bytes, TestFileServer } from "./testing/test-file-server.ts";

const DAY_MS = 86_400_000;

describe("a file server on a real Postgres and a folder", () => {
  const clock = new ManualClock(20_000 * DAY_MS);
  let postgres: PostgresServer;
  let folder: TemporaryFolder;
  let files: TestFileServer;
  let env: Record<string, string>;

  before(async () => {
    postgres = await startPostgres();
    folder = await temporaryFolder();
    env = { DATABASE_URL: await postgres.createDatabase("files"), CONTENT_DIR: folder.path };
    files = await TestFileServer.start(env, clock);
  });

  after(async () => {
    await files?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const kept = async () =>
    (await readdir(folder.path, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());

  test("a file comes back byte for byte, with its times in seconds", async () => {
    const body = randomBytes(1000);
    const answer = await files.stored(body);
    assert.ok(Number.isSafeInteger(Number(answer.id)), "plain clients make a Number of it");
    assert.equal(answer.uploaded, clock.now() / 1000);
    assert.equal(answer.expires, answer.uploaded + 14 * 86_400);
    const response = await files.get(answer.id);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.equal(Date.parse(response.headers.get("expires")!) / 1000, answer.expires);
    assert.equal(Date.parse(response.headers.get("last-modified")!) / 1000, answer.uploaded);
    assert.deepEqual(await bytes(response), body);
    const info = await (await files.fetch(`/file/${answer.id}/info`)).json();
    assert.deepEqual(info, { size: 1000, uploaded: answer.uploaded, expires: answer.expires });
  });

  test("a file of the largest size is read and one byte more is refused, and leaves nothing", async () => {
    const body = randomBytes(10_223_616);
    const { id } = await files.stored(body);
    const response = await files.get(id);
    assert.equal(response.headers.get("content-length"), "10223616");
    assert.ok(body.equals(await bytes(response)));
    const before = (await kept()).length;
    const refused = await files.put(Buffer.alloc(10_223_617));
    assert.equal(refused.status, 413);
    assert.equal(await refused.text(), "a file has at most 10223616 bytes\n");
    assert.equal((await kept()).length, before);
  });

  test("a part of a file is served alone", async () => {
    const body = randomBytes(1000);
    const { id } = await files.stored(body);
    const cases = [
      ["bytes=0-0", 0, 0],
      ["bytes=10-99", 10, 99],
      ["bytes=900-", 900, 999],
      ["bytes=-5", 995, 999],
      ["bytes=990-5000", 990, 999],
    ] as const;
    for (const [range, start, end] of cases) {
      const response = await files.get(id, { range });
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${end}/1000`);
      assert.deepEqual(await bytes(response), body.subarray(start, end + 1));
    }
    for (const range of ["bytes=0-1,5-6", "lines=1-2", "nonsense"]) {
      const response = await files.get(id, { range });
      assert.equal(response.status, 200, range);
      assert.equal((await bytes(response)).length, 1000);
    }
    const beyond = await files.get(id, { range: "bytes=1000-" });
    assert.equal(beyond.status, 416);
    assert.equal(await beyond.text(), "the file has 1000 bytes\n");
  });

  test("any content type is taken as bytes", async () => {
    for (const type of ["application/json", "text/plain; charset=latin1", "image/png"]) {
      const { id } = await files.stored(Buffer.from("{not json"), { "content-type": type });
      assert.equal((await bytes(await files.get(id))).toString(), "{not json");
    }
  });

  test("an empty file is refused", async () => {
    for (const response of [await files.put(Buffer.alloc(0)), await files.put(undefined)]) {
      assert.equal(response.status, 400);
      assert.equal(await response.text(), "the file is empty\n");
    }
  });

  test("an unknown name, a malformed one and another path are not found", async () => {
    for (const id of ["A".repeat(44), "1234", "A'--", "%00", encodeURIComponent("../files")]) {
      for (const path of [`/file/${id}`, `/file/${id}/info`, `/files/${id}`]) {
        const response = await files.fetch(path);
        assert.ok(response.status === 404 || response.status === 400, `${path} gave ${response.status}`);
        await response.arrayBuffer();
      }
      const extended = await files.fetch(`/file/${id}/extend`, { method: "POST" });
      assert.ok(extended.status === 404 || extended.status === 400);
    }
    assert.equal((await files.fetch("/other")).status, 404);
  });

  test("a sender may ask for a shorter time, and not for a longer one", async () => {
    const short = await files.stored(Buffer.from("short"), { "x-fs-ttl": "60" });
    assert.equal(short.expires - short.uploaded, 60);
    const long = await files.stored(Buffer.from("long"), { "x-fs-ttl": "99999999" });
    assert.equal(long.expires - long.uploaded, 14 * 86_400);
    for (const ttl of ["0", "-1", "1.5", "soon"]) {
      const refused = await files.put(Buffer.from("bad"), { "x-fs-ttl": ttl });
      assert.equal(refused.status, 400, ttl);
      assert.match(await refused.text(), /whole number of seconds/);
    }
  });

  test("a file is kept longer when somebody asks for it, never shorter", async () => {
    const { id, uploaded, expires } = await files.stored(Buffer.from("extend me"), { "x-fs-ttl": "3600" });
    const extend = async (headers: Record<string, string> = {}) =>
      (await (await files.fetch(`/file/${id}/extend`, { method: "POST", headers })).json()) as { expires: number };
    assert.deepEqual(await extend({ "x-fs-ttl": "60" }), { id, size: 9, uploaded, expires });
    assert.equal((await extend({ "x-fs-ttl": "7200" })).expires, uploaded + 7200);
    assert.equal((await extend()).expires, uploaded + 14 * 86_400);
    assert.equal(
      (await files.fetch(`/file/${id}/extend`, { method: "POST", headers: { "x-fs-ttl": "x" } })).status,
      400,
    );
  });

  test("an expired file is not served nor extended, and its bytes leave the disk", async () => {
    const body = randomBytes(100_000);
    const { id } = await files.stored(body, { "x-fs-ttl": "60" });
    const other = await files.stored(Buffer.from("kept"));
    clock.advance(59_999);
    assert.equal((await files.get(id)).status, 200);
    clock.advance(1);
    assert.equal((await files.get(id)).status, 404);
    assert.equal((await files.fetch(`/file/${id}/extend`, { method: "POST" })).status, 404);
    await eventually(async () => !(await kept()).some((entry) => entry.name === id));
    assert.equal((await bytes(await files.get(other.id))).toString(), "kept");
  });

  test("files with number names go in and out as base64, for old clients", async () => {
    const body = randomBytes(1001);
    const json = JSON.stringify({ file: body.toString("base64") });
    const put = await files.fetch("/files", { method: "POST", body: json });
    const { result, status_code } = (await put.json()) as { result: number; status_code: number };
    assert.equal(status_code, 200);
    assert.ok(Number.isSafeInteger(result));
    const got = (await (await files.fetch(`/files/${result}`)).json()) as { result: string; status_code: number };
    assert.deepEqual(got, { status_code: 200, result: body.toString("base64") });
    for (const bad of ["", "{", "{}", '{"file":5}', '{"file":"%%"}']) {
      assert.equal((await files.fetch("/files", { method: "POST", body: bad })).status, 400, bad);
    }
  });

  test("the newest version of a client is told as the operator set it", async () => {
    await using told = await TestFileServer.start({ ...env, CLIENT_VERSIONS: "desktop=1.17.17, ios=2.0.0" }, clock);
    const version = async (query: string) => await told.fetch(`/session_version${query}`);
    const updated = clock.now() / 1000;
    assert.deepEqual(await (await version("?platform=desktop")).json(), {
      status_code: 200,
      updated,
      result: "1.17.17",
    });
    assert.equal((await version("?platform=android")).status, 502);
    assert.equal((await version("?platform=other")).status, 404);
    assert.equal((await version("")).status, 404);
  });

  test("a body that ends early is no file, and hurts nobody", async () => {
    const earlier = (await kept()).length;
    const [host, port] = files.server.address.split(":");
    const socket = connect(Number(port), host);
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write("POST /file HTTP/1.1\r\nhost: files\r\ncontent-length: 100000\r\n\r\nonly this");
    await eventually(async () => (await kept()).length > earlier);
    socket.destroy();
    await eventually(async () => (await kept()).length === earlier);
    await using database = openDatabase({ url: env["DATABASE_URL"]!, maxConnections: 1 });
    const unfinished = "select id from stored_files where size is null";
    await eventually(async () => (await database.query({ text: unfinished, values: [] })).rowCount === 0);
    await files.stored(Buffer.from("next"));
  });

  test("more uploads than allowed are asked to come back", async () => {
    await using small = await TestFileServer.start({ ...env, MAX_UPLOADS: "1", TURN_WAIT_MS: "50" }, clock);
    const [host, port] = small.server.address.split(":");
    const slow = connect(Number(port), host);
    slow.on("error", () => {});
    slow.write("POST /file HTTP/1.1\r\nhost: files\r\ncontent-length: 100000\r\n\r\nslow");
    const refused = await eventually(async () => {
      const response = await small.put(Buffer.from("x"));
      const text = await response.text();
      return response.status === 503 && { text, wait: response.headers.get("retry-after") };
    });
    assert.deepEqual(refused, { text: "too many uploads at once, try again later\n", wait: "5" });
    // As base64 a file is held in memory whole, as bytes it is not.
    assert.equal((await small.fetch("/files/1")).status, 503);
    assert.equal((await small.fetch("/file/1")).status, 404);
    slow.destroy();
    await eventually(async () => (await small.put(Buffer.from("x"))).status === 200);
  });

  test("uploads that come at once wait for their turn", async () => {
    await using small = await TestFileServer.start({ ...env, MAX_UPLOADS: "2" }, clock);
    const answers = await Promise.all(Array.from({ length: 12 }, () => small.put(randomBytes(50_000))));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  });

  test("a file that the sweeper has begun to remove can't be kept longer by whose clock is behind", async () => {
    const { id } = await files.stored(Buffer.from("late"), { "x-fs-ttl": "60" });
    await using database = openDatabase({ url: env["DATABASE_URL"]!, maxConnections: 1 });
    const table = new FileTable(database);
    const nowMs = clock.now();
    assert.ok((await table.expired(nowMs + 60_000, 100)).includes(id));
    assert.equal(await table.extend(id, { nowMs, expiresMs: nowMs + 600_000 }), undefined);
  });

  test("without Postgres the answer is 503 and says so; when it is back everything works again", async () => {
    const { id } = await files.stored(Buffer.from("before"));
    await postgres.stop();
    for (const response of [await files.put(Buffer.from("during")), await files.get(id)]) {
      assert.equal(response.status, 503);
      assert.equal(await response.text(), "the file store is unavailable, try again later\n");
    }
    assert.deepEqual(files.runtime.health.reasons(), ["database: does not answer"]);
    await postgres.start();
    await eventually(() => files.runtime.health.ready);
    assert.equal((await bytes(await files.get(id))).toString(), "before");
    await files.stored(Buffer.from("after"));
  });

  test("a server that starts before its database waits for it", async () => {
    await postgres.stop();
    const { runtime, started } = TestFileServer.begin(env, clock);
    await eventually(() => runtime.health.reasons().length === 1);
    await postgres.start();
    await using late = await started;
    assert.equal((await fetch(`http://${late.address}/file/${"A".repeat(44)}`)).status, 404);
  });

  test("bytes that are missing though the file is known are 503, and are counted as a failure", async () => {
    const { id } = await files.stored(Buffer.from("lost"));
    const [entry] = (await kept()).filter(({ name }) => name === id);
    await rm(`${entry!.parentPath}/${id}`);
    const response = await files.get(id);
    assert.equal(response.status, 503);
    assert.equal(await response.text(), "the file's bytes are missing\n");
    assert.match(await files.metrics(), /file_server_downloads_total\{result="failed"\} [1-9]/);
  });

  test("settings that name no place for the bytes, or two, are refused", async () => {
    const { CONTENT_DIR: _, ...none } = env;
    for (const settings of [
      none,
      { ...env, S3_BUCKET: "files" },
      { ...none, S3_BUCKET: "files", S3_ACCESS_KEY_ID: "x" },
    ]) {
      await assert.rejects(TestFileServer.start(settings, clock), { name: "ConfigError" });
    }
  });

  test("what happened is counted, without names", async () => {
    await using counted = await TestFileServer.start(env, clock);
    const { id } = await counted.stored(Buffer.from("x"));
    await counted.get(id);
    await counted.get("A".repeat(44));
    await counted.put(Buffer.alloc(0));
    await counted.fetch(`/file/${id}/extend`, { method: "POST" });
    const text = await counted.metrics();
    assert.match(text, /file_server_uploads_total\{result="stored"\} 1/);
    assert.match(text, /file_server_uploads_total\{result="refused"\} 1/);
    assert.match(text, /file_server_downloads_total\{result="served"\} 1/);
    assert.match(text, /file_server_downloads_total\{result="missing"\} 1/);
    assert.match(text, /file_server_extensions_total\{result="extended"\} 1/);
    assert.ok(!text.includes(id));
  });
});
