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

/** A row of the table: what was done, by RSG and by the reference, in milliseconds. */
export interface Row {
  readonly what: string;
  readonly ours: readonly number[];
  readonly reference: readonly number[];
  /** What the reference is. */
  readonly against: string;
}

export const HEADER = '| what | RSG, median (p99) | reference, median (p99) | ratio | reference | samples |\n|---|---|---|---|---|---|';

/** Prints a row; the ratio is that of the medians. */
export function row({what, ours, reference, against}: Row): void {
  const both = [ours, reference].map((samples) => `${inMs(median(samples))} (${inMs(percentile(samples, 0.99))})`);
  const ratio = (median(ours) / median(reference)).toFixed(2);
  say(`| ${what} | ${both.join(' | ')} | ${ratio} | ${against} | ${String(ours.length)} |`);
}

export function inMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(ms < 0.01 ? 1 : 0)} µs`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`;
}

export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
