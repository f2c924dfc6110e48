/**
 * Follows each group from the moment it is seen draining: which requests it held then, which of them ended, which were cut, and whether the
 * last one had ended when the group's pods were let go. Pure, but for what it remembers.
 */
import type {GroupSeen} from './observation.ts';

export interface Drain {
  readonly group: string;
  /** Requests that the group held when it was first seen draining. */
  readonly inFlight: number;
  readonly ended: number;
  readonly cut: number;
  /** From then until the last of them had ended, in milliseconds. */
  readonly lastedMs: number;
  /** Requests that it still held when the drain was over. */
  readonly heldAtTheEnd: number;
}

export interface DrainLook {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly groups: readonly Pick<GroupSeen, 'id' | 'phase'>[];
  /** Ids of the requests that the engines of a group hold, by group. */
  readonly held: ReadonlyMap<string, readonly number[]>;
}

export interface Drains {
  look(now: DrainLook): void;
  /** Those that are over and led to a removal, with what became of their requests. */
  seen(cut: ReadonlySet<number>): Drain[];
}

interface Open {
  readonly since: number;
  /** Held when it began, and held at the last look. */
  readonly requests: readonly number[];
  readonly left: readonly number[];
  readonly lastHeldAt: number;
}

export function createDrains(): Drains {
  const open = new Map<string, Open>();
  const over: (Open & {readonly group: string})[] = [];
  const begin = (at: number, requests: readonly number[]): Open => ({since: at, requests, left: requests, lastHeldAt: at});
  return {
    look: ({at, groups, held}) => {
      const phases = new Map(groups.map(({id, phase}) => [id, phase]));
      for (const [id, phase] of phases) if (phase === 'Draining' && !open.has(id)) open.set(id, begin(at, held.get(id) ?? []));
      for (const [group, before] of open) {
        const holds = new Set(held.get(group));
        const left = before.requests.filter((request) => holds.has(request));
        const now = {...before, left, lastHeldAt: left.length > 0 ? at : before.lastHeldAt};
        const phase = phases.get(group);
        if (phase === 'Draining') open.set(group, now);
        else open.delete(group);
        // One that is wanted again before the end of its drain was not removed.
        if (phase !== 'Draining' && phase !== 'Available') over.push({...now, group});
      }
    },
    seen: (cut) =>
      over.map(({group, since, requests, left, lastHeldAt}) => {
        const lost = requests.filter((request) => cut.has(request)).length;
        const counts = {inFlight: requests.length, ended: requests.length - lost, cut: lost, heldAtTheEnd: left.length};
        return {group, ...counts, lastedMs: lastHeldAt - since};
      }),
  };
}
