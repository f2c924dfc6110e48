/** Keyed work: a key is handled by one worker at a time, and added meanwhile it is handled once more afterwards. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs, type Backoff} from './backoff.ts';

export interface WorkQueue {
  add(key: string): void;
  /** The earliest of several wishes for the same key wins. */
  addAfter(key: string, ms: number): void;
  /** After a delay that grows with each failure of this key. */
  addRateLimited(key: string): void;
  /** Ends the backoff of a key. */
  forget(key: string): void;
  /** Handles keys until the signal aborts. `handler` must not throw. */
  run(workers: number, handler: (key: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export function createWorkQueue(backoff: Backoff, {clock, random}: {clock: Clock; random: Random}): WorkQueue {
  const waiting = new Set<string>();
  const active = new Set<string>();
  const again = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Map<string, {at: number; cancel: AbortController}>();
  const idle: (() => void)[] = [];

  const add = (key: string): void => {
    if (active.has(key)) {
      again.add(key);
      return;
    }
    waiting.add(key);
    idle.shift()?.();
  };
  const addAfter = (key: string, ms: number): void => {
    const at = clock.now() + ms;
    const pending = timers.get(key);
    if (pending !== undefined && pending.at <= at) return;
    pending?.cancel.abort();
    const cancel = new AbortController();
    timers.set(key, {at, cancel});
    void clock.sleep(ms, cancel.signal).then(() => {
      if (cancel.signal.aborted) return;
      timers.delete(key);
      add(key);
    });
  };
  const next = async (signal: AbortSignal): Promise<string | undefined> => {
    for (;;) {
      if (signal.aborted) return undefined;
      const [key] = waiting;
      if (key !== undefined) {
        waiting.delete(key);
        return key;
      }
      await new Promise<void>((resolve) => {
        idle.push(resolve);
      });
    }
  };
  const worker = async (handler: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> => {
    for (let key = await next(signal); key !== undefined; key = await next(signal)) {
      active.add(key);
      await handler(key);
      active.delete(key);
      if (again.delete(key)) add(key);
    }
  };

  return {
    add,
    addAfter,
    addRateLimited: (key) => {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      addAfter(key, backoffMs(before, backoff, random));
    },
    forget: (key) => {
      failures.delete(key);
    },
    run: async (workers, handler, signal) => {
      const wakeAll = (): void => {
        for (const wake of idle.splice(0)) wake();
      };
      signal.addEventListener('abort', wakeAll, {once: true});
      const ended = Promise.all(Array.from({length: workers}, () => worker(handler, signal)));
      await ended;
      for (const {cancel} of timers.values()) cancel.abort();
      timers.clear();
    },
  };
}
