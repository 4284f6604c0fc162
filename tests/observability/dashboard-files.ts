import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the generated dashboards are. */
export const dashboardFolder = join(import.meta.dirname, "../../deploy/grafana/dashboards");

/** A panel as Grafana reads it. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly panels?: readonly Panel[];
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** A dashboard as Grafana reads it. */
export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly allValue?: string }[] };
}

/** The committed dashboards. */
export function committedDashboards(): readonly Dashboard[] {
  return readdirSync(dashboardFolder)
    .sort()
    .map((file) => ({ file, ...JSON.parse(readFileSync(join(dashboardFolder, file), "utf8")) }) as Dashboard);
}

/** All panels that show something, rows left out. */
export function panelsOf({ panels }: Pick<Dashboard, "panels">): readonly Panel[] {
  return panels.flatMap((panel) => (panel.type === "row" ? (panel.panels ?? []) : [panel]));
}
