/** One PromQL query of a panel. */
export interface PanelQuery {
  readonly expr: string;
  /** Text of the legend, with `{{label}}`. */
  readonly legend: string;
}

/** One panel: what it shows, and in words what bad looks like. */
export interface PanelSpec {
  readonly title: string;
  /** A unit id of Grafana, such as `s`, `bytes`, `short`, `reqps`, `percentunit`. */
  readonly unit: string;
  /** What it is, then what bad looks like and what to do about it. */
  readonly description: string;
  readonly queries: readonly PanelQuery[];
  /** Lines over time by default; a number is the last value, large. */
  readonly shape?: "lines" | "number";
  /** Of 24 columns; 12 for lines and 6 for numbers by default. */
  readonly width?: number;
  /** Red from here on upwards. */
  readonly badFrom?: number;
  /** Red below it. */
  readonly badBelow?: number;
}

/** Panels that belong together. */
export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

/** One dashboard; `name` is its file's name and its uid after `swarmpost-`. */
export interface DashboardSpec {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowSpec[];
}
