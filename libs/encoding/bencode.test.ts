import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type BInput, type BValue, bdecode, bencode, EncodingError } from "./index.ts";

const value: fc.Arbitrary<BValue> = fc.letrec<{ value: BValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 4 }), tie("value")), { maxLength: 4 })
      .map((entries) => new Map(entries.map(([key, item]) => [Buffer.from(key).toString("latin1"), item]))),
  ),
})).value;

function refuses(text: string | Buffer): void {
  assert.throws(
    () => bdecode(typeof text === "string" ? Buffer.from(text, "latin1") : text),
    (error) => error instanceof EncodingError && error.code === "bad-bencode",
    `accepted ${JSON.stringify(text)}`,
  );
}

test("whatever is encoded decodes to itself and encodes to the same bytes again", () => {
  fc.assert(
    fc.property(value, (original) => {
      const bytes = bencode(original);
      const decoded = bdecode(bytes);
      assert.ok(bencode(decoded).equals(bytes));
      assert.deepEqual(sorted(decoded), sorted(original));
    }),
  );
});

test("every truncation of an encoding is refused", () => {
  fc.assert(
    fc.property(value, (original) => {
      const bytes = bencode(original);
      for (let end = 0; end < bytes.length; end += 1) refuses(bytes.subarray(0, end));
    }),
    { numRuns: 50 },
  );
});

test("bytes that decode are the one encoding of their value", () => {
  const soup = fc.array(fc.constantFrom(..."die0123456789:-l".split("")), { maxLength: 12 }).map((all) => all.join(""));
  fc.assert(
    fc.property(soup, (text) => {
      const bytes = Buffer.from(text, "latin1");
      let decoded: BValue;
      try {
        decoded = bdecode(bytes);
      } catch (error) {
        assert.ok(error instanceof EncodingError);
        return;
      }
      assert.ok(bencode(decoded).equals(bytes), text);
    }),
    { numRuns: 2000 },
  );
});

test("trailing bytes, unsorted and repeated keys, leading zeros and negative zero are refused", () => {
  for (const text of ["", "x", "i1ei2e", "0:x", "d1:bi1e1:ai2ee", "d1:ai1e1:ai2ee", "i01e", "i-0e", "i-01e"])
    refuses(text);
  for (const text of ["01:a", "ie", "i-e", "i1", "-1:a", "10:abc", "di1ei2ee", "d1:ae", "l", "d"]) refuses(text);
});

test("integers beyond 64 bits and endless digits are refused without work", () => {
  for (const text of ["i18446744073709551616e", "i-9223372036854775809e", `i${"9".repeat(1_000_000)}e`]) refuses(text);
  refuses(`${"9".repeat(1_000_000)}:`);
  assert.equal(bdecode(Buffer.from("i18446744073709551615e")), 2n ** 64n - 1n);
});

test("lists nested deeper than 64 are refused instead of exhausting the stack", () => {
  refuses("l".repeat(1_000_000));
  refuses(`${"l".repeat(66)}${"e".repeat(66)}`);
  assert.ok(bdecode(Buffer.from(`${"l".repeat(64)}${"e".repeat(64)}`)));
});

test("plain objects, numbers and text encode like maps, integers and UTF-8", () => {
  const input: BInput = { b: [1, -2n, "é"], a: new Uint8Array([0, 255]) };
  assert.equal(bencode(input).toString("latin1"), "d1:a2:\u0000\u00ff1:bli1ei-2e2:\u00c3\u00a9ee");
});

test("fractions, unsafe numbers, oversized integers and wide keys have no encoding", () => {
  for (const input of [0.5, Number.NaN, 2 ** 53, 2n ** 64n, { "\u0100": 1 }] as BInput[]) {
    assert.throws(
      () => bencode(input),
      (error) => error instanceof EncodingError && error.code === "not-encodable",
    );
  }
});

function sorted(item: BValue): unknown {
  if (Array.isArray(item)) return item.map(sorted);
  if (!(item instanceof Map)) return item;
  return [...item].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]);
}
