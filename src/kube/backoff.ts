import type {Random} from '../runtime/random.ts';

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Exponential with the upper half jittered: between 50 and 100 % of base × 2^failures, at most `maxMs`. */
export function backoffMs(failures: number, {baseMs, maxMs}: Backoff, random: Random): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
  return Math.round(full * (0.5 + random() / 2));
}
