import assert from "node:assert/strict";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { contentStoreContract } from "./content-store-contract.ts";
import { DiskContent } from "./index.ts";

describe("content in a folder", () => {
  let folder: TemporaryFolder;
  let store: DiskContent;
  const unfinished = async () => (await readdir(join(folder.path, "unfinished"))).length;

  before(async () => {
    folder = await temporaryFolder();
    store = await DiskContent.open(folder.path);
  });
  after(async () => await folder?.[Symbol.asyncDispose]());

  contentStoreContract(() => ({ store, unfinished }));

  test("what a process that is gone did not finish is cleared at the start, and not what another writes just now", async () => {
    const left = join(folder.path, "unfinished", "left");
    const written = join(folder.path, "unfinished", "written");
    for (const path of [left, written]) await writeFile(path, "x");
    await utimes(left, new Date(), new Date(Date.now() - 7_200_000));
    await DiskContent.open(folder.path);
    assert.deepEqual(await readdir(join(folder.path, "unfinished")), ["written"]);
    await rm(written);
  });

  test("the first byte is a part too", async () => {
    await store.put("first", Readable.from(["abc"]));
    assert.equal(await text(await store.open("first", { start: 0, end: 0 })), "a");
  });

  test("a folder that has gone or that cannot be made is unavailable, not missing content", async () => {
    const gone = join(folder.path, "gone");
    const there = await DiskContent.open(gone);
    await rm(gone, { recursive: true });
    await assert.rejects(there.put("x", Readable.from(["x"])), { name: "ContentError", code: "unavailable" });
    const file = join(folder.path, "file");
    await writeFile(file, "x");
    await assert.rejects(DiskContent.open(join(file, "inside")), { code: "unavailable" });
  });
});
