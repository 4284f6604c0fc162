import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { promises } from "node:dns";
import { once } from "node:events";
import { after, before, test } from "node:test";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./exit-address.ts";
import { judgedLookup } from "./exit-lookup.ts";
import { exitResolver } from "./exit-resolver.ts";

const [A, AAAA] = [1, 28];
const server = createSocket("udp4");
/** What the name server says, by the first label of the name and the type that is asked for; nothing at all for "silent". */
let records: Record<string, Partial<Record<number, Buffer[]>>> = {};
let lookup: LookupFunction;

before(async () => {
  server.on("message", (query, from) => {
    const label = query.subarray(13, 13 + (query[12] ?? 0)).toString();
    if (label === "silent") return;
    const end = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(end - 4);
    const answers = records[label]?.[type] ?? [];
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt32BE(0, 8);
    const body = answers.map((data) => {
      const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
      return Buffer.concat([record, data]);
    });
    server.send(Buffer.concat([head, query.subarray(12, end), ...body]), from.port, from.address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const resolver = new promises.Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  lookup = judgedLookup(isPublicAddress, exitResolver(resolver));
});
after(() => server.close());

function found(name: string): Promise<string[] | string> {
  return new Promise((resolve) => {
    lookup(`${name}.example.org`, { all: true }, (error, addresses) => {
      resolve(error ? (error.code ?? "") : (addresses as { address: string }[]).map(({ address }) => address));
    });
  });
}

const v4 = (...bytes: number[]) => Buffer.from(bytes);
const v6 = (hex: string) => Buffer.from(hex.padEnd(32, "0"), "hex");

test("both kinds of addresses are found, and of each only public ones", async () => {
  const mapped = v6("00000000000000000000ffff0a000001");
  records = {
    both: { [A]: [v4(10, 0, 0, 1), v4(1, 1, 1, 1)], [AAAA]: [mapped, v6("26064700")] },
    four: { [A]: [v4(9, 9, 9, 9)] },
    inside: { [A]: [v4(127, 0, 0, 1)], [AAAA]: [mapped, v6("fd")] },
  };
  assert.deepEqual(await found("both"), ["1.1.1.1", "2606:4700::"]);
  assert.deepEqual(await found("four"), ["9.9.9.9"]);
  assert.equal(await found("inside"), "ERR_EXIT_REFUSED");
  assert.equal(await found("nobody"), "ENODATA");
});

test("a name that changes is asked for and judged each time", async () => {
  records = { turncoat: { [A]: [v4(1, 1, 1, 1)] } };
  assert.deepEqual(await found("turncoat"), ["1.1.1.1"]);
  records = { turncoat: { [A]: [v4(192, 168, 0, 1)] } };
  assert.equal(await found("turncoat"), "ERR_EXIT_REFUSED");
});

test("names whose servers never answer hold up no other name", async () => {
  records = { quick: { [A]: [v4(1, 1, 1, 1)] } };
  let ended = 0;
  const silent = Array.from({ length: 40 }, () => found("silent").finally(() => ended++));
  assert.deepEqual(await found("quick"), ["1.1.1.1"]);
  assert.equal(ended, 0);
  assert.ok((await Promise.all(silent)).every((code) => code === "ETIMEOUT"));
});
