import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionHolds, type NodeState, parseRequest, waits } from "./index.ts";
import { parseAs, refusal } from "./test-account.ts";

const info = { method: "info", params: {} };
const state: NodeState = { hf: [19, 3], v: [2, 11, 0], height: 1_000 };

/** Parameters of an `ifelse`; what is undefined is left out. */
const params = (condition: unknown, yes?: unknown, no?: unknown): object => {
  const given = [condition, yes, no];
  return Object.fromEntries(["if", "then", "else"].map((name, i) => [name, given[i]]));
};
const holds = (condition: object) => conditionHolds(parseAs("ifelse", params(condition, info)).condition, state);
const text = (...parts: Parameters<typeof params>) => refusal(() => parseAs("ifelse", params(...parts)))?.[1];

test("each condition compares part by part, and a short list is filled up with zeros", () => {
  for (const yes of [
    { hf_at_least: [19, 3] },
    { hf_at_least: 19 },
    { hf_before: [19, 4] },
    { hf_before: 20 },
    { v_at_least: [2, 11] },
    { v_before: [2, 11, 1] },
    { height_at_least: 1_000 },
    { height_before: 1_001 },
    { hf_at_least: [19], v_at_least: 2, height_before: 2_000 },
    { hf_at_least: null, v_at_least: 2 },
  ]) {
    assert.equal(holds(yes), true, JSON.stringify(yes));
  }
  for (const no of [
    { hf_at_least: [19, 4] },
    { hf_before: [19, 3] },
    { hf_before: 19 },
    { v_at_least: [2, 12] },
    { v_before: [2, 11] },
    { height_at_least: 1_001 },
    { height_before: 1_000 },
    { hf_at_least: 19, height_before: 5 },
  ]) {
    assert.equal(holds(no), false, JSON.stringify(no));
  }
});

test("a branch may be anything, an ifelse and a batch too", () => {
  const inner = { method: "ifelse", params: params({ hf_before: 1 }, undefined, info) };
  const batch = { method: "batch", params: { requests: [info] } };
  const request = parseAs("ifelse", params({ hf_at_least: 1 }, inner, batch));
  assert.deepEqual([request.yes?.method, request.no?.method], ["ifelse", "batch"]);
  assert.equal(waits(request), false);
});

test("what is no ifelse is refused, and one malformed branch refuses all", () => {
  const some = { hf_at_least: 1 };
  const invalid = "invalid request: Invalid ifelse request: ";
  assert.equal(text(undefined, info), `${invalid}no valid "if" field`);
  assert.equal(text({}, info), `${invalid}must specify at least one "if" condition`);
  assert.equal(text(some), `${invalid}at least one of "then"/"else" required`);
  assert.equal(text(some, "info"), `${invalid}then must be an object`);
  assert.equal(text(some, info, { method: "info" }), `${invalid}else must have method/params keys`);
  assert.equal(text({ hf_before: [] }, info), `${invalid}must specify at least one "if" condition`);
  assert.equal(text({ hf_before: [1, 2, 3] }, info), undefined);
  const kind = (name: string, what: string) => `invalid request: Invalid value given for '${name}': expected ${what}`;
  assert.equal(text({ v_before: ["2"] }, info), kind("v_before", "integer array"));
  assert.equal(text({ height_before: [2] }, info), kind("height_before", "integer"));
  const unknown = { method: "nope", params: {} };
  assert.equal(text(some, info, unknown), 'invalid request: Invalid ifelse request method "else"');
  const store = { method: "store", params: {} };
  assert.equal(text(some, undefined, store), "invalid request: Required field 'timestamp' missing");
});

test("sixteen may be in one another, and no number of them breaks the parser", () => {
  const open = '{"method":"ifelse","params":{"if":{"hf_at_least":1},"then":';
  const nested = (depth: number) => `${open.repeat(depth)}{"method":"info","params":{}}${"}}".repeat(depth)}`;
  const text = (depth: number) => refusal(() => parseRequest(nested(depth)))?.[1];
  assert.equal(text(16), undefined);
  assert.equal(text(17), "invalid request: Invalid ifelse request: nested too deeply");
  assert.equal(text(100_000), "invalid request: Invalid ifelse request: nested too deeply");
});
