/** A histogram as Prometheus counts it: cumulative buckets, sum and count. */

export interface HistogramState {
  /** Upper bound, and how many observations lie at or below it. */
  readonly buckets: readonly (readonly [number, number])[];
  readonly sum: number;
  readonly count: number;
}

export interface Histogram {
  observe(value: number): void;
  state(): HistogramState;
}

export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = bounds.map(() => 0);
  let sum = 0;
  let count = 0;
  return {
    observe: (value) => {
      bounds.forEach((bound, at) => {
        if (value <= bound) counts[at] = (counts[at] ?? 0) + 1;
      });
      sum += value;
      count += 1;
    },
    state: () => ({buckets: bounds.map((bound, at) => [bound, counts[at] ?? 0] as const), sum, count}),
  };
}
