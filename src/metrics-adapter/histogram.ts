/** Histograms as cumulative counts by upper bound: adding those of different layouts, increases with resets, quantiles. Pure. */

/** Bounds ascend and end with +Inf; `counts` are cumulative, as in an exposition. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Undefined where there is no +Inf bucket: such a histogram was not written whole. Counts that fall are raised to those before. */
export function histogramOf(buckets: ReadonlyMap<number, number>): Histogram | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  if (sorted.at(-1)?.[0] !== Number.POSITIVE_INFINITY) return undefined;
  let highest = 0;
  const counts = sorted.map(([, count]) => (highest = Math.max(highest, count)));
  return {bounds: sorted.map(([bound]) => bound), counts};
}

export function observations({counts}: Histogram): number {
  return counts.at(-1) ?? 0;
}

/** What was observed between the two; a count that fell, or another layout, means that the engine began anew. */
export function increase(now: Histogram, before: Histogram): Histogram {
  if (!sameLayout(now, before)) return now;
  const counts = now.counts.map((count, at) => count - (before.counts[at] ?? 0));
  return counts.some((count) => count < 0) ? now : {bounds: now.bounds, counts};
}

/** What the one has more than the other, which it has grown from. */
export function minus(now: Histogram, before: Histogram): Histogram {
  return {bounds: now.bounds, counts: now.counts.map((count, at) => count - countBelow(before, now.bounds[at] ?? 0))};
}

function sameLayout(one: Histogram, other: Histogram): boolean {
  return one.bounds.length === other.bounds.length && one.bounds.every((bound, at) => bound === other.bounds[at]);
}

/** Where one has no count for a bound of the other, it counts what it knows to lie below. */
export function add(one: Histogram, other: Histogram): Histogram {
  if (sameLayout(one, other)) return {bounds: one.bounds, counts: one.counts.map((count, at) => count + (other.counts[at] ?? 0))};
  const bounds = [...new Set([...one.bounds, ...other.bounds])].sort((a, b) => a - b);
  return {bounds, counts: bounds.map((bound) => countBelow(one, bound) + countBelow(other, bound))};
}

function countBelow({bounds, counts}: Histogram, limit: number): number {
  const at = bounds.findLastIndex((bound) => bound <= limit);
  return at === -1 ? 0 : (counts[at] ?? 0);
}

/**
 * As Prometheus' histogram_quantile: linear within the bucket, the first one beginning at 0, and the highest finite bound for what lies
 * above it. Undefined without observations. `quantile` is between 0 and 1.
 */
export function quantileOf(histogram: Histogram, quantile: number): number | undefined {
  const {bounds, counts} = histogram;
  const total = observations(histogram);
  if (total <= 0 || bounds.length < 2) return undefined;
  const rank = quantile * total;
  const at = counts.findIndex((count) => count >= rank && count > 0);
  const upper = bounds[at] ?? Number.POSITIVE_INFINITY;
  if (upper === Number.POSITIVE_INFINITY) return bounds.at(-2);
  const lower = at === 0 ? Math.min(0, upper) : (bounds[at - 1] ?? 0);
  const below = at === 0 ? 0 : (counts[at - 1] ?? 0);
  const within = (counts[at] ?? 0) - below;
  return within === 0 ? upper : lower + ((upper - lower) * (rank - below)) / within;
}
