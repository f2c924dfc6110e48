/** Time that only moves when a test says so. */
import type {Clock} from '../../src/runtime/clock.ts';

export class FakeClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #monotonic = 0;
  #sleepers: {at: number; wake: () => void}[] = [];

  now = (): number => this.#now;
  monotonic = (): number => this.#monotonic;

  /** Time passes while the process is stopped: nobody wakes before `advance`. */
  jump(wallMs: number, monotonicMs = wallMs): void {
    this.#now += wallMs;
    this.#monotonic += monotonicMs;
  }

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const sleeper = {at: this.#monotonic + ms, wake: resolve};
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      });
    });

  /** Moves on, waking sleepers in their order and letting what they wake run. */
  async advance(ms: number): Promise<void> {
    await settle();
    const until = this.#monotonic + ms;
    for (;;) {
      const [next] = this.#sleepers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#moveTo(Math.max(next.at, this.#monotonic));
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      next.wake();
      await settle();
    }
    this.#moveTo(until);
    await settle();
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
