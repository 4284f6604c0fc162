import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodePhrase, encodePhrase } from "./recovery-phrase.ts";
import { ENGLISH_WORDS } from "./word-list-english.ts";

const PHRASE = "amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed faxed";
const ENTROPY = "000102030405060708090a0b0c0d0e0f";

test("the word list has 1626 words that differ in their first 3 letters", () => {
  assert.equal(ENGLISH_WORDS.length, 1626);
  assert.equal(new Set(ENGLISH_WORDS.map((word) => word.slice(0, 3))).size, 1626);
});

test("entropy of either length comes back from its phrase", () => {
  const entropy = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
  );
  fc.assert(fc.property(entropy, (bytes) => assert.deepEqual(decodePhrase(encodePhrase(bytes)), Buffer.from(bytes))));
});

test("any ending of a word, any case, spaces and Unicode form are forgiven", () => {
  const word = fc.tuple(fc.constantFrom("", "x", "\u0065\u0301"), fc.boolean(), fc.constantFrom(" ", "  ", "\n"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 13, maxLength: 13 }), (changes) => {
      const typed = PHRASE.split(" ").map((right, index) => {
        const [tail, upper, space] = changes[index] ?? ["", false, " "];
        const changed = right.slice(0, 3) + tail;
        return (upper ? changed.toUpperCase() : changed) + space;
      });
      assert.equal(decodePhrase(` ${typed.join("")}`).toString("hex"), ENTROPY);
    }),
  );
});

test("a word that is not in the list is named with its position", () => {
  const typed = PHRASE.replace("tiger", "tyger");
  assert.throws(() => decodePhrase(typed), {
    code: "unknown-word",
    message: /word 6 .*"tyger"/,
    detail: { position: 6 },
  });
  assert.throws(() => decodePhrase(PHRASE.replace("cake", "ca")), { code: "unknown-word", message: /word 3/ });
});

test("another word of the list in place of one is a wrong checksum or can't stand there", () => {
  fc.assert(
    fc.property(fc.nat({ max: 11 }), fc.constantFrom(...ENGLISH_WORDS), (place, other) => {
      const words = PHRASE.split(" ");
      fc.pre(words[place] !== other);
      words[place] = other;
      // One phrase in 12 passes the checksum by chance; it then stands for another account or for nothing.
      try {
        assert.notEqual(decodePhrase(words.join(" ")).toString("hex"), ENTROPY);
      } catch (error) {
        assert.match((error as { code: string }).code, /^wrong-(checksum|phrase)$/);
      }
    }),
  );
});

test("words that no 4 bytes can give are refused even with a right checksum", () => {
  // zoom zoom abbey: 1625 + 0 + 1626² · 1 is fine, abbey zoom abbey passes 2^32.
  const words = ["abbey", "zoom", "zones", ...Array.from({ length: 9 }, () => "abbey")];
  const impossible = words.map((last) => [...words, last].join(" "));
  const codes = impossible.map((phrase) => {
    try {
      decodePhrase(phrase);
      return "accepted";
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  assert.ok(codes.includes("wrong-phrase"), codes.join());
  assert.ok(!codes.includes("accepted"), codes.join());
});

test("twelve words miss their checksum and other counts are told", () => {
  const words = PHRASE.split(" ");
  assert.throws(() => decodePhrase(words.slice(0, 12).join(" ")), { code: "missing-checksum" });
  assert.throws(() => decodePhrase(words.slice(0, 11).join(" ")), { code: "word-count", message: /not 11/ });
  assert.throws(() => decodePhrase(""), { code: "word-count" });
});

test("entropy of another length is refused", () => {
  assert.throws(() => encodePhrase(Buffer.alloc(15)), { code: "bad-entropy" });
});
