/** The labels that the dashboard's variables choose by; a label that a scrape does not set matches `.*`. */
const SCOPE = 'namespace=~"$namespace",job=~"$job",instance=~"$instance"';

/** The series of a metric that the dashboard's variables choose, narrowed by more label matchers. */
export function series(metric: string, matchers = ""): string {
  return `${metric}{${matchers === "" ? "" : `${matchers},`}${SCOPE}}`;
}

/** How fast a counter grows a second, summed over everything but the named labels. */
export function rate(metric: string, by = "", matchers = ""): string {
  return `sum${grouped(by)}(rate(${series(metric, matchers)}[$__rate_interval]))`;
}

/** By how much a counter grew in the range that the dashboard shows. */
export function growth(metric: string, by = "", matchers = ""): string {
  return `sum${grouped(by)}(increase(${series(metric, matchers)}[$__range]))`;
}

/** How fast a counter grows by these labels, one line for each of their values, as a panel's queries. */
export function rates(metric: string, by: string, matchers = ""): { expr: string; legend: string }[] {
  return [{ expr: rate(metric, by, matchers), legend: legendOf(by) }];
}

/** By how much a counter grew by these labels, as a panel's queries. */
export function growths(metric: string, by: string, matchers = ""): { expr: string; legend: string }[] {
  return [{ expr: growth(metric, by, matchers), legend: legendOf(by) }];
}

/** Sum of a gauge over everything but the named labels. */
export function sum(metric: string, by = "", matchers = ""): string {
  return `sum${grouped(by)}(${series(metric, matchers)})`;
}

/** The time (or size) that the given share of all observations stayed within. */
export function quantile(share: number, metric: string, by = "", matchers = ""): string {
  const labels = by === "" ? "le" : `le, ${by}`;
  const buckets = `sum by (${labels}) (rate(${series(`${metric}_bucket`, matchers)}[$__rate_interval]))`;
  return `histogram_quantile(${share}, ${buckets})`;
}

/** Median, 95th and 99th percentile of a histogram, as three queries. */
export function percentiles(metric: string, by = "", matchers = ""): { expr: string; legend: string }[] {
  const of = by === "" ? "" : ` {{${by}}}`;
  return [
    { expr: quantile(0.5, metric, by, matchers), legend: `median${of}` },
    { expr: quantile(0.95, metric, by, matchers), legend: `95 %${of}` },
    { expr: quantile(0.99, metric, by, matchers), legend: `99 %${of}` },
  ];
}

/** A metric of every Node process, of swarmpost's processes only. */
export function ofProcesses(metric: string): string {
  return `${series(metric)} and on (namespace, job, instance) {__name__=~"swarmpost_.+_ready_state"}`;
}

function legendOf(by: string): string {
  const labels = by.split(", ");
  return labels.map((label) => `{{${label}}}`).join(" ");
}

function grouped(by: string): string {
  return by === "" ? "" : ` by (${by}) `;
}
