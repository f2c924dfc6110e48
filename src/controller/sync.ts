/**
 * Keeps clones the same as their originals. A changed source reaches them group by group (`rollout.ts`), what was changed on a clone is
 * put back, what cannot be changed in place is replaced. Groups that are being made, drained or deleted are never touched. Pure.
 */
import {stateOf, wantedForm, type CloneState, type Pairing} from './clone-state.ts';
import {memberAutoscalers} from './conflict.ts';
import {sourceName} from './clone.ts';
import {again, condition, type Draft} from './draft.ts';
import type {CloneChange} from './model.ts';
import {chooseGroups, type RolloutChoice} from './rollout.ts';
import {replaceMembers, removeLeftovers} from './replacement.ts';
import {contestOf, syncCondition, tellContests} from './sync-report.ts';
import type {Group} from './view.ts';
import {isInTemplate} from '../api/workload.ts';

/** One clone of a group that counts. */
export interface Compared extends Pairing, CloneState {
  readonly group: Group;
}

export function synchronise(draft: Draft): void {
  const all = compare(draft);
  for (const one of all) draft.compared.set(one.clone.object.metadata.uid ?? '', one);
  tellContests(draft, all);
  const {mode} = draft.view.rsg.spec.sync;
  if (mode === 'Paused') {
    condition(draft, {
      type: 'Synced',
      status: 'Unknown',
      reason: 'SyncPaused',
      message: 'sync.mode is Paused: clones are left as they are',
    });
    return;
  }
  const {blocked} = draft;
  if (blocked?.reason === 'AmbiguousReference') {
    const message = 'what the originals say of each other is not clear (condition TargetsBound): clones are left as they are';
    condition(draft, {type: 'Synced', status: 'Unknown', reason: blocked.reason, message});
    return;
  }
  const unchecked = all.filter(({state}) => state === 'Unchecked');
  if (unchecked.length > 0) draft.actions.push({do: 'check', clones: unchecked.map((one) => changeOf(draft, one))});
  putBack(draft, all);
  const choice = roll(draft, all);
  removeLeftovers(draft);
  condition(draft, syncCondition(draft, all, choice));
}

function compare(draft: Draft): Compared[] {
  const {snapshot, view, removing} = draft;
  const sources = new Map(view.sources.map((source) => [source.name, source]));
  const scaled = new Set(memberAutoscalers(snapshot).map(({member}) => member));
  const leaving = new Set(removing.map(({group}) => group));
  const groups = view.existing.filter((group) => !leaving.has(group.id) && !draft.pending.includes(group.id));
  return groups.flatMap((group) =>
    group.clones.flatMap((clone): Compared[] => {
      const source = sources.get(clone.source);
      if (source === undefined) return [];
      const pairing = {clone, source, scaledByOther: scaled.has(sourceName(clone.object))};
      return [{group, ...pairing, ...stateOf(snapshot, pairing)}];
    }),
  );
}

function changeOf({view}: Draft, one: Compared): CloneChange {
  return {clone: one.clone, wanted: wantedForm(view.rsg, one), fields: one.fields};
}

/** A change of the pod template restarts pods, and so waits for its turn in the rollout. */
function takesDown({clone, state, fields, finding}: Compared): boolean {
  if (state === 'Outdated') return true;
  return state === 'Drifted' && (finding?.immutable === true || fields.some((field) => isInTemplate(clone, field)));
}

/** Neither refused lately nor given up to whoever else keeps changing it. */
function mayWrite(draft: Draft, one: Compared): boolean {
  const waits = [one.finding?.refused?.retryAt, contestOf(draft, one)?.until].filter((at) => at !== undefined && at > draft.now);
  for (const at of waits) again(draft, (at ?? draft.now) - draft.now);
  return waits.length === 0;
}

/** What was changed on a clone and takes nothing down goes back at once. */
function putBack(draft: Draft, all: readonly Compared[]): void {
  const drifted = all.filter((one) => one.state === 'Drifted' && !takesDown(one) && mayWrite(draft, one));
  write(draft, drifted);
}

function write(draft: Draft, compared: readonly Compared[]): void {
  if (compared.length === 0) return;
  draft.actions.push({do: 'update', clones: compared.map((one) => changeOf(draft, one))});
  for (const {clone, fields} of compared) {
    if (fields.length === 0) continue;
    const message = `${sourceName(clone.object)}: ${fields.join(', ')} was changed on the clone and is put back as its original has it; change the original, or name the field in sync.ignore`;
    draft.notices.push({type: 'Normal', reason: 'DriftReverted', message});
  }
}

function roll(draft: Draft, all: readonly Compared[]): RolloutChoice {
  const {view} = draft;
  const due = all.filter((one) => takesDown(one) && mayWrite(draft, one));
  const start = originWaits(draft) ? due.filter(({state}) => state === 'Drifted') : due;
  const dueGroups = new Set(start.map(({group}) => group.id));
  const leaving = new Set(draft.removing.map(({group}) => group));
  const counted = view.existing.filter((group) => !leaving.has(group.id));
  const choice = chooseGroups(
    counted.filter((group) => !group.origin).map((group) => ({...group, due: dueGroups.has(group.id)})),
    {
      sync: view.rsg.spec.sync,
      minAvailableGroups: view.rsg.spec.scaleIn.minAvailableGroups,
      availableGroups: counted.filter((group) => group.available).length,
    },
  );
  for (const id of choice.chosen)
    change(
      draft,
      start.filter(({group}) => group.id === id),
    );
  if (due.length > start.length) return {...choice, waitsFor: `${view.originId} to be available in its new form`};
  return choice;
}

/** The originals go first: a change that breaks them reaches no clone. With `Parallel` nothing waits. */
function originWaits({view}: Draft): boolean {
  const origin = view.groups.find((group) => group.origin);
  const serving = view.origin === 'serving' || view.origin === 'contested';
  return view.rsg.spec.sync.rollout === 'Rolling' && serving && origin?.available === false;
}

function change(draft: Draft, members: readonly Compared[]): void {
  const [first] = members;
  if (first === undefined) return;
  const stuck = members.filter(({finding}) => finding?.immutable === true);
  const rest = members.filter((one) => !stuck.includes(one));
  write(draft, rest);
  if (stuck.length > 0)
    replaceMembers(
      draft,
      first.group,
      stuck.map(({clone}) => clone),
    );
  draft.plan.push(`bring ${first.group.id} to the form of the originals`);
}
