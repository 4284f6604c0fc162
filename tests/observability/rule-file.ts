import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../deploy/prometheus");

/** One rule of rules.yaml: an alert or a recording. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One case of rules.test.yaml. */
export interface RuleCase {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
}

/** All rules, in their order. */
export function rules(): readonly Rule[] {
  const { groups } = parse(readFileSync(join(folder, "rules.yaml"), "utf8")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

/** All alerts. */
export function alerts(): readonly (Rule & { readonly alert: string })[] {
  return rules().flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
}

/** All cases of `promtool test rules`. */
export function ruleCases(): readonly RuleCase[] {
  return (parse(readFileSync(join(folder, "rules.test.yaml"), "utf8")) as { tests: RuleCase[] }).tests;
}

/** The folder of the rules. */
export const rulesFolder = folder;
