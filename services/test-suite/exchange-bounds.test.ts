import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ExchangeRequestSchema, ExchangeResponseSchema } from "@swarmpost/protos";
import { fitAnswer, fitRequest, MAX_EXCHANGE_BYTES, MAX_EXCHANGED, priceOf, tooLong } from "./exchange-bounds.ts";

const long = { proof: Buffer.alloc(2_048), signature: Buffer.alloc(64) };
const short = { proof: Buffer.alloc(420), signature: Buffer.alloc(64) };
const digest = { pubkey: Buffer.alloc(32, 1), time: 2n ** 64n - 1n };
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

test("what we send and answer stays below the length that others take, however long the proofs are", () => {
  const have = times(4_000, digest);
  const proofs = fitRequest(times(2_000, long), have.length);
  assert.ok(proofs.length > 100);
  const request = toBinary(ExchangeRequestSchema, create(ExchangeRequestSchema, { proofs, have }));
  assert.ok(request.length <= MAX_EXCHANGE_BYTES);
  assert.equal(tooLong(proofs, have.length), false);
  assert.equal(tooLong([...proofs, long], have.length), true);
  const want = times(MAX_EXCHANGED, Buffer.alloc(32));
  const answer = create(ExchangeResponseSchema, { proofs: fitAnswer(times(2_000, long)), want });
  assert.ok(toBinary(ExchangeResponseSchema, answer).length <= MAX_EXCHANGE_BYTES);
});

test("proofs of the usual length are cut by their number only", () => {
  assert.equal(fitRequest(times(3_000, short), 2_000).length, MAX_EXCHANGED);
  assert.equal(fitAnswer([short, short]).length, 2);
  assert.deepEqual(fitRequest([], 0), []);
});

test("digests cost their sender, though less than proofs", () => {
  assert.equal(priceOf(0, 0), 1);
  assert.equal(priceOf(10, 1), 12);
  assert.equal(priceOf(0, 2_560), 11);
});
