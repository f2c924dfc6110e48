/** Figures of benches: samples become a line of text. */

/** The value below which `share` (0 to 1) of the samples lie; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

/** `median 12 ms, p99 30 ms, n = 20`. */
export function inMilliseconds(samples: readonly number[]): string {
  const text = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
  return `median ${text(median(samples))} ms, p99 ${text(percentile(samples, 0.99))} ms, n = ${String(samples.length)}`;
}

/** Ours over the reference, by medians. */
export function ratio(ours: readonly number[], reference: readonly number[]): string {
  return (median(ours) / median(reference)).toFixed(2);
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
