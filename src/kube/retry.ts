/** Reads are asked again when the API server is busy or the connection broke. Writes are not: their caller looks again first. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from './backoff.ts';
import {isKubeError, KubeError} from './errors.ts';

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly onRetry?: (error: KubeError) => void;
}

const ATTEMPTS = 4;
/** Whoever needs longer than this has a backoff of its own. */
const PATIENCE_MS = 10_000;
const BACKOFF = {baseMs: 100, maxMs: 2_000};

/** The first answer of `read`, or its last error when that comes four times, would come too late, or would not change. */
export async function retried<T>(read: () => Promise<T>, {clock, random, onRetry}: RetryDeps, signal?: AbortSignal): Promise<T> {
  const startedAt = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!isKubeError(error, 'TooManyRequests', 'ServerError', 'Unreachable', 'Malformed')) throw error;
      const waitMs = Math.max(backoffMs(attempt - 1, BACKOFF, random), spread(error.retryAfterMs, random));
      if (attempt === ATTEMPTS || clock.monotonic() - startedAt + waitMs > PATIENCE_MS) throw error;
      onRetry?.(error);
      await clock.sleep(waitMs, signal);
      if (signal?.aborted === true) throw new KubeError('stopped before an answer came', {code: 'Aborted', status: 0, cause: error});
    }
  }
}

/** A time that the server asked to wait, and up to a fifth more, so that all whom it sent away do not come back at once. 0 without one. */
export function spread(retryAfterMs: number | undefined, random: Random): number {
  return Math.round((retryAfterMs ?? 0) * (1 + random() / 5));
}
