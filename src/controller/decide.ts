/**
 * All rules in one pure function: from what is, to what to do now and what to tell. Run again after its actions it comes closer, until it
 * has none; so it may be stopped and started anew between any two writes.
 */
import {FINALIZER} from '../api/labels.ts';
import {isPodRunning} from '../api/workload.ts';
import {bind} from './bind.ts';
import {keepCompanions, removeCompanions} from './companions.ts';
import {cleanUp} from './deletion.ts';
import {draftOf, type Draft} from './draft.ts';
import {drainSince} from './drain.ts';
import {metricsCondition} from './metrics-condition.ts';
import type {Action, Decision, Notice, Snapshot} from './model.ts';
import {drainLabels, representatives} from './pod-labels.ts';
import {remember} from './remember.ts';
import {progressRemovals} from './removal.ts';
import {removalsOf, removalsText} from './removal-marks.ts';
import {scale} from './scale.ts';
import {statusOf} from './status.ts';
import {synchronise} from './sync.ts';
import {forgetsUntold, tellRemovals} from './untold.ts';

/** `now` in milliseconds since the epoch. */
export function decide(snapshot: Snapshot, now: number): Decision {
  const {rsg} = snapshot;
  const draft = draftOf(snapshot, now);
  if (rsg.metadata.deletionTimestamp !== undefined) {
    cleanUp(draft);
    return finish(draft, withMark(draft, draft.actions));
  }
  tellRemovals(draft);
  bind(draft);
  progressRemovals(draft);
  scale(draft);
  keepCompanions(draft);
  synchronise(draft);
  removeCompanions(draft);
  remember(draft);
  metricsCondition(draft);
  const remaining = draft.view.existing.filter((group) => !draft.removing.some(({group: id}) => id === group.id));
  const labels = representatives(
    draft,
    remaining.map((group) => group.id),
  );
  if (rsg.spec.paused) return finish(draft, labels);
  // Without the finalizer a deletion would leave the originals parked.
  if (!(rsg.metadata.finalizers ?? []).includes(FINALIZER)) return finish(draft, [{do: 'finalizer', present: true}]);
  return finish(draft, [...withMark(draft, [...drainLabels(draft), ...draft.actions]), ...labels]);
}

/** A changed mark is written first and alone: what follows from it is decided once it is stored. */
function withMark(draft: Draft, actions: readonly Action[]): readonly Action[] {
  const changed = removalsText(draft.removing) !== removalsText(removalsOf(draft.snapshot.rsg));
  return changed ? [{do: 'mark', removing: draft.removing}] : actions;
}

function finish(draft: Draft, actions: readonly Action[]): Decision {
  const {rsg} = draft.snapshot;
  const paused = rsg.spec.paused && rsg.metadata.deletionTimestamp === undefined;
  const first = actions[0]?.do;
  const told = paused || first === 'finalizer' ? [] : draft.notices;
  const storesFirst = first === 'mark' && (givesUpReserved(draft) || forgetsUntold(draft));
  if (paused || first === 'mark' || first === 'finalizer') forgetPlanned(draft, first === 'mark' && !storesFirst);
  if (storesFirst) draft.reserve = true;
  const status = statusOf(draft);
  // IDs are written down before anything is created under them.
  return {
    actions: draft.reserve ? [{do: 'reserve', status}] : actions,
    status,
    notices: [...told, ...conditionNotices(draft, status)],
    probes: [...draft.probes].map((group) => ({
      group,
      pods: draft.snapshot.pods.filter((one) => one.group === group && isPodRunning(one.pod)),
      drainSince: drainSince(draft.removing.find((one) => one.group === group)),
    })),
    ...(draft.dueAt === undefined ? {} : {requeueAfterMs: Math.max(0, draft.dueAt - draft.now)}),
  };
}

/** The mark of a removal that is over may go only when the status no longer calls its ID reserved: else it would be used again. */
function givesUpReserved({snapshot: {rsg}, removing}: Draft): boolean {
  const {pendingGroups = []} = rsg.status;
  return removalsOf(rsg).some(({group}) => pendingGroups.includes(group) && !removing.some((one) => one.group === group));
}

/** What is only planned for a later round must not be remembered as done. */
function forgetPlanned(draft: Draft, marking: boolean): void {
  const {status} = draft.snapshot.rsg;
  draft.pending = draft.view.groups.filter((group) => group.pending).map((group) => group.id);
  draft.nextIndex = status.nextGroupIndex ?? draft.nextIndex;
  draft.reserve = false;
  if (!marking) draft.removing = [...draft.view.removals];
  const kept = draft.scalings.filter(({at, removed}) => at !== undefined || (marking && removed !== undefined));
  draft.scalings.splice(0, draft.scalings.length, ...kept);
}

const TOLD_REASONS = new Set(['ReadyTimeout', 'CreateRefused', 'NameTaken', 'SyncRefused']);
const TOLD = {
  TargetsBound: 'False',
  ScaleInHeld: 'True',
  AutoscalerConflict: 'True',
  OriginContested: 'True',
  SyncContested: 'True',
} as const;

/** A condition that turned bad, or is bad for another reason, is an event as well. */
function conditionNotices(draft: Draft, status: Decision['status']): Notice[] {
  const before = new Map((draft.snapshot.rsg.status.conditions ?? []).map((one) => [one.type, `${one.status} ${one.message}`]));
  return (status.conditions ?? [])
    .filter((one) => Object.entries(TOLD).some(([type, bad]) => one.type === type && one.status === bad) || TOLD_REASONS.has(one.reason))
    .filter((one) => before.get(one.type) !== `${one.status} ${one.message}`)
    .map(({reason, message}) => ({type: 'Warning', reason, message}));
}
