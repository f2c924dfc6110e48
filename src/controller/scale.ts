/** From wanted to existing: which groups are made, brought back or chosen to go. */
import {ANNOTATIONS} from '../api/labels.ts';
import {memberAutoscalers} from './conflict.ts';
import {scaleIn} from './scale-in.ts';
import {again, condition, MAX_MADE_AT_ONCE, stamp, type Draft} from './draft.ts';
import {makeClone} from './clone.ts';
import {cloneName} from './clone-name.ts';
import {writeCompanions} from './companions.ts';
import {groupIdOf} from './group-id.ts';
import type {NewGroup} from './model.ts';
import type {Group} from './view.ts';
import {podRefusal} from './refusal.ts';
import {isReturnTold} from './untold.ts';
import {kindOf} from '../api/workload.ts';

export function scale(draft: Draft): void {
  const {rsg, existing} = draft.view;
  const wanted = rsg.spec.replicas;
  reportConflict(draft);
  takeBackRefused(draft);
  const kept = existing.filter((group) => !draft.pending.includes(group.id));
  const surplus = kept.length + draft.pending.length - wanted;
  if (surplus > 0) dropPending(draft, Math.min(surplus, draft.pending.length));
  scaleIn(draft, kept.length - wanted);
  if (surplus < 0) scaleOut(draft, -surplus);
  createMissing(draft);
}

/** Half-made groups that are no longer wanted go first, the newest first; an ID is given up once nothing of it is left. */
function dropPending(draft: Draft, count: number): void {
  for (const id of draft.pending.slice(draft.pending.length - count)) {
    const group = draft.view.groups.find((one) => one.id === id);
    if (group !== undefined && group.clones.length > 0) draft.actions.push({do: 'delete', group: id, clones: group.clones});
    if (group === undefined || group.clones.length + group.terminating.length === 0)
      draft.pending = draft.pending.filter((one) => one !== id);
    draft.plan.push(`take back ${id}, which is not complete and no longer wanted`);
  }
}

/** Cancels drains, last chosen first; then brings the originals back; then reserves new IDs. */
function scaleOut(draft: Draft, needed: number): void {
  const {view} = draft;
  let missing = needed;
  const drains = draft.removing.filter((removal) => removal.phase === 'Draining');
  const kept = drains.slice(Math.max(0, drains.length - missing)).map((removal) => removal.group);
  if (kept.length > 0) {
    draft.removing = draft.removing.filter((removal) => !kept.includes(removal.group));
    draft.plan.push(`keep ${kept.join(', ')}, whose removal is cancelled`);
    draft.notices.push({
      type: 'Normal',
      reason: 'DrainCancelled',
      message: `${kept.join(', ')} ${kept.length === 1 ? 'stays' : 'stay'}: more groups are wanted again`,
    });
    missing -= kept.length;
  }
  const originGoing = draft.removing.some((removal) => removal.group === view.originId);
  if (missing > 0 && view.origin === 'parked' && !originGoing) {
    for (const source of view.originals) draft.actions.push({do: 'restore', on: source, replicas: source.replicas});
    if (!isReturnTold(draft)) {
      // Told before it is done: afterwards nothing would show that they had been away.
      record(draft, {added: [view.originId], reason: 'the originals are brought back'});
      draft.reserve = true;
    }
    missing -= 1;
  }
  if (missing <= 0 || !mayCreate(draft)) return;
  const room = Math.min(missing, MAX_MADE_AT_ONCE - draft.pending.length);
  if (room < missing)
    draft.plan.push(`then create ${String(missing - Math.max(room, 0))} more, at most ${String(MAX_MADE_AT_ONCE)} at a time`);
  if (room <= 0) return;
  const ids = Array.from({length: room}, (_, at) => groupIdOf(view.originId, draft.nextIndex + at));
  draft.nextIndex += room;
  draft.pending.push(...ids);
  draft.reserve = true;
  record(draft, {added: ids, reason: `${String(view.rsg.spec.replicas)} groups are wanted`});
}

function record(draft: Draft, {added, reason}: {added: string[]; reason: string}): void {
  draft.scalings.push({from: draft.view.existing.length, to: draft.view.rsg.spec.replicas, added, reason});
  draft.notices.push({type: 'Normal', reason: 'ScalingOut', message: `adding ${added.join(', ')}: ${reason}`});
}

/** False while no further group may be made; the plan says why. */
function mayCreate(draft: Draft): boolean {
  if (!draft.view.bound) {
    draft.plan.push('create nothing: not every target is bound (condition TargetsBound)');
    return false;
  }
  if (draft.blocked !== undefined) {
    draft.plan.push(`create nothing: ${draft.blocked.reason} (condition TargetsBound)`);
    return false;
  }
  const conflict = draft.conditions.get('AutoscalerConflict')?.status === 'True';
  if (conflict && !draft.view.rsg.spec.allowMemberAutoscaler) {
    draft.plan.push('create nothing: another autoscaler targets a member (condition AutoscalerConflict)');
    return false;
  }
  return true;
}

/** An HPA or ScaledObject on one member counts every group's pods, and would run away with them. */
function reportConflict(draft: Draft): void {
  const found = memberAutoscalers(draft.snapshot);
  if (found.length === 0) {
    condition(draft, {type: 'AutoscalerConflict', status: 'False', reason: 'NoConflict', message: 'no other autoscaler targets a member'});
    return;
  }
  const names = found
    .map(({kind, name, targetKind, targetName}) => `${kind} ${name} targets ${targetKind}/${targetName}`)
    .sort()
    .join('; ');
  const allowed = draft.view.rsg.spec.allowMemberAutoscaler;
  const effect = allowed
    ? 'groups are created all the same, as allowMemberAutoscaler says'
    : 'no further group is created: delete it, or set allowMemberAutoscaler';
  const message = `${names}; ${effect}`;
  condition(draft, {type: 'AutoscalerConflict', status: 'True', reason: allowed ? 'Allowed' : 'MemberHasAutoscaler', message});
}

