/** The status that a user and an autoscaler read, made of a finished draft. Nothing in it moves with time or load alone. */
import type {KubeObject} from '../api/objects.ts';
import type {GroupStatus, HistoryEntry, MemberStatus, Phase, RsgStatus} from '../api/schema.ts';
import {withConditions} from '../api/conditions.ts';
import {scaleSelector} from '../scale-subresource/selector.ts';
import {recordedGeneration} from './clone-state.ts';
import {summaryConditions} from './condition-rules.ts';
import {stamp, type Draft, type Scaling} from './draft.ts';
import type {Live} from './model.ts';
import {victimOrder} from './scale-in.ts';
import {reportList} from './victims.ts';
import {hasPods, type Group} from './view.ts';
import {readyReplicasOf, replicasOf} from '../api/workload.ts';

/** What bounds the size of a status whatever the number and the names of groups: well below the 1 MiB that clients expect of an object. */
const MAX_GROUPS = 500;
const MAX_MEMBERS = 1500;
export const MAX_HISTORY = 10;
const MAX_NAMED = 10;
export const MAX_LISTED = 100;
const MAX_SUMMARY = 1024;

export function statusOf(draft: Draft): RsgStatus {
  const {view, snapshot} = draft;
  const before = snapshot.rsg.status;
  const groups = view.groups.filter((group) => !draft.pending.includes(group.id)).flatMap((group) => groupStatus(draft, group) ?? []);
  const leaving = new Set([...draft.pending, ...draft.removing.map(({group}) => group)]);
  const existing = view.existing.filter((group) => !leaving.has(group.id));
  const shown = firstOf(groups);
  const deleting = groups.filter(({phase}) => phase === 'Deleting').length;
  const parking = view.origin === 'parked' && hasPods(view.originals) ? 1 : 0;
  const generation = snapshot.rsg.metadata.generation ?? 0;
  const history = [...(before.history ?? []), ...draft.scalings.map((scaling) => historyEntry(draft, scaling))];
  const known = new Set([view.originId, ...view.groups.map((group) => group.id)]);
  const list = reportList(known, snapshot.rsg.spec.scalingGroupTask.sortedGroupList);
  return {
    observedGeneration: generation,
    replicas: existing.length,
    readyReplicas: existing.filter((group) => group.ready).length,
    availableReplicas: existing.filter((group) => group.available).length,
    drainingReplicas: groups.filter(({phase}) => phase === 'Draining').length,
    terminatingReplicas: deleting + parking,
    selector: scaleSelector(snapshot.rsg.metadata.name),
    nextGroupIndex: draft.nextIndex,
    ...optional('pendingGroups', draft.pending),
    groups: shown,
    ...(groups.length > shown.length ? {omittedGroups: groups.length - shown.length} : {}),
    ratio: ratioOf(draft, groups),
    plan: planOf(draft),
    sortedGroupList: {
      ...optional('unknown', list.unknown.slice(0, MAX_LISTED)),
      ...optional('duplicates', list.duplicates.slice(0, MAX_LISTED)),
    },
    history: history.slice(-MAX_HISTORY),
    conditions: withConditions(before.conditions ?? [], [...draft.conditions.values(), ...summaryConditions(draft, existing)], {
      now: stamp(draft),
      generation,
    }),
  };
}

/** As many groups as there is room for, from the first on. */
function firstOf(groups: readonly GroupStatus[]): GroupStatus[] {
  let members = 0;
  return groups.slice(0, MAX_GROUPS).filter((group) => {
    members += group.members.length;
    return members <= MAX_MEMBERS;
  });
}

function historyEntry(draft: Draft, {at = stamp(draft), added, removed, ...scaling}: Scaling): HistoryEntry {
  const named = (ids: readonly string[] | undefined): readonly string[] => ids?.slice(0, MAX_LISTED) ?? [];
  return {time: at, ...scaling, ...optional('added', named(added)), ...optional('removed', named(removed))};
}

function optional<K extends string>(key: K, values: readonly string[]): Partial<Record<K, string[]>> {
  const result: Partial<Record<K, string[]>> = {};
  if (values.length > 0) result[key] = [...values];
  return result;
}

