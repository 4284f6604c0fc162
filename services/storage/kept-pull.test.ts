import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import { ByteWriter } from "./byte-writer.ts";
import { pullKept } from "./kept-pull.ts";
import type { KeptRequests } from "./kept-requests.ts";
import { REFUSAL } from "./replica-kinds.ts";
import { writeOpaque } from "./sealed-cursor.ts";

const { pubkey: source } = nodeKeysFromSeed(generateSeed());

/** Pulls from a source that gives so many empty pages that are not the last one and then refuses. */
async function pull(pages: number, refusal: number): Promise<void> {
  let left = pages;
  const request = async () => {
    if (left === 0) throw new LinkError("refused", "no", { detail: refusal });
    left -= 1;
    const writer = new ByteWriter();
    writeOpaque(writer, Buffer.from("where the page ended"));
    return writer.u32(0).finish();
  };
  const links = { request } as unknown as PeerLinks;
  const requests = { record: "change", kinds: { pull: 9, bring: 10 }, take: async () => [] } as unknown as KeptRequests;
  await pullKept(source, requests, { links, mapHeight: 1n });
}

const refused = (error: unknown) => error instanceof LinkError && error.code === "refused";

test("a source that knows no such requests has none", async () => {
  await pull(0, REFUSAL.unknown);
  await pull(0, REFUSAL.invalid);
  await assert.rejects(pull(0, REFUSAL.unavailable), refused);
});

test("a source that refuses its own cursor was not pulled to the end", async () => {
  await assert.rejects(pull(1, REFUSAL.invalid), refused);
  await assert.rejects(pull(2, REFUSAL.unknown), refused);
});