/** A group whose pods have been refused for a while, and which never served, is taken back and retried under its own ID. */
function takeBackRefused(draft: Draft): void {
  for (const group of draft.view.groups) {
    if (group.origin || group.removal !== undefined || group.clones.length === 0) continue;
    if (group.available || phaseBefore(draft, group) !== 'Creating') continue;
    const refusal = podRefusal(group.clones, draft.snapshot.failedCreates, draft.now);
    if (refusal === undefined) continue;
    if (refusal.inMs > 0) again(draft, refusal.inMs);
    else {
      // Its ID is written down as reserved first: without that, once deleted, it would be taken for a group that somebody removed.
      const reserved = draft.snapshot.rsg.status.pendingGroups?.includes(group.id) === true;
      if (reserved) draft.actions.push({do: 'delete', group: group.id, clones: group.clones, refused: refusal.message});
      else draft.reserve = true;
      if (!draft.pending.includes(group.id)) draft.pending.push(group.id);
      draft.plan.push(`take ${group.id} back, whose pods are refused, and try it again: ${refusal.message}`);
    }
  }
}

const NAME_CHECK_MS = 30_000;

/** One that status does not know was just made, unless status had no room for it: then it may have served. */
function phaseBefore({snapshot}: Draft, {id}: Group): string {
  const {groups, omittedGroups = 0} = snapshot.rsg.status;
  return groups?.find((one) => one.id === id)?.phase ?? (omittedGroups > 0 ? 'Degraded' : 'Creating');
}

function createMissing(draft: Draft): void {
  const groups: NewGroup[] = [];
  const deleting = new Set(draft.actions.flatMap((action) => (action.do === 'delete' ? [action.group] : [])));
  const byId = new Map(draft.view.groups.map((group) => [group.id, group]));
  const ids = new Set([...draft.pending, ...draft.view.existing.filter((group) => group.missing.length > 0).map((group) => group.id)]);
  for (const id of ids) {
    const group = byId.get(id);
    // Without every original no new group is made, but what a group has lost comes back as its source was last.
    if (deleting.has(id) || draft.blocked !== undefined || (!draft.view.bound && draft.pending.includes(id))) continue;
    const burnt = foreignName(draft, id, group);
    if (burnt !== undefined && !draft.pending.includes(id)) {
      const why = `${burnt} exists and is not this RSG's, so ${id} cannot get back what it has lost: delete that, or the rest of ${id}`;
      draft.nameTaken.push(why);
      draft.plan.push(why);
      // Its end is news to whose it is, which may be another RSG.
      again(draft, NAME_CHECK_MS);
      continue;
    }
    if (burnt !== undefined) {
      draft.pending = draft.pending.filter((one) => one !== id);
      draft.reserve = true;
      draft.notices.push({type: 'Warning', reason: 'NameTaken', message: `${burnt} exists and is not this RSG's: ${id} is not used`});
      again(draft, 0);
      continue;
    }
    const refusal = draft.snapshot.refusals.get(id);
    if (refusal !== undefined && refusal.retryAt > draft.now) {
      again(draft, refusal.retryAt - draft.now);
      draft.plan.push(`try ${id} again: ${refusal.message}`);
    } else if (group !== undefined && group.terminating.length > 0) draft.plan.push(`create ${id} after what is left of it is gone`);
    else if (group !== undefined && justLost(draft, group)) draft.plan.push(`make again what ${id} has lost`);
    else groups.push({id, members: membersOf(draft, id, group)});
  }
  const making = groups.filter((group) => group.members.length > 0);
  if (making.length === 0) return;
  writeCompanions(
    draft,
    making.map(({id}) => id),
  );
  draft.actions.push({do: 'create', groups: making});
  draft.plan.push(`create ${making.map((group) => group.id).join(', ')}`);
}

/** Who deletes a group by hand deletes one member after the other: until all of them had time to go, none is made again. */
const REPAIR_AFTER_MS = 2_000;

function justLost(draft: Draft, group: Group): boolean {
  const before = draft.snapshot.rsg.status.groups?.find(({id}) => id === group.id);
  if (before === undefined || draft.pending.includes(group.id)) return false;
  const noticed = before.members.length === group.clones.length;
  const leftMs = noticed ? Date.parse(before.since) + REPAIR_AFTER_MS - draft.now : REPAIR_AFTER_MS;
  if (leftMs > 0) again(draft, leftMs);
  return leftMs > 0;
}

function membersOf(draft: Draft, id: string, group: Group | undefined): NewGroup['members'] {
  return (group?.missing ?? draft.view.sources).map((source) => {
    const object = makeClone(draft.view.rsg, source, {group: id, replicas: source.replicas, hash: source.hash});
    return {
      type: source.type,
      object: {
        ...object,
        metadata: {...object.metadata, annotations: {...object.metadata.annotations, [ANNOTATIONS.groupCreated]: stamp(draft)}},
      },
    };
  });
}

function foreignName(draft: Draft, id: string, group: Group | undefined): string | undefined {
  return (group?.missing ?? draft.view.sources)
    .map((source) => {
      const {kind, metadata} = source.object;
      return `${kind}/${metadata.namespace ?? ''}/${cloneName(metadata.name, id, kindOf(source).maxNameLength)}`;
    })
    .find((name) => draft.snapshot.foreign.has(name));
}
