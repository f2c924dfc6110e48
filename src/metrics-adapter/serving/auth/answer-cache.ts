/**
 * Answers of the API server kept for a short while. Concurrent questions share one request; failures are not kept. Bounded: at its size
 * the oldest entries go first.
 */
import type {Clock} from '../../../runtime/clock.ts';

export interface AnswerCache<T> {
  /** At once when it is known, so that a request need not wait for a turn of the event loop. */
  get(key: string, ask: () => Promise<T>): T | Promise<T>;
}

export interface CacheOptions {
  readonly keepMs: number;
  readonly size: number;
}

export function createAnswerCache<T>({keepMs, size}: CacheOptions, {clock}: {clock: Clock}): AnswerCache<T> {
  const known = new Map<string, {readonly answer: T; readonly until: number}>();
  const asking = new Map<string, Promise<T>>();
  const keep = (key: string, answer: T): T => {
    known.delete(key);
    known.set(key, {answer, until: clock.now() + keepMs});
    const [oldest] = known.keys();
    if (known.size > size && oldest !== undefined) known.delete(oldest);
    return answer;
  };
  return {
    get: (key, ask) => {
      const entry = known.get(key);
      if (entry !== undefined && clock.now() < entry.until) return entry.answer;
      const current = asking.get(key);
      if (current !== undefined) return current;
      const started = ask()
        .then((answer) => keep(key, answer))
        .finally(() => asking.delete(key));
      asking.set(key, started);
      return started;
    },
  };
}
