/**
 * The history tells of every removal, also of one whose chooser ended before it could write the status: the marks say what was chosen and
 * when. A mark goes only after that is stored. That the originals are brought back is stored before it is done. Pure.
 */
import {sameJson} from '../api/canonical.ts';
import type {HistoryEntry, Rsg} from '../api/schema.ts';
import type {Draft} from './draft.ts';
import type {Removal, Snapshot} from './model.ts';
import {reasonFor} from './scale-in.ts';
import {MAX_HISTORY, MAX_LISTED} from './status.ts';

/** Adds what the marks say and the history does not. */
export function tellRemovals(draft: Draft): void {
  const {view, snapshot} = draft;
  const history = snapshot.rsg.status.history ?? [];
  const untold = view.removals.filter((removal) => !isTold(removal, history));
  for (const [since, removals] of Map.groupBy(untold, (removal) => removal.since)) {
    const removed = removals.map(({group}) => group);
    const reason = `${reasonFor(draft, removed)}, chosen before the controller was started again`;
    const left = view.existing.length;
    draft.scalings.push({at: since, from: left + removed.length, to: left, removed, reason});
    draft.notices.push({type: 'Normal', reason: 'ScalingIn', message: `removing ${removed.join(', ')}: ${reason}`});
  }
}

/** What is older than a history that is full was told, and has left it since. */
function isTold({group, since}: Removal, history: readonly HistoryEntry[]): boolean {
  const [oldest] = history;
  if (history.length >= MAX_HISTORY && oldest !== undefined && Date.parse(since) <= Date.parse(oldest.time)) return true;
  return history.some(({time, removed = []}) => time === since && (removed.includes(group) || removed.length >= MAX_LISTED));
}

/** Whether what the history says last of the originals is that they are brought back. */
export function isReturnTold({view: {originId}, snapshot: {rsg}}: Draft): boolean {
  const names = ({added = [], removed = []}: HistoryEntry): boolean =>
    added.includes(originId) || removed.includes(originId) || removed.length >= MAX_LISTED;
  return rsg.status.history?.findLast(names)?.added?.includes(originId) === true;
}

/** A mark is about to go, and the stored status does not tell yet of what it marked. */
export function forgetsUntold({snapshot, view, removing, scalings}: Draft): boolean {
  const goes = view.removals.some(({group}) => !removing.some((one) => one.group === group));
  return goes && (snapshot.historyUnsaved === true || scalings.some(({at}) => at !== undefined));
}

/** The RSG as stored, with the history of the rounds so far, of which only the last status is written. */
export function withHistory(stored: Rsg, history: Rsg['status']['history']): Pick<Snapshot, 'rsg' | 'historyUnsaved'> {
  if (history === undefined) return {rsg: stored};
  const historyUnsaved = !sameJson(history, stored.status.history ?? []);
  return {rsg: {...stored, status: {...stored.status, history}}, historyUnsaved};
}
