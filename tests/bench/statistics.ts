/** Middle of the samples; the mean of the two middle ones when their number is even. @throws RangeError for none. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  if (high === undefined || low === undefined) throw new RangeError("there is no median of no samples");
  return (low + high) / 2;
}

/** The value below which the given share (0 … 1) of the samples lies, by the nearest rank. @throws RangeError for none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError("there is no quantile of no samples");
  return value;
}

/** How far the samples lie apart, as a share of their median: (largest − smallest) ÷ median. */
export function spread(samples: readonly number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / median(samples);
}

/**
 * How `of` compares with `to`: the median of the ratios of each round. Rounds alternate between the two, so whatever slows
 * the machine for a while slows both halves of a pair.
 * @throws RangeError when the two were not measured equally often.
 */
export function pairedRatio(of: readonly number[], to: readonly number[]): number {
  if (of.length !== to.length) throw new RangeError("each round measures both sides");
  return median(of.map((value, round) => value / (to[round] as number)));
}
