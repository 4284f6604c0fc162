import { median, pairedRatio, spread } from "./statistics.ts";

/** What a number counts. CPU is processor time over all cores, user and system. */
export type Unit = "µs CPU" | "/s" | "ms" | "KiB" | "of all";

/** One thing that was measured, once a round. */
export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  /** One a round, in the order of the rounds. */
  readonly samples: readonly number[];
}

/** How one figure compares with another of the same rounds. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  /** Which way is good: fewer CPU, or more a second. */
  readonly better: "lower" | "higher";
}

/** The answer to one question of the benchmark. */
export interface Section {
  readonly title: string;
  /** What is counted and what is not, in sentences. */
  readonly counted: readonly string[];
  readonly ratios: readonly Ratio[];
  readonly figures: readonly Figure[];
}

/** Samples of several figures that are taken in the same rounds. */
export class Rounds<Name extends string> {
  readonly #samples = new Map<Name, number[]>();

  /** Adds the samples of one round. */
  add(round: Readonly<Record<Name, number>>): void {
    for (const [name, value] of Object.entries(round) as [Name, number][]) {
      this.#samples.set(name, [...this.of(name), value]);
    }
  }

  /** All samples of a figure so far. */
  of(name: Name): readonly number[] {
    return this.#samples.get(name) ?? [];
  }

  figure(name: Name, unit: Unit, label: string): Figure {
    return { name: label, unit, samples: this.of(name) };
  }

  ratio(of: Name, to: Name, name: string): Ratio {
    return { name, value: pairedRatio(this.of(of), this.of(to)), better: "lower" };
  }

  /** The same for figures of which more is better. */
  rateRatio(of: Name, to: Name, name: string): Ratio {
    return { ...this.ratio(of, to, name), better: "higher" };
  }
}

/** A section for people: ratios first, then the numbers they are made of. */
export function sectionText({ title, counted, ratios, figures }: Section): string {
  return [
    title,
    ...ratios.map(({ name, value, better }) => `  ${digits(value).padStart(9)} ×  ${name} (${better} is better)`),
    ...figures.map(figureText),
    ...counted.map((sentence) => `    · ${sentence}`),
  ].join("\n");
}

function figureText({ name, unit, samples }: Figure): string {
  const around = samples.length > 1 ? `   ±${Math.round(spread(samples) * 50)} % of ${samples.length} rounds` : "";
  return `  ${digits(median(samples)).padStart(9)} ${unit.padEnd(6)} ${name}${around}`;
}

/** The same with what a program wants: medians and every sample. */
export function sectionJson({ title, counted, ratios, figures }: Section): object {
  return { title, ratios, figures: figures.map((figure) => ({ ...figure, median: median(figure.samples) })), counted };
}

function digits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
