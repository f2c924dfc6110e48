/** What was refused, per group, with a delay that grows: a quota that is full is not asked every second. Lives in memory only. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from '../kube/backoff.ts';
import type {Refusal} from './model.ts';

const BACKOFF = {baseMs: 2_000, maxMs: 300_000};

export interface Refusals {
  of(rsgUid: string): ReadonlyMap<string, Refusal>;
  add(rsgUid: string, group: string, message: string): void;
  clear(rsgUid: string, group: string): void;
  forget(rsgUid: string): void;
}

export function createRefusals({clock, random}: {clock: Clock; random: Random}): Refusals {
  const byRsg = new Map<string, Map<string, Refusal & {failures: number}>>();
  return {
    of: (rsgUid) => byRsg.get(rsgUid) ?? new Map(),
    add: (rsgUid, group, message) => {
      const groups = byRsg.get(rsgUid) ?? new Map<string, Refusal & {failures: number}>();
      const failures = groups.get(group)?.failures ?? 0;
      groups.set(group, {message, failures: failures + 1, retryAt: clock.now() + backoffMs(failures, BACKOFF, random)});
      byRsg.set(rsgUid, groups);
    },
    clear: (rsgUid, group) => {
      byRsg.get(rsgUid)?.delete(group);
    },
    forget: (rsgUid) => {
      byRsg.delete(rsgUid);
    },
  };
}
