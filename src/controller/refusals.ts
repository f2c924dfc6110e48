/** What was refused, per group, with a delay that grows: a quota that is full is not asked every second. Lives in memory only. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from '../kube/backoff.ts';
import type {Refusal} from './model.ts';

const BACKOFF = {baseMs: 2_000, maxMs: 300_000};

export interface Refusals {
  of(rsgUid: string): ReadonlyMap<string, Refusal>;
  add(rsgUid: string, group: string, refusal: Pick<Refusal, 'message' | 'ofPods'>): void;
  /** After its workloads were taken: what was said of pods stays. */
  created(rsgUid: string, group: string): void;
  /** After every group in `ids` has all it needs. */
  served(rsgUid: string, ids: readonly string[]): void;
  forget(rsgUid: string): void;
}

export function createRefusals({clock, random}: {clock: Clock; random: Random}): Refusals {
  const byRsg = new Map<string, Map<string, Refusal & {failures: number}>>();
  return {
    of: (rsgUid) => byRsg.get(rsgUid) ?? new Map(),
    add: (rsgUid, group, refusal) => {
      const groups = byRsg.get(rsgUid) ?? new Map<string, Refusal & {failures: number}>();
      const failures = groups.get(group)?.failures ?? 0;
      groups.set(group, {...refusal, failures: failures + 1, retryAt: clock.now() + backoffMs(failures, BACKOFF, random)});
      byRsg.set(rsgUid, groups);
    },
    created: (rsgUid, group) => {
      if (byRsg.get(rsgUid)?.get(group)?.ofPods === false) byRsg.get(rsgUid)?.delete(group);
    },
    served: (rsgUid, ids) => {
      for (const id of ids) byRsg.get(rsgUid)?.delete(id);
    },
    forget: (rsgUid) => {
      byRsg.delete(rsgUid);
    },
  };
}
