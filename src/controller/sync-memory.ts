/** What was learned of clones by asking the API server, and how often their fields had to be put back. Lives in memory only. */
import type {Clock} from '../runtime/clock.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from '../kube/backoff.ts';
import type {Contest, Finding} from './model.ts';

/** The same field of the same clone, so often in so long a time, is contested and left alone for as long again. */
const CONTESTS = 5;
const CONTEST_MS = 10 * 60_000;
const REFUSED = {baseMs: 5_000, maxMs: 300_000};

export interface SyncMemory {
  findings(rsgUid: string): ReadonlyMap<string, Finding>;
  contests(rsgUid: string): ReadonlyMap<string, Contest>;
  learn(rsgUid: string, cloneUid: string, finding: Finding): void;
  /** Like `learn`, for a wanted form that was refused: the next try comes later each time. */
  refuse(rsgUid: string, cloneUid: string, finding: Omit<Finding, 'refused' | 'fields'> & {readonly message: string}): void;
  putBack(rsgUid: string, cloneUid: string, fields: readonly string[]): void;
  /** Forgets all other clones of the RSG. */
  keep(rsgUid: string, cloneUids: ReadonlySet<string>): void;
}

interface Entry {
  readonly finding?: Finding;
  readonly refusals: number;
  /** When each field was put back. */
  readonly times: ReadonlyMap<string, readonly number[]>;
}

const NOTHING: Entry = {refusals: 0, times: new Map()};

export function createSyncMemory({clock, random}: {clock: Clock; random: Random}): SyncMemory {
  const byRsg = new Map<string, Map<string, Entry>>();
  const entriesOf = (rsgUid: string): ReadonlyMap<string, Entry> => byRsg.get(rsgUid) ?? new Map();
  const change = (rsgUid: string, cloneUid: string, to: (before: Entry) => Entry): void => {
    const entries = byRsg.get(rsgUid) ?? new Map<string, Entry>();
    byRsg.set(rsgUid, entries.set(cloneUid, to(entries.get(cloneUid) ?? NOTHING)));
  };
  return {
    findings: (rsgUid) =>
      new Map([...entriesOf(rsgUid)].flatMap(([uid, {finding}]) => (finding === undefined ? [] : [[uid, finding] as const]))),
    contests: (rsgUid) =>
      new Map(
        [...entriesOf(rsgUid)].flatMap(([uid, {times}]) => {
          const contest = contestIn(times);
          return contest === undefined ? [] : [[uid, contest] as const];
        }),
      ),
    learn: (rsgUid, cloneUid, finding) => {
      change(rsgUid, cloneUid, ({times}) => ({finding, refusals: 0, times}));
    },
    refuse: (rsgUid, cloneUid, {message, ...finding}) => {
      change(rsgUid, cloneUid, ({refusals, times}) => {
        const retryAt = clock.now() + backoffMs(refusals, REFUSED, random);
        return {finding: {...finding, fields: [], refused: {message, retryAt}}, refusals: refusals + 1, times};
      });
    },
    putBack: (rsgUid, cloneUid, fields) => {
      const now = clock.now();
      change(rsgUid, cloneUid, (before) => {
        const recent = [...before.times].map(([field, all]) => [field, all.filter((at) => at > now - CONTEST_MS)] as const);
        const times = new Map(recent.filter(([, all]) => all.length > 0));
        for (const field of fields) times.set(field, [...(times.get(field) ?? []), now].slice(-CONTESTS));
        return {...before, times};
      });
    },
    keep: (rsgUid, cloneUids) => {
      const entries = byRsg.get(rsgUid);
      for (const uid of entries?.keys() ?? []) if (!cloneUids.has(uid)) entries?.delete(uid);
      if (entries?.size === 0) byRsg.delete(rsgUid);
    },
  };
}

function contestIn(times: Entry['times']): Contest | undefined {
  for (const [field, all] of times) {
    const [first, last] = [all[0], all[CONTESTS - 1]];
    if (first !== undefined && last !== undefined && last - first < CONTEST_MS) return {field, until: last + CONTEST_MS};
  }
  return undefined;
}
