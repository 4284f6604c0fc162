import assert from "node:assert/strict";
import { test } from "node:test";
import { committedDashboards, panelsOf } from "./dashboard-files.ts";
import { baseName, declaredMetrics, isProcessMetric, readsOf } from "./declared-metrics.ts";
import { rules } from "./rule-file.ts";

const declared = await declaredMetrics();
const recorded = new Set(rules().flatMap(({ record }) => record ?? []));
const shown = committedDashboards().flatMap((board) =>
  panelsOf(board).flatMap(({ title, targets }) =>
    (targets ?? []).map(({ expr }) => ({ where: `${board.file}: ${title}`, ...readsOf(expr) })),
  ),
);
const ruled = rules().map(({ alert, record, expr }) => ({ where: alert ?? record ?? "", ...readsOf(expr) }));

test("the reader of expressions finds names and patterns, so that the proofs below can fail", () => {
  const read = readsOf(
    'rate(swarmpost_a_total{x="swarmpost_b"}[5m]) / swarmpost:c:rate and {__name__=~"swarmpost_.+_d"}',
  );
  assert.deepEqual(read.names, ["swarmpost_a_total", "swarmpost:c:rate"]);
  assert.deepEqual(
    read.patterns.map((pattern) => pattern.test("swarmpost_x_d")),
    [true],
  );
  assert.ok(declared.size > 70 && shown.length > 80 && ruled.length > 40);
});

test("every metric is on a panel or in a rule", () => {
  const used = new Set([...shown, ...ruled].flatMap(({ names }) => names.map((name) => baseName(name, declared))));
  assert.deepEqual(
    [...declared.keys()].filter((name) => !used.has(name)),
    [],
  );
});

test("every metric of a panel or a rule exists", () => {
  const known = (name: string): boolean =>
    declared.has(baseName(name, declared)) || recorded.has(name) || isProcessMetric(name);
  const unknown = [...shown, ...ruled].flatMap(({ where, names, patterns }) => [
    ...names.filter((name) => !known(name)).map((name) => `${where}: ${name}`),
    ...patterns
      .filter((pattern) => ![...declared.keys()].some((name) => pattern.test(name)))
      .map((pattern) => `${where}: ${pattern}`),
  ]);
  assert.deepEqual(unknown, []);
});

test("a histogram is read by its series, anything else by its own name", () => {
  const wrong = [...shown, ...ruled].flatMap(({ where, names }) =>
    names.filter((name) => declared.get(name) === "histogram").map((name) => `${where}: ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test("what is recorded is used, and panels need no recorded rules", () => {
  const used = new Set(ruled.flatMap(({ names }) => names));
  assert.deepEqual(
    [...recorded].filter((name) => !used.has(name)),
    [],
  );
  assert.deepEqual(
    shown.flatMap(({ where, names }) => names.filter((name) => recorded.has(name)).map((name) => `${where}: ${name}`)),
    [],
  );
});
