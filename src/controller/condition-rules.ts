/** Conditions that sum up: the others are set by the step that knows. */
import type {ConditionInput} from '../api/conditions.ts';
import {again, type Draft} from './draft.ts';
import type {Group} from './view.ts';
import {podsOf, replicasOf} from '../api/workload.ts';

export function summaryConditions(draft: Draft, existing: readonly Group[]): ConditionInput[] {
  const {view} = draft;
  return [available(view.rsg.spec.replicas, existing), progressing(draft, existing), contested(draft), paused(view.rsg.spec.paused)];
}

function available(wanted: number, existing: readonly Group[]): ConditionInput {
  const missing = existing.filter((group) => !group.available).map((group) => group.id);
  if (existing.length < wanted)
    return {type: 'Available', status: 'False', reason: 'GroupsMissing', message: 'fewer groups exist than are wanted'};
  if (missing.length === 0) return {type: 'Available', status: 'True', reason: 'GroupsAvailable', message: 'every group is available'};
  return {type: 'Available', status: 'False', reason: 'GroupsUnavailable', message: `not available: ${missing.slice(0, 20).join(', ')}`};
}

function progressing(draft: Draft, existing: readonly Group[]): ConditionInput {
  const {pending, removing, plan, snapshot} = draft;
  const short = existing.filter((group) => group.clones.some((clone) => podsOf(clone) < replicasOf(clone)));
  const refused = [...pending, ...short.map(({id}) => id)].flatMap((id) => {
    const refusal = snapshot.refusals.get(id);
    return refusal === undefined ? [] : [`${id}: ${refusal.message}`];
  });
  if (refused.length > 0) return {type: 'Progressing', status: 'False', reason: 'CreateRefused', message: refused.join('; ')};
  if (draft.nameTaken.length > 0) return {type: 'Progressing', status: 'False', reason: 'NameTaken', message: draft.nameTaken.join('; ')};
  const late = lateGroups(draft, existing);
  if (late.length > 0) {
    const message = `not available within scaleOut.readyTimeoutSeconds: ${late.join(', ')}; kubectl describe its workloads`;
    return {type: 'Progressing', status: 'False', reason: 'ReadyTimeout', message};
  }
  const busy = pending.length + removing.length > 0 || existing.some((group) => !group.available);
  if (busy)
    return {type: 'Progressing', status: 'True', reason: 'Scaling', message: plan.length === 0 ? 'groups are starting' : plan.join('; ')};
  return {type: 'Progressing', status: 'False', reason: 'Settled', message: 'nothing is being created or removed'};
}

/** Only reported, never removed: models load for minutes. */
function lateGroups(draft: Draft, existing: readonly Group[]): string[] {
  const timeoutMs = draft.view.rsg.spec.scaleOut.readyTimeoutSeconds * 1000;
  if (timeoutMs === 0) return [];
  const before = new Map(draft.snapshot.rsg.status.groups?.map((group) => [group.id, group]));
  return existing.flatMap((group) => {
    const known = before.get(group.id);
    if (group.available || known?.phase !== 'Creating') return [];
    const leftMs = Date.parse(known.since) + timeoutMs - draft.now;
    if (leftMs > 0) again(draft, leftMs);
    return leftMs > 0 ? [] : [group.id];
  });
}

function contested({view}: Draft): ConditionInput {
  if (view.origin !== 'contested')
    return {type: 'OriginContested', status: 'False', reason: 'NotContested', message: 'nothing else scales the originals'};
  const names = view.originals.filter((source) => !source.parked).map((source) => source.name);
  const message = `${names.join(', ')} was parked and scaled up again by something else, repeatedly: ${view.originId} counts as existing and is not parked; find what scales it (GitOps, a schedule) and stop that`;
  return {type: 'OriginContested', status: 'True', reason: 'ScaledByOther', message};
}

function paused(on: boolean): ConditionInput {
  if (on)
    return {type: 'Paused', status: 'True', reason: 'Paused', message: 'spec.paused is true: the plan is computed, nothing is changed'};
  return {type: 'Paused', status: 'False', reason: 'Active', message: 'the plan is carried out'};
}
