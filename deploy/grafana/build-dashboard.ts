import type * as cog from "@grafana/grafana-foundation-sdk/cog";

import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { DashboardSpec, PanelSpec } from "./dashboard-spec.ts";

const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;
const SERVICES = '{__name__=~"swarmpost_.+_ready_state"}';

/** Makes Grafana's model of a dashboard; the same text for the same specification. */
export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(`swarmpost-${spec.name}`)
    .description(spec.description)
    .tags(["swarmpost"])
    .timezone("browser")
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(otherDashboards())
    .variables(variables());
  for (const row of spec.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panelOf(panel));
  }
  return builder.build();
}

function otherDashboards(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder("swarmpost")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags(["swarmpost"])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

/** Where the data is, and which operator's, release's and process's. */
function variables(): cog.Builder<dashboard.VariableModel>[] {
  const labels = ["namespace", "job", "instance"];
  return [
    new dashboard.DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
    ...labels.map((label, index) => labelVariable(label, labels.slice(0, index))),
  ];
}

function labelVariable(label: string, outer: readonly string[]): dashboard.QueryVariableBuilder {
  const within = outer.map((each) => `,${each}=~"$${each}"`).join("");
  return new dashboard.QueryVariableBuilder(label)
    .label(label)
    .datasource(SOURCE)
    .query(`label_values(${SERVICES.replace("}", `${within}}`)}, ${label})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}

function panelOf(spec: PanelSpec): cog.Builder<dashboard.Panel> {
  return spec.shape === "number" ? numberPanel(spec) : linesPanel(spec);
}

function linesPanel(spec: PanelSpec): timeseries.PanelBuilder {
  const legend = new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true);
  const style = new common.GraphThresholdsStyleConfigBuilder().mode(
    limitOf(spec) === undefined ? common.GraphThresholdsStyleMode.Off : common.GraphThresholdsStyleMode.Dashed,
  );
  const panel = new timeseries.PanelBuilder()
    .height(8)
    .span(spec.width ?? 12)
    .min(0)
    .legend(legend)
    .thresholdsStyle(style)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  return described(panel, spec);
}

function numberPanel(spec: PanelSpec): stat.PanelBuilder {
  const last = new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]);
  const panel = new stat.PanelBuilder()
    .height(5)
    .span(spec.width ?? 6)
    .reduceOptions(last)
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.Area);
  return described(panel, spec);
}

/** What all panels have. */
function described<B extends timeseries.PanelBuilder | stat.PanelBuilder>(panel: B, spec: PanelSpec): B {
  panel.title(spec.title).description(spec.description).unit(spec.unit).datasource(SOURCE).thresholds(thresholds(spec));
  for (const [index, query] of spec.queries.entries()) {
    const refId = String.fromCharCode("A".charCodeAt(0) + index);
    panel.withTarget(
      new prometheus.DataqueryBuilder().refId(refId).datasource(SOURCE).expr(query.expr).legendFormat(query.legend),
    );
  }
  return panel;
}

function limitOf({ badFrom, badBelow }: PanelSpec): number | undefined {
  return badFrom ?? badBelow;
}

function thresholds(spec: PanelSpec): dashboard.ThresholdsConfigBuilder {
  const limit = limitOf(spec);
  const [first, second] = spec.badBelow === undefined ? ["green", "red"] : ["red", "green"];
  // A first step without a value holds from the lowest value on.
  const base = { color: first ?? "green", value: null };
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(limit === undefined ? [{ ...base, color: "green" }] : [base, { color: second ?? "red", value: limit }]);
}
