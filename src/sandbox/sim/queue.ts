/** Keys that something happened to, handled one after the other, each once however often it was added meanwhile. */
import {setImmediate} from 'node:timers/promises';
import type {Clock} from '../../runtime/clock.ts';

export interface Queue {
  add(key: string): void;
  /** `at` in milliseconds since the epoch; the earliest of several wishes wins. */
  addAt(key: string, at: number): void;
  /** Until the signal aborts. `handle` must not throw. */
  run(handle: (key: string) => void | Promise<void>, signal: AbortSignal): Promise<void>;
}

export function createQueue({clock}: {readonly clock: Clock}): Queue {
  const waiting = new Set<string>();
  const timers = new Map<string, {readonly at: number; readonly cancel: AbortController}>();
  let wake: () => void = () => undefined;
  const add = (key: string): void => {
    waiting.add(key);
    wake();
  };
  return {
    add,
    addAt: (key, at) => {
      const pending = timers.get(key);
      if (pending !== undefined && pending.at <= at) return;
      pending?.cancel.abort();
      const cancel = new AbortController();
      timers.set(key, {at, cancel});
      void clock.sleep(Math.max(0, at - clock.now()), cancel.signal).then(() => {
        if (cancel.signal.aborted) return;
        timers.delete(key);
        add(key);
      });
    },
    run: async (handle, signal) => {
      const stop = (): void => {
        wake();
      };
      signal.addEventListener('abort', stop, {once: true});
      while (!signal.aborted) {
        const [key] = waiting;
        if (key === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        waiting.delete(key);
        await handle(key);
        // What serves requests in this process has its turn.
        await setImmediate();
      }
      signal.removeEventListener('abort', stop);
      for (const {cancel} of timers.values()) cancel.abort();
      timers.clear();
    },
  };
}
