import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { alerts, ruleCases, rulesFolder } from "./rule-file.ts";

const runbooks = join(import.meta.dirname, "../../docs/runbooks");
const all = alerts();

function promtool(...args: string[]): string {
  return execFileSync("promtool", args, { cwd: rulesFolder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** `SwarmpostMessageLost` → `message-lost.md`. */
function pageOf(alert: string): string {
  const words = alert.replace(/^Swarmpost/, "").match(/[A-Z][a-z0-9]+/g) ?? [];
  return `${words.join("-").toLowerCase()}.md`;
}

test("promtool takes the rules, and every case comes out as it says", () => {
  assert.match(promtool("check", "rules", "rules.yaml"), /SUCCESS/);
  assert.match(promtool("test", "rules", "rules.test.yaml"), /SUCCESS/);
});

test("every alert has a case that fires and one that does not, and no case is about anything else", () => {
  const cases = ruleCases().flatMap(({ alert_rule_test: tests }) => tests);
  const fires = new Set(cases.filter(({ exp_alerts }) => exp_alerts?.length).map(({ alertname }) => alertname));
  const silent = new Set(cases.filter(({ exp_alerts }) => !exp_alerts?.length).map(({ alertname }) => alertname));
  const names = all.map(({ alert }) => alert).sort();
  assert.ok(names.length >= 30);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual([...fires].sort(), names);
  assert.deepEqual([...silent].sort(), names);
});

test("every alert says how bad it is, what is at stake, and where to read on", () => {
  for (const { alert, labels, annotations } of all) {
    assert.match(alert, /^Swarmpost([A-Z][a-z0-9]+)+$/);
    assert.ok(["critical", "warning"].includes(labels?.["severity"] ?? ""), `${alert} has no severity`);
    for (const key of ["summary", "description"]) assert.ok(annotations?.[key]?.endsWith("."), `${alert}: ${key}`);
    assert.equal(annotations?.["runbook_url"], `docs/runbooks/${pageOf(alert)}`);
  }
});

test("every alert has a page and every page an alert; the pages all answer the same questions", () => {
  const pages = readdirSync(runbooks).filter((name) => name !== "README.md");
  assert.deepEqual(pages.sort(), all.map(({ alert }) => pageOf(alert)).sort());
  const contents = readFileSync(join(runbooks, "README.md"), "utf8");
  for (const { alert, labels } of all) {
    const page = readFileSync(join(runbooks, pageOf(alert)), "utf8");
    assert.ok(page.startsWith(`# ${alert}\n\n`));
    assert.ok(page.toLowerCase().includes(`\n${labels?.["severity"]}. `), `${alert}'s page tells another severity`);
    const headings = [...page.matchAll(/^## (.*)$/gm)].map((match) => match[1]);
    assert.deepEqual(headings, ["What it means", "What to look at", "What to do", "When it is a false alarm"]);
    assert.ok(contents.includes(`| [${alert}](${pageOf(alert)}) | ${labels?.["severity"]} |`));
  }
});
