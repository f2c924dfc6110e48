/**
 * Scrapes the pods of an owner (an RSG) all at once, in rounds, one per interval, each owner at a moment of its own. What moves from one pod
 * to another between two scrapes would be seen twice or not at all if pods were scraped one after the other; a round sees it where it is.
 * Pods that are new bring the next round forward, since what they have taken over is still seen where it was. A round waits for its
 * answers, since together with those of the round before they would count what has moved twice; but not for targets that timed out at the
 * last attempt. Later ones are told together, step by step, since each telling makes all answers be worked out anew. Targets that timed out
 * share a lane of their own, so that pods which never answer cannot delay those that do.
 */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {scrape, type Scraped, type ScrapeDeps} from './scrape.ts';
import {createSlots} from './slots.ts';
import type {Target} from './targets.ts';

export interface Scraper {
  /** The targets of an owner from now on. A target has one owner. */
  set(owner: string, targets: readonly Target[]): void;
  /** Resolves when the last scrape has ended after the signal's abort. */
  done(): Promise<void>;
}

export interface ScraperOptions {
  readonly intervalMs: number;
  readonly onScraped: (target: Target, result: Scraped) => void;
  readonly onRound: {
    begins(owner: string): void;
    /** The answers are there; again when others have come later. */
    ends(owner: string): void;
  };
}

interface Owner {
  readonly name: string;
  readonly stop: AbortController;
  targets: readonly Target[];
  /** Aborted when a round is wanted early. */
  early: AbortController;
  open: boolean;
  /** Something came after its round had ended, and was not told yet. */
  late: boolean;
}

const HEALTHY_LANE = 48;
const SLOW_LANE = 16;
const FIRST_WITHIN_MS = 1000;
const LONGEST_TIMEOUT_MS = 10_000;
/** Of the interval: how soon after a round began the next may. */
const LEAST_PAUSE = 0.25;
/** Of the interval: a pod's answer takes at most so long, and a round, whose pods may wait for a lane, waits so long for them. */
const PATIENCE = 0.8;
/** Of the interval: how often answers that came later are told. */
const STEP = 0.2;
/** A reason, since the default one is an error with a stack. */
const ENOUGH = 'enough';

/** Below the interval, so that one scrape of a pod ends before the next begins. */
export function timeoutFor(intervalMs: number): number {
  return Math.min(LONGEST_TIMEOUT_MS, Math.max(1, Math.floor(intervalMs * PATIENCE)));
}

export function createScraper(
  {intervalMs, onScraped, onRound}: ScraperOptions,
  deps: ScrapeDeps & {readonly clock: Clock; readonly random: Random},
  signal: AbortSignal,
): Scraper {
  const {clock, random, metrics} = deps;
  const owners = new Map<string, Owner>();
  const ending = new Set<Promise<void>>();
  const lanes = {healthy: createSlots(HEALTHY_LANE), slow: createSlots(SLOW_LANE)};
  const asking = new Set<string>();
  const slow = new Set<string>();
  const timeoutMs = timeoutFor(intervalMs);
  /** Targets of all owners. */
  let count = 0;

  const until = (work: Promise<void>): Promise<void> => {
    ending.add(work);
    return work.finally(() => ending.delete(work));
  };
  const ask = async (target: Target, owner: Owner): Promise<void> => {
    const {key} = target;
    asking.add(key);
    const lane = slow.has(key) ? lanes.slow : lanes.healthy;
    const result = await lane.run(() => scrape(target, {timeoutMs, signal}, deps));
    asking.delete(key);
    slow.delete(key);
    if (signal.aborted || !owner.targets.some((one) => one.key === key)) return;
    if ('failure' in result && result.failure === 'timeout') slow.add(key);
    onScraped(target, result);
    owner.late = !owner.open;
  };
  const round = async (owner: Owner): Promise<void> => {
    owner.early = new AbortController();
    owner.open = true;
    onRound.begins(owner.name);
    const asked = owner.targets
      .filter(({key}) => !asking.has(key))
      .map((target) => ({isSlow: slow.has(target.key), answer: until(ask(target, owner))}));
    const prompt = asked.filter(({isSlow}) => !isSlow).map(({answer}) => answer);
    const complete = await haveCome(Promise.all(prompt), owner, PATIENCE);
    owner.open = false;
    end(owner);
    if (complete && prompt.length === asked.length) return;
    void until(tellLater(Promise.all(asked.map(({answer}) => answer)), owner));
  };
  const tellLater = async (answers: Promise<unknown>, owner: Owner): Promise<void> => {
    let complete = false;
    while (!complete && !isEnded(owner)) {
      complete = await haveCome(answers, owner, STEP);
      if (owner.late && !owner.open) end(owner);
    }
  };
  const end = (owner: Owner): void => {
    owner.late = false;
    if (!isEnded(owner)) onRound.ends(owner.name);
  };
  /** Resolves with false when that part of the interval ends first. */
  const haveCome = async (answers: Promise<unknown>, owner: Owner, part: number): Promise<boolean> => {
    const enough = new AbortController();
    const patience = clock.sleep(intervalMs * part, AbortSignal.any([owner.stop.signal, signal, enough.signal]));
    const complete = await Promise.race([answers.then(() => true), patience.then(() => false)]);
    enough.abort(ENOUGH);
    return complete;
  };
  const isEnded = (owner: Owner): boolean => signal.aborted || owner.stop.signal.aborted;
  const follow = async (owner: Owner): Promise<void> => {
    // Soon for the first time; then at another moment than owners that came together with this one.
    let dueMs = clock.now() + random() * Math.min(intervalMs, FIRST_WITHIN_MS);
    let stepMs = intervalMs * (0.5 + random() / 2);
    let earliestMs = dueMs;
    for (;;) {
      const ended = AbortSignal.any([signal, owner.stop.signal]);
      await clock.sleep(Math.max(0, dueMs - clock.now()), AbortSignal.any([ended, owner.early.signal]));
      await clock.sleep(Math.max(0, Math.min(dueMs, earliestMs) - clock.now()), ended);
      if (isEnded(owner)) return;
      const startedMs = clock.now();
      await round(owner);
      dueMs = startedMs + stepMs;
      earliestMs = startedMs + intervalMs * LEAST_PAUSE;
      stepMs = intervalMs;
    }
  };
  const start = (name: string, targets: readonly Target[]): void => {
    const owner: Owner = {name, stop: new AbortController(), targets, early: new AbortController(), open: false, late: false};
    owners.set(name, owner);
    void until(follow(owner));
  };
  return {
    set: (name, targets) => {
      const owner = owners.get(name);
      const before = owner?.targets ?? [];
      if (owner === undefined) {
        if (targets.length > 0) start(name, targets);
      } else {
        const known = new Set(before.map(({key}) => key));
        owner.targets = targets;
        if (targets.some(({key}) => !known.has(key))) owner.early.abort(ENOUGH);
        if (targets.length === 0) {
          owner.stop.abort(ENOUGH);
          owners.delete(name);
        }
      }
      count += targets.length - before.length;
      metrics.targets(count);
    },
    done: async () => {
      await Promise.all(ending);
    },
  };
}
