import prom from "prom-client";

/** Latency buckets in seconds, from a batched in-memory step to a slow network round trip. */
export const LATENCY_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
/** Size buckets in bytes, from an empty poll to a full onion request. */
export const SIZE_BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 10_485_760] as const;
/** Count buckets, for the length of batches and queues. */
export const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/** The closed set of values of each label: no label can ever hold an identity. */
export type LabelSets = { readonly [label: string]: readonly string[] };
/** One value for each label of a metric. */
export type LabelsOf<L extends LabelSets> = { readonly [K in keyof L]: L[K][number] };
type LabelArgs<L extends LabelSets> = keyof L extends never ? [] : [labels: LabelsOf<L>];

/** A count that only grows. */
export interface Counter<L extends LabelSets = {}> {
  inc(...args: [...LabelArgs<L>, amount?: number]): void;
}
/** A value that goes up and down. */
export interface Gauge<L extends LabelSets = {}> {
  set(...args: [...LabelArgs<L>, value: number]): void;
}
/** A distribution over fixed buckets. */
export interface Histogram<L extends LabelSets = {}> {
  observe(...args: [...LabelArgs<L>, value: number]): void;
}

const NO_LABELS = {} as const;

/** All combinations of the label values, in a fixed order. */
function combinations(sets: LabelSets): Record<string, string>[] {
  return Object.entries(sets).reduce<Record<string, string>[]>(
    (rows, [label, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [label]: value }))),
    [{}],
  );
}

/** Finds the prepared child series of a metric; all series exist (as zero) from the start. */
function series<C extends object>(
  sets: LabelSets,
  child: (labels: Record<string, string>) => C,
): (args: unknown[]) => [C, number | undefined] {
  const names = Object.keys(sets);
  const key = (labels: Record<string, string>) => names.map((name) => labels[name]).join("\n");
  const children = new Map(combinations(sets).map((labels) => [key(labels), child(labels)]));
  if (names.length === 0) {
    const only = child({});
    return (args) => [only, args[0] as number | undefined];
  }
  return (args) => {
    const found = children.get(key(args[0] as Record<string, string>));
    if (found === undefined) throw new TypeError("a metric was given a label value outside its closed set");
    return [found, args[1] as number | undefined];
  };
}

/**
 * The metrics of one service. Names are `swarmpost_<service>_<noun>_<unit>[_total]`; a second metric of the same name is an error.
 */
export class Metrics {
  readonly #registry = new prom.Registry();

  /** Adds Node's own process metrics (`process_*`, `nodejs_*`); once a process, done by `run`. */
  collectProcess(): void {
    prom.collectDefaultMetrics({ register: this.#registry });
  }

  counter<const L extends LabelSets = {}>(name: string, help: string, labels: L = NO_LABELS as L): Counter<L> {
    const metric = new prom.Counter({ name, help, labelNames: Object.keys(labels), registers: [this.#registry] });
    const find = series(labels, (values) => {
      const child = metric.labels(values);
      child.inc(0);
      return child;
    });
    return {
      inc: (...args) => {
        const [child, amount] = find(args);
        child.inc(amount ?? 1);
      },
    };
  }

  gauge<const L extends LabelSets = {}>(name: string, help: string, labels: L = NO_LABELS as L): Gauge<L> {
    const metric = new prom.Gauge({ name, help, labelNames: Object.keys(labels), registers: [this.#registry] });
    const find = series(labels, (values) => {
      const child = metric.labels(values);
      child.set(0);
      return child;
    });
    return {
      set: (...args) => {
        const [child, value] = find(args);
        child.set(value ?? 0);
      },
    };
  }

  /** A gauge whose value is asked for when the metrics are read. */
  gaugeFrom(name: string, help: string, read: () => number): void {
    const settings = {
      name,
      help,
      registers: [],
      collect(this: prom.Gauge) {
        this.set(read());
      },
    };
    this.#registry.registerMetric(new prom.Gauge(settings));
  }

  /**
   * Gauges that differ in one label and are asked for when the metrics are read. The label's values are names that the
   * program gives, of its own parts: never data.
   */
  gaugesFrom(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    const settings = {
      name,
      help,
      labelNames: [label],
      registers: [],
      collect(this: prom.Gauge) {
        for (const [part, value] of read()) this.set({ [label]: part }, value);
      },
    };
    this.#registry.registerMetric(new prom.Gauge(settings));
  }

  histogram<const L extends LabelSets = {}>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: L = NO_LABELS as L,
  ): Histogram<L> {
    const settings = {
      name,
      help,
      buckets: [...buckets],
      labelNames: Object.keys(labels),
      registers: [this.#registry],
    };
    const metric = new prom.Histogram(settings);
    const find = series(labels, (values) => {
      metric.zero(values);
      return metric.labels(values);
    });
    return {
      observe: (...args) => {
        const [child, value] = find(args);
        child.observe(value ?? 0);
      },
    };
  }

  /** The Prometheus text format, version 0.0.4. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