function groupStatus(draft: Draft, group: Group): GroupStatus | undefined {
  const before = draft.snapshot.rsg.status.groups?.find(({id}) => id === group.id);
  const phase = phaseOf(draft, group, before?.phase);
  const clones = group.clones.length > 0 ? group.clones : group.terminating;
  const members: readonly (Live & {role: string})[] = group.origin ? draft.view.originals : clones;
  if (members.length === 0) return undefined;
  return {
    id: group.id,
    ...(group.origin ? {origin: true} : {}),
    phase,
    // Losing a member is a change too: repair waits from here.
    since: before?.phase === phase && before.members.length === members.length ? before.since : stamp(draft),
    members: members.map((member) => memberStatus(draft, group, member)),
  };
}

function memberStatus(draft: Draft, group: Group, member: Live & {role: string}): MemberStatus {
  const {kind, metadata} = member.object;
  return {
    role: member.role,
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    replicas: replicasOf(member),
    readyReplicas: readyReplicasOf(member),
    ...(group.origin ? {} : syncStatus(draft, group, member.object)),
  };
}

/** The generation moves on only when the clone is known to be in sync, so that what happens to it meanwhile is noticed. */
function syncStatus({compared, snapshot}: Draft, {id}: Group, object: KubeObject): Pick<MemberStatus, 'synced' | 'generation'> {
  const state = compared.get(object.metadata.uid ?? '')?.state;
  const recorded = recordedGeneration(snapshot.rsg, {group: id, object});
  const generation = state === 'InSync' ? object.metadata.generation : recorded;
  return {...(state === undefined ? {} : {synced: state === 'InSync'}), ...(generation === undefined ? {} : {generation})};
}

function phaseOf({view, removing}: Draft, group: Group, before: Phase | undefined): Phase {
  const removal = removing.find((one) => one.group === group.id);
  if (removal !== undefined) return removal.phase;
  if (group.origin && (view.origin === 'parked' || view.origin === 'partly-parked')) return 'Parked';
  if (!group.origin && group.clones.length === 0) return 'Deleting';
  if (group.available) return 'Available';
  // Whoever sums up loads leaves out what was never available; a group whose drain was cancelled may hold requests.
  return before === 'Available' || before === 'Degraded' || before === 'Draining' ? 'Degraded' : 'Creating';
}

const text = (members: readonly MemberStatus[]): string => members.map((member) => String(member.replicas)).join(':');

function ratioOf({view}: Draft, groups: readonly GroupStatus[]): {wanted: string; observed: string} {
  const serving = groups.filter(({phase}) => phase !== 'Parked' && phase !== 'Deleting' && phase !== 'Draining');
  const order = view.sources.map((source) => source.role);
  const sorted = serving.map(({members}) => [...members].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role)));
  const observed = [...new Set(sorted.map(text))];
  return {wanted: view.sources.map((source) => String(source.replicas)).join(':'), observed: observed.slice(0, MAX_NAMED).join(', ')};
}

function cut(words: string): string {
  return words.length > MAX_SUMMARY ? `${words.slice(0, MAX_SUMMARY - 1)}…` : words;
}

function planOf(draft: Draft): NonNullable<RsgStatus['plan']> {
  const {view} = draft;
  const remove = draft.removing.map(({group}) => group);
  const {whenListEnds} = view.rsg.spec.scaleIn;
  const {sortedGroupList} = view.rsg.spec.scalingGroupTask;
  // Load moves all the time; a plan that named the least loaded group would be written all the time.
  const later = whenListEnds === 'LeastLoaded';
  const victims = victimOrder(draft).filter(({id}) => !remove.includes(id) && (!later || sortedGroupList.includes(id)));
  return {
    summary: draft.plan.length === 0 ? 'nothing to do' : cut(draft.plan.join('; ')),
    ...optional('create', draft.pending),
    ...optional('remove', remove),
    ...optional(
      'nextVictims',
      victims.slice(0, MAX_NAMED).map(({id}) => id),
    ),
    ...(later ? {thenBy: 'LeastLoaded, chosen when needed'} : {}),
  };
}
