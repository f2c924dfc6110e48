/**
 * Which groups may be changed now. With `Rolling` at most `maxUnavailableGroups` at a time: one that was changed and is not available yet
 * keeps its place, so a bad change stops at the first groups it breaks. Pure.
 */
import type {Rsg} from '../api/schema.ts';

export interface RolloutGroup {
  readonly id: string;
  readonly index: number;
  readonly available: boolean;
  /** Has to be changed in a way that may take it down for a while. */
  readonly due: boolean;
}

export interface RolloutLimits {
  readonly sync: Pick<Rsg['spec']['sync'], 'rollout' | 'maxUnavailableGroups'>;
  readonly minAvailableGroups: number;
  /** Available groups at this moment, the originals included, less those chosen to go. */
  readonly availableGroups: number;
}

export interface RolloutChoice {
  readonly chosen: readonly string[];
  /** Why not all that are due were chosen. */
  readonly waitsFor?: string;
}

/** Those that are down already first, then in the order of their IDs' indices. */
export function chooseGroups(groups: readonly RolloutGroup[], {sync, minAvailableGroups, availableGroups}: RolloutLimits): RolloutChoice {
  const due = groups.filter((group) => group.due).sort((a, b) => Number(a.available) - Number(b.available) || a.index - b.index);
  if (sync.rollout === 'Parallel') return {chosen: due.map(({id}) => id)};
  const busy = groups.filter((group) => !group.due && !group.available);
  const chosen: string[] = [];
  let left = availableGroups;
  for (const {id, available} of due) {
    if (busy.length + chosen.length >= sync.maxUnavailableGroups) {
      const waiting = [...busy.map((group) => group.id), ...chosen].slice(0, 10).join(', ');
      return {chosen, waitsFor: `${waiting} to be available (sync.maxUnavailableGroups is ${String(sync.maxUnavailableGroups)})`};
    }
    if (available && left - 1 < minAvailableGroups) {
      return {chosen, waitsFor: `more available groups than scaleIn.minAvailableGroups (${String(minAvailableGroups)})`};
    }
    left -= available ? 1 : 0;
    chosen.push(id);
  }
  return {chosen};
}
