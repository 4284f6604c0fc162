import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "./fuzz.ts";
import { Mutator } from "./mutator.ts";

const environment = { SEED: "7", INPUTS: "2000" };
const corpus = ['{"a":1}'];
const documented = (error: unknown) => error instanceof SyntaxError;

test("a parser that takes or refuses everything as documented passes", async () => {
  await fuzz({ corpus, documented, parse: (input) => JSON.parse(input.toString()) as unknown }, environment);
});

test("an error that is not documented is found, with the seed and the input", async () => {
  const parse = (input: Buffer): number =>
    (JSON.parse(input.toString()) as { a: { length: number } }).a.toString().length;
  const message = /^SEED=7: an error that is not documented; input [0-9a-f]+$/;
  await assert.rejects(fuzz({ corpus, documented, parse }, environment), {
    name: "TestkitError",
    code: "fuzz",
    message,
  });
});

test("a promise that is rejected with an undocumented error is found", async () => {
  const parse = async (input: Buffer) => {
    if (input.length < 5) throw new RangeError("short");
    return await Promise.resolve(1);
  };
  await assert.rejects(fuzz({ corpus, documented, parse }, environment), { code: "fuzz" });
});

test("an input that takes too long is found", async () => {
  const parse = (input: Buffer) => {
    const until = performance.now() + (input.includes("[[[[") ? 250 : 0);
    while (performance.now() < until);
    return 1;
  };
  await assert.rejects(fuzz({ corpus, documented, parse }, environment), { message: /: \d+ ms; input/ });
});

test("a corpus that is refused at once is a mistake of the test", async () => {
  for (const parse of [() => undefined, () => JSON.parse("{") as unknown]) {
    await assert.rejects(fuzz({ corpus, documented, parse }, environment), { message: /^the corpus holds/ });
  }
});

test("one seed makes the same inputs, another one others", () => {
  const some = (seed: number) => {
    const mutator = new Mutator([Buffer.from(corpus[0]!)], seed);
    return Array.from({ length: 50 }, () => mutator.next().toString("hex"));
  };
  assert.deepEqual(some(1), some(1));
  assert.notDeepEqual(some(1), some(2));
  assert.ok(new Set(some(1)).size > 40);
});
