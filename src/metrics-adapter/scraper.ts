/**
 * Scrapes every target once per interval, each at its own moment. A target begins when it is first named and ends when no owner names it
 * any more. Targets that timed out share a lane of their own, so that pods which never answer cannot delay those that do.
 */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {scrape, type Scraped, type ScrapeDeps} from './scrape.ts';
import {createSlots, type Slots} from './slots.ts';
import type {Target} from './targets.ts';

export interface Scraper {
  /** The targets of an owner from now on. A target has one owner. */
  set(owner: string, targets: readonly Target[]): void;
  /** Resolves when the last scrape has ended after the signal's abort. */
  done(): Promise<void>;
}

export interface ScraperOptions {
  readonly intervalMs: number;
  readonly onScraped: (target: Target, result: Scraped, owner: string) => void;
}

interface Running {
  readonly stop: AbortController;
}

const HEALTHY_LANE = 48;
const SLOW_LANE = 16;
const FIRST_WITHIN_MS = 1000;
const LONGEST_TIMEOUT_MS = 10_000;

/** Below the interval, so that one scrape of a pod ends before the next begins. */
export function timeoutFor(intervalMs: number): number {
  return Math.min(LONGEST_TIMEOUT_MS, Math.max(1, Math.floor(intervalMs * 0.8)));
}

export function createScraper(
  {intervalMs, onScraped}: ScraperOptions,
  deps: ScrapeDeps & {readonly clock: Clock; readonly random: Random},
  signal: AbortSignal,
): Scraper {
  const {clock, random, metrics} = deps;
  const running = new Map<string, Running>();
  const byOwner = new Map<string, readonly string[]>();
  const ending = new Set<Promise<void>>();
  const lanes = {healthy: createSlots(HEALTHY_LANE), slow: createSlots(SLOW_LANE)};
  const timeoutMs = timeoutFor(intervalMs);

  const follow = async (target: Target, owner: string, stopped: AbortSignal): Promise<void> => {
    let slow = false;
    // Soon for the first time; then spread over the interval, so that pods that came together are not scraped together for ever.
    let dueMs = clock.now() + random() * Math.min(intervalMs, FIRST_WITHIN_MS);
    let stepMs = intervalMs * (0.5 + random() / 2);
    for (;;) {
      await clock.sleep(Math.max(0, dueMs - clock.now()), stopped);
      if (stopped.aborted) return;
      const lane: Slots = slow ? lanes.slow : lanes.healthy;
      const result: Scraped = await lane.run(() => scrape(target, {timeoutMs, signal: stopped}, deps));
      if (isAborted(stopped)) return;
      slow = 'failure' in result && result.failure === 'timeout';
      onScraped(target, result, owner);
      dueMs = Math.max(dueMs + stepMs, clock.now());
      stepMs = intervalMs;
    }
  };
  const start = (target: Target, owner: string): void => {
    const stop = new AbortController();
    const ended = follow(target, owner, AbortSignal.any([signal, stop.signal]));
    ending.add(ended);
    void ended.finally(() => ending.delete(ended));
    running.set(target.key, {stop});
  };
  return {
    set: (owner, targets) => {
      const before = byOwner.get(owner) ?? [];
      if (targets.length === 0) byOwner.delete(owner);
      else {
        byOwner.set(
          owner,
          targets.map(({key}) => key),
        );
      }
      const wanted = new Set([...byOwner.values()].flat());
      for (const target of targets) if (!running.has(target.key)) start(target, owner);
      for (const key of before) {
        if (wanted.has(key)) continue;
        running.get(key)?.stop.abort();
        running.delete(key);
      }
      metrics.targets(running.size);
    },
    done: async () => {
      await Promise.all(ending);
    },
  };
}

/** A function, since the compiler would take the check before the scrape for settled. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
