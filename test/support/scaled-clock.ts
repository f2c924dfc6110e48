/** A clock of a process under test that runs faster than the world's, so that waits of minutes take seconds. */
import {setTimeout as after} from 'node:timers/promises';
import type {Clock} from '../../src/runtime/clock.ts';

export function scaledClock(factor: number): Clock {
  const [wall, start] = [Date.now(), performance.now()];
  const monotonic = (): number => (performance.now() - start) * factor;
  return {
    now: () => wall + monotonic(),
    monotonic,
    sleep: (ms, signal) => after(ms / factor, undefined, signal === undefined ? {} : {signal}).catch(() => undefined),
  };
}
