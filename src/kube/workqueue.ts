/** Keyed work: a key is handled by one worker at a time, and added meanwhile it is handled once more afterwards. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs, type Backoff} from './backoff.ts';
import type {QueueMetrics} from './metrics.ts';

export interface WorkQueue {
  add(key: string): void;
  /** For news that come in showers: not before the key has rested for a moment since it was last handled. */
  addSoon(key: string): void;
  /** The earliest of several wishes for the same key wins. */
  addAfter(key: string, ms: number): void;
  /** After a delay that grows with each failure of this key, and of at least `atLeastMs`, as a busy server asks. */
  addRateLimited(key: string, atLeastMs?: number): void;
  /** Ends the backoff of a key, and what it waits for: whoever has just handled it knows when to look again, if ever. */
  forget(key: string): void;
  /** Handles keys until the signal aborts. `handler` must not throw. */
  run(workers: number, handler: (key: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface QueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics?: QueueMetrics | undefined;
}

/** `restMs` is the rest of `addSoon`. */
export function createWorkQueue(
  {restMs = 0, ...backoff}: Backoff & {readonly restMs?: number},
  {clock, random, metrics}: QueueDeps,
): WorkQueue {
  const waiting = new Set<string>();
  const active = new Set<string>();
  const again = new Set<string>();
  const againSoon = new Set<string>();
  /** Until when keys that were just handled rest. */
  const rests = new Map<string, number>();
  const failures = new Map<string, number>();
  const timers = new Map<string, {at: number; cancel: AbortController}>();
  const idle: (() => void)[] = [];
  metrics?.depth(() => waiting.size);

  const add = (key: string): void => {
    if (active.has(key)) {
      again.add(key);
      return;
    }
    waiting.add(key);
    idle.shift()?.();
  };
  const addAfter = (key: string, ms: number): void => {
    const at = clock.monotonic() + ms;
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
  const rest = (key: string): void => {
    const now = clock.monotonic();
    // The oldest come first.
    for (const [other, until] of rests) {
      if (until > now) break;
      rests.delete(other);
    }
    rests.delete(key);
    rests.set(key, now + restMs);
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
      rest(key);
      const soon = againSoon.delete(key);
      if (again.delete(key)) add(key);
      else if (soon) addAfter(key, restMs);
    }
  };

  return {
    add,
    addSoon: (key) => {
      if (active.has(key)) againSoon.add(key);
      else if (clock.monotonic() < (rests.get(key) ?? 0)) addAfter(key, (rests.get(key) ?? 0) - clock.monotonic());
      else add(key);
    },
    addAfter,
    addRateLimited: (key, atLeastMs = 0) => {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      metrics?.retry();
      addAfter(key, Math.max(backoffMs(before, backoff, random), atLeastMs));
    },
    forget: (key) => {
      failures.delete(key);
      timers.get(key)?.cancel.abort();
      timers.delete(key);
    },
    run: async (workers, handler, signal) => {
      const wakeAll = (): void => {
        for (const wake of idle.splice(0)) wake();
      };
      signal.addEventListener('abort', wakeAll, {once: true});
      await Promise.all(Array.from({length: workers}, () => worker(handler, signal)));
      for (const {cancel} of timers.values()) cancel.abort();
      timers.clear();
    },
  };
}
