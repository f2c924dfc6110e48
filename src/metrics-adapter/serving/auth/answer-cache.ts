/**
 * Answers of the API server kept for a short while. One that is no longer fresh is still given at once, and asked for again meanwhile, so
 * that whoever comes every few seconds never waits; one that is too old is asked for first. Concurrent questions share one request;
 * failures are not kept. Bounded: at its size the oldest entries go first.
 */
import type {Clock} from '../../../runtime/clock.ts';

export interface AnswerCache<T> {
  /** At once when it is known, so that a request need not wait for a turn of the event loop. Rejects as `ask` does. */
  get(key: string, ask: () => Promise<T>): T | Promise<T>;
}

export interface CacheOptions {
  /** For so long an answer is given without a new question. */
  readonly freshMs: number;
  /** For so long it is given at all. */
  readonly keepMs: number;
  readonly size: number;
}

export function createAnswerCache<T>({freshMs, keepMs, size}: CacheOptions, {clock}: {clock: Clock}): AnswerCache<T> {
  const known = new Map<string, {readonly answer: T; readonly atMs: number}>();
  const asking = new Map<string, Promise<T>>();
  const keep = (key: string, answer: T, atMs: number): T => {
    known.delete(key);
    known.set(key, {answer, atMs});
    const [oldest] = known.keys();
    if (known.size > size && oldest !== undefined) known.delete(oldest);
    return answer;
  };
  const question = (key: string, ask: () => Promise<T>): Promise<T> => {
    const current = asking.get(key);
    if (current !== undefined) return current;
    const atMs = clock.now();
    const started = ask()
      .then((answer) => keep(key, answer, atMs))
      .finally(() => asking.delete(key));
    asking.set(key, started);
    return started;
  };
  return {
    get: (key, ask) => {
      const entry = known.get(key);
      const ageMs = entry === undefined ? keepMs : clock.now() - entry.atMs;
      if (entry === undefined || ageMs >= keepMs) return question(key, ask);
      // A failure shows once the answer is too old.
      if (ageMs >= freshMs) question(key, ask).catch(() => undefined);
      return entry.answer;
    },
  };
}
