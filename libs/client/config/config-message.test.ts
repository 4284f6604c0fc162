import assert from "node:assert/strict";
import { test } from "node:test";
import { signingKeyPairFromSeed, sign, verify } from "@swarmpost/crypto";
import { bdecode, bencode, type BValue } from "@swarmpost/encoding";
import * as fc from "fast-check";
import { applyDiff, type ConfigDict, copyOf, diffOf } from "./config-diff.ts";
import { changeConfig, type ConfigMessage, emptyConfig, joinConfigs, parseConfig } from "./config-message.ts";

const { publicKey, secretKey } = signingKeyPairFromSeed(Buffer.alloc(32, 7));
const signed = (message: Buffer): Buffer => sign(message, secretKey);
const isSigned = (message: Buffer, signature: Buffer): boolean => verify(signature, message, publicKey);

const text = (value: string): Buffer => Buffer.from(value);
const change = (before: ConfigMessage, act: (data: ConfigDict) => void): ConfigMessage =>
  changeConfig(before, act, signed).config;
const set = (key: string, value: string) => (data: ConfigDict) => void data.set(key, text(value));
const texts = ({ data }: ConfigMessage): Record<string, string> =>
  Object.fromEntries([...data].map(([key, value]) => [key, String(value)]));

const scalar: fc.Arbitrary<BValue> = fc.oneof(
  fc.bigInt({ min: 0n, max: 9n }),
  fc.constantFrom("a", "b", "").map((value) => text(value)),
);
const key = fc.constantFrom("k", "l", "m");
/** As configs are: numbers and texts, sets in order, dictionaries, none of the last two empty. */
const dictionary: fc.Arbitrary<ConfigDict> = fc.letrec<{ dictionary: ConfigDict; value: BValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc
      .uniqueArray(fc.bigInt({ min: 0n, max: 9n }), { minLength: 1 })
      .map((all) => all.sort((a, b) => (a < b ? -1 : 1))),
    tie("dictionary").filter((inside) => inside.size > 0),
  ),
  dictionary: fc.array(fc.tuple(key, tie("value"))).map((pairs) => new Map(pairs)),
})).dictionary;

test("a diff leads from any config to any other, also after it was written and read", () => {
  fc.assert(
    fc.property(dictionary, dictionary, (before, after) => {
      const read = bdecode(bencode(diffOf(before, after))) as ConfigDict;
      const data = copyOf(before);
      applyDiff(data, read, after);
      assert.deepEqual(bencode(data), bencode(after));
      assert.equal(diffOf(after, after).size, 0);
    }),
  );
});

test("a change is numbered, signed, remembers five before it, and reads back as what it was", () => {
  let config = emptyConfig();
  for (let round = 1; round <= 9; round++) {
    const { bytes, config: next } = changeConfig(config, set("n", `round ${round}`), signed);
    assert.deepEqual(parseConfig(bytes, isSigned), next);
    assert.equal(next.seqno, round);
    assert.deepEqual(
      next.lagged.map(({ seqno }) => seqno),
      Array.from({ length: Math.min(4, round) }, (_, i) => Math.max(0, round - 4) + i),
    );
    config = next;
  }
});

test("changes that were made at once are all there after one who can sign has joined them", () => {
  const base = change(emptyConfig(), set("n", "base"));
  const [one, two] = [change(base, set("n", "one")), change(base, set("o", "two"))];
  const both = joinConfigs([two, base, one, one], { canSign: true });
  assert.deepEqual(texts(both), { n: "one", o: "two" });
  const pushed = change(both, () => undefined);
  assert.equal(pushed.seqno, 3);
  for (const canSign of [true, false]) {
    assert.deepEqual(joinConfigs([one, pushed, two, base], { canSign }), pushed, "it came from all of them");
  }
  const alone = joinConfigs([one, two], { canSign: false });
  assert.ok(alone === one || alone === two, "others take one of them as it stands");
});

test("of two changes of one value the higher message's stays, wherever they are joined", () => {
  const base = change(emptyConfig(), set("n", "base"));
  const one = change(change(base, set("o", "x")), set("n", "later"));
  const two = change(base, set("n", "earlier"));
  for (const order of [
    [one, two],
    [two, one],
  ]) {
    assert.deepEqual(texts(joinConfigs(order, { canSign: true })), { n: "later", o: "x" });
  }
});

test("a removal and an addition elsewhere are both kept", () => {
  const member = (name: string): ConfigDict => new Map([["n", text(name)]]);
  const base = change(emptyConfig(), (data) => void data.set("m", new Map([["bob", member("Bob")]])));
  const listed = (data: ConfigDict): ConfigDict => data.get("m") as ConfigDict;
  const without = change(base, (data) => void data.delete("m"));
  const more = change(base, (data) => void data.set("m", new Map([...listed(data), ["carol", member("Carol")]])));
  const joined = joinConfigs([without, more], { canSign: true });
  assert.deepEqual([...listed(joined.data).keys()], ["carol"]);
});

test("what is far too old no longer counts, and nothing at all is an empty config", () => {
  const old = change(emptyConfig(), set("x", "old"));
  let config = change(emptyConfig(), set("n", "0"));
  for (let round = 1; round < 6; round++) config = change(config, set("n", String(round)));
  assert.deepEqual(texts(joinConfigs([config, old], { canSign: true })), { n: "5" });
  assert.deepEqual(joinConfigs([], { canSign: true }), emptyConfig());
});

test("a config that is cut, unsigned or signed by someone else is refused", () => {
  const { bytes } = changeConfig(emptyConfig(), set("n", "name"), signed);
  const forged = changeConfig(emptyConfig(), set("n", "name"), () => Buffer.alloc(64)).bytes;
  const unsigned = bencode({ "#": 1, "&": {}, "<": [], "=": {} });
  for (const wrong of [forged, unsigned, bytes.subarray(1), bencode([]), bencode({ "#": "1", "&": {} })]) {
    assert.throws(() => parseConfig(wrong, isSigned), { code: "unreadable-message" });
  }
  for (const number of [-1, BigInt(Number.MAX_SAFE_INTEGER), 2n ** 63n]) {
    const endless = bencode({ "#": number, "&": {}, "<": [], "=": {}, "~": Buffer.alloc(64) });
    assert.throws(() => parseConfig(endless, () => true), { code: "unreadable-message", message: /no number/ });
  }
  const oddHistory = bencode({ "#": 1, "&": {}, "<": [[0, "short", {}]], "=": {}, "~": Buffer.alloc(64) });
  assert.throws(() => parseConfig(oddHistory, () => true), { code: "unreadable-message", message: /history/ });
});
