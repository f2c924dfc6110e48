/** Carries out what the stored marks say: drain, then delete a clone group or park the originals. */
import type {Draft} from './draft.ts';
import {drained} from './drain.ts';
import type {Removal} from './model.ts';
import {contestsOf, parkedReplicasOf} from './parking.ts';
import {originKept, type Source} from './view.ts';
import {replicasOf} from '../api/workload.ts';

export function progressRemovals(draft: Draft): void {
  draft.removing = draft.view.removals.flatMap((removal) => {
    const next = removal.group === draft.view.originId ? removeOriginals(draft, removal) : removeClones(draft, removal);
    return next ?? [];
  });
  keepParked(draft);
}

/** The removal as it should be stored from now on; undefined when it is over. */
function removeClones(draft: Draft, removal: Removal): Removal | undefined {
  const group = draft.view.groups.find((one) => one.id === removal.group);
  if (group === undefined || group.clones.length + group.terminating.length === 0) return undefined;
  if (!drained(draft, removal)) return removal;
  draft.plan.push(`delete ${removal.group}`);
  // Acting on a phase that is only planned would delete what a crash makes forget was chosen.
  if (removal.phase === 'Deleting' && group.clones.length > 0) draft.actions.push({do: 'delete', group: group.id, clones: group.clones});
  return {...removal, phase: 'Deleting'};
}

function removeOriginals(draft: Draft, removal: Removal): Removal | undefined {
  const {view} = draft;
  if (view.origin === 'none' || view.origin === 'parked' || originKept(view) !== undefined) return undefined;
  if (!drained(draft, removal)) return removal;
  draft.plan.push(`park ${removal.group}`);
  if (removal.phase === 'Deleting') {
    for (const source of view.originals) if (!source.parked) park(draft, source, 0);
  }
  return {...removal, phase: 'Deleting'};
}

function park(draft: Draft, source: Source, contests: number): void {
  draft.actions.push({do: 'park', on: source, replicas: replicasOf(source), contests});
}

/** Completes a restore that broke off, and parks again what something else scaled up. */
function keepParked(draft: Draft): void {
  const {view} = draft;
  if (draft.removing.some((removal) => removal.group === view.originId)) return;
  if (view.origin === 'partly-parked') {
    for (const source of view.originals) if (source.parked) draft.actions.push({do: 'restore', on: source, replicas: source.replicas});
  }
  if (view.origin !== 'parked') return;
  for (const source of view.originals) {
    if (replicasOf(source) === 0 || parkedReplicasOf(source) === undefined) continue;
    park(draft, source, contestsOf(source) + 1);
    draft.notices.push({
      type: 'Warning',
      reason: 'OriginContested',
      message: `something scaled ${source.name} up while it is parked; it is parked again`,
    });
  }
}
