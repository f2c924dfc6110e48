/** What the scrapes of all targets have brought so far, by target: the memory that answers come from. */
import {readDemand} from './demand.ts';
import type {DemandState, PodState} from './model.ts';
import type {Scraped} from './scrape.ts';
import {readPod} from './signals.ts';
import type {Target} from './targets.ts';
import {advance} from './window.ts';

export interface EngineStates {
  record(target: Target, result: Scraped): void;
  /** What an owner (an RSG) needs from now on. What no owner needs any more is forgotten; two may look at the same pods in front of them. */
  keep(owner: string, targets: readonly Target[]): void;
  engine(target: string): PodState | undefined;
  demand(target: string): DemandState | undefined;
}

export function createEngineStates({windowMs}: {readonly windowMs: number}): EngineStates {
  const engines = new Map<string, PodState>();
  const demands = new Map<string, DemandState>();
  const kept = new Map<string, ReadonlySet<string>>();
  const owners = new Map<string, number>();
  const count = (key: string, change: 1 | -1): void => {
    const left = (owners.get(key) ?? 0) + change;
    if (left > 0) {
      owners.set(key, left);
      return;
    }
    for (const memory of [owners, engines, demands]) memory.delete(key);
  };
  return {
    record: ({key, reader}, result) => {
      if (reader.kind === 'demand') {
        if ('failure' in result) demands.set(key, {...demands.get(key), problem: result.problem});
        else demands.set(key, {atMs: result.atMs, ...readDemand(result.samples, reader.preset)});
        return;
      }
      const window = engines.get(key)?.window;
      if ('failure' in result) {
        const gone = result.failure === 'refused';
        engines.set(key, {...(window === undefined ? {} : {window}), problem: result.problem, gone});
        return;
      }
      const reading = readPod(result.samples, reader.preset);
      // A sample may say itself that it is older than the scrape, never that it is newer.
      const atMs = Math.min(result.atMs, reading.oldestMs ?? result.atMs);
      engines.set(key, {window: advance(window, reading, {atMs, windowMs})});
    },
    keep: (owner, targets) => {
      const before = kept.get(owner) ?? new Set();
      const now = new Set(targets.map(({key}) => key));
      for (const key of now) if (!before.has(key)) count(key, 1);
      for (const key of before) if (!now.has(key)) count(key, -1);
      if (now.size === 0) kept.delete(owner);
      else kept.set(owner, now);
    },
    engine: (target) => engines.get(target),
    demand: (target) => demands.get(target),
  };
}
