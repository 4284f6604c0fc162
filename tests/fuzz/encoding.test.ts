import { test } from "node:test";
import { fuzz } from "@swarmpost/testkit";
import { bdecode, bencode, decodeBase32z, decodeBase64, EncodingError, frame, unframe } from "@swarmpost/encoding";

const documented = (error: unknown) => error instanceof EncodingError;

test("bencode bears any bytes", async () => {
  const corpus = [
    bencode({ a: 1, b: [Buffer.from("text"), -5n, { c: 2n ** 64n - 1n }] }),
    bencode(["", "spam", []]),
    bencode({}),
    bencode([[[[[["deep"]]]]]]),
  ];
  await fuzz({ corpus, parse: bdecode, documented });
});

test("frames bear any bytes", async () => {
  await fuzz({ corpus: [frame(Buffer.from("blob"), "{}"), frame(Buffer.alloc(0), "")], parse: unframe, documented });
});

test("base64 and base32z bear any text", async () => {
  const parse = (input: Buffer) => [decodeBase64(input.toString()), decodeBase32z(input.toString())];
  await fuzz({ corpus: ["aGVsbG8=", "aGVsbG8", "ybndrfg8ejkmcpqxot1uwisza345h769"], parse, documented });
});
