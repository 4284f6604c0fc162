import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dashboardFiles } from "../../deploy/grafana/dashboards.ts";
import { committedDashboards, dashboardFolder, panelsOf } from "./dashboard-files.ts";

const boards = committedDashboards();

test("the committed dashboards are those of the code", () => {
  const files = dashboardFiles();
  assert.deepEqual(readdirSync(dashboardFolder).sort(), [...files.keys()].sort());
  for (const [name, text] of files) {
    assert.ok(readFileSync(join(dashboardFolder, name), "utf8") === text, `${name} is out of date: npm run generate`);
  }
});

test("there are seven dashboards at most, each with an id and a title of its own", () => {
  assert.ok(boards.length >= 1 && boards.length <= 7);
  assert.equal(new Set(boards.map(({ uid }) => uid)).size, boards.length);
  assert.equal(new Set(boards.map(({ title }) => title)).size, boards.length);
});

test("every panel has a title, a unit, and says what bad looks like", () => {
  const wrong = boards.flatMap((board) =>
    panelsOf(board)
      .filter(({ title, fieldConfig, description, targets }) => {
        const told = /\S.*Bad: .{10,}/s.test(description ?? "");
        return !title || !fieldConfig?.defaults.unit || !told || !targets?.length;
      })
      .map(({ title }) => `${board.file}: ${title}`),
  );
  assert.deepEqual(wrong, []);
});

test("every panel asks the chosen data source about the chosen releases and pods only", () => {
  for (const board of boards) {
    const names = board.templating.list.map(({ name }) => name);
    assert.deepEqual(names, ["datasource", "namespace", "job", "instance"]);
    for (const { name, allValue } of board.templating.list) if (name !== "datasource") assert.equal(allValue, ".*");
    for (const { title, datasource, targets } of panelsOf(board)) {
      assert.equal(datasource?.uid, "${datasource}", `${board.file}: ${title}`);
      for (const { expr, legendFormat } of targets ?? []) {
        assert.ok(legendFormat.length > 0, `${board.file}: ${title} has a query without a legend`);
        for (const label of ["namespace", "job", "instance"]) {
          assert.ok(expr.includes(`${label}=~"$${label}"`), `${board.file}: ${title} ignores ${label}`);
        }
      }
    }
  }
});

test("no panel lies over another", () => {
  for (const board of boards) {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels) {
      assert.ok(gridPos && gridPos.x + gridPos.w <= 24, `${board.file}: ${title}`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${x} ${y}`), `${board.file}: ${title} lies over another panel`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  }
});
