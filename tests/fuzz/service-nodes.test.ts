import { test } from "node:test";
import { parseServiceNodesQuery } from "@swarmpost/network-view";
import { fuzz } from "@swarmpost/testkit";

test("a question for the list of nodes may hold any JSON", async () => {
  const corpus = [
    { active_only: true, limit: 5, fields: { public_ip: true, storage_port: true, pubkey_ed25519: true } },
    { poll_block_hash: "ab".repeat(32), fields: { all: true } },
    { fields: {} },
    {},
  ].map((params) => JSON.stringify(params));
  const parse = (input: Buffer): unknown => parseServiceNodesQuery(JSON.parse(input.toString())) ?? "refused";
  await fuzz({ corpus, parse, documented: (error) => error instanceof SyntaxError });
});
