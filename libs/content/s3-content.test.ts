import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { sparePort, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import S3rver from "@20minutes/s3rver";
import { contentStoreContract } from "./content-store-contract.ts";
import { S3Content } from "./index.ts";

const credentials = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };
const options = { region: "us-east-1", bucket: "files", prefix: "swarmpost/", credentials, pathStyle: true };

describe("content in a bucket", () => {
  const begun = new Set<string>();
  let folder: TemporaryFolder;
  let server: S3rver;
  let endpoint: string;
  let store: S3Content;

  before(async () => {
    folder = await temporaryFolder();
    const configureBuckets = [{ name: "files", configs: [] }];
    server = new S3rver({ port: 0, address: "127.0.0.1", silent: true, directory: folder.path, configureBuckets });
    const { port } = await server.run();
    server.httpServer.on("request", ({ method, url }) => {
      const upload = /uploadId=([^&]+)/.exec(url ?? "")?.[1];
      if (method === "PUT" && upload !== undefined) begun.add(upload);
      if ((method === "POST" || method === "DELETE") && upload !== undefined) begun.delete(upload);
    });
    endpoint = `http://127.0.0.1:${port}`;
    store = new S3Content({ ...options, endpoint });
  });

  after(async () => {
    store?.[Symbol.dispose]();
    await server?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  // The test server does not know how to give up an upload, so what counts is that it was asked to.
  contentStoreContract(() => ({ store, unfinished: async () => begun.size }));

  test("a bucket that is not there, a wrong key and a server that is away are unavailable", async () => {
    using elsewhere = new S3Content({ ...options, endpoint, bucket: "other" });
    const wrong = { accessKeyId: "S3RVER", secretAccessKey: "wrong" };
    using stranger = new S3Content({ ...options, endpoint, credentials: wrong });
    using away = new S3Content({ ...options, endpoint: `http://127.0.0.1:${await sparePort()}` });
    for (const place of [elsewhere, stranger, away]) {
      const unavailable = { name: "ContentError", code: "unavailable" };
      await assert.rejects(place.put("x", Readable.from([Buffer.from("x")])), unavailable);
      await assert.rejects(place.open("x"), unavailable);
    }
  });
});
