/** Which groups go, and what holds a scale-in back. */
import {again, condition, drainTimeoutMs, MAX_REMOVED_AT_ONCE, stamp, type Draft} from './draft.ts';
import type {Removal} from './model.ts';
import {originKept, type Group, type View} from './view.ts';
import {loadKnown, removalOrder} from './victims.ts';

/** Existing groups in the order in which they would go, those that are never taken left out. */
export function victimOrder(draft: Draft): readonly Group[] {
  const {view} = draft;
  const candidates = candidatesOf(view);
  const byId = new Map(candidates.map((group) => [group.id, group]));
  const loaded = candidates.map((group) => ({...group, requests: requestsOf(draft, group.id)}));
  const {sortedGroupList} = view.rsg.spec.scalingGroupTask;
  return removalOrder(loaded, sortedGroupList, view.rsg.spec.scaleIn.whenListEnds).flatMap(({id}) => byId.get(id) ?? []);
}

function candidatesOf(view: View): readonly Group[] {
  const kept = originKept(view) !== undefined;
  return view.existing.filter((group) => !(kept && group.origin));
}

/** Older readings say nothing about who is least loaded now. */
const FRESH_MS = 10_000;

function requestsOf({snapshot, now}: Draft, id: string): number | undefined {
  const latest = snapshot.readings?.get(id)?.latest;
  return latest !== undefined && latest.at >= now - FRESH_MS ? latest.requests : undefined;
}

/** With LeastLoaded, groups are asked when one of them has to go: true while their answers have not come. */
function asksFirst(draft: Draft, count: number): boolean {
  const {snapshot, view, now} = draft;
  const {readings, rsg} = snapshot;
  if (rsg.spec.scaleIn.whenListEnds !== 'LeastLoaded' || readings === undefined || rsg.spec.metrics === undefined) return false;
  const list = rsg.spec.scalingGroupTask.sortedGroupList;
  const unlisted = candidatesOf(view).filter(({id}) => !list.includes(id));
  if (candidatesOf(view).length - unlisted.length >= count) return false;
  const silent = unlisted.filter(({id, available, origin}) => available && !origin && (readings.get(id)?.latest.at ?? 0) < now - FRESH_MS);
  for (const {id} of silent) draft.probes.add(id);
  return silent.length > 0;
}

/** `surplus` groups too many; 0 or less: none. */
export function scaleIn(draft: Draft, surplus: number): void {
  const count = Math.min(surplus, MAX_REMOVED_AT_ONCE - draft.removing.length);
  if (count < surplus)
    draft.plan.push(`then remove ${String(surplus - Math.max(count, 0))} more, at most ${String(MAX_REMOVED_AT_ONCE)} at a time`);
  if (count <= 0) {
    notHeld(draft);
    return;
  }
  const {view} = draft;
  const {minAvailableGroups, cooldownSeconds, whenListEnds} = view.rsg.spec.scaleIn;
  const waitMs = cooldownLeftMs(draft, cooldownSeconds * 1000);
  if (waitMs > 0) {
    again(draft, waitMs);
    hold(draft, 'CooldownActive', `the last removal was less than scaleIn.cooldownSeconds (${String(cooldownSeconds)}) ago`);
    return;
  }
  if (asksFirst(draft, count)) {
    draft.plan.push('ask the groups how many requests they hold, then remove the least loaded');
    notHeld(draft);
    return;
  }
  const victims: Group[] = [];
  let available = view.existing.filter((group) => group.available).length;
  let held: {reason: string; message: string} | undefined;
  for (const group of victimOrder(draft)) {
    if (victims.length === count) break;
    // In strict order: a group further down the list never goes because one above it may not.
    if (group.available && available - 1 < minAvailableGroups) {
      held = {
        reason: 'MinAvailableGroups',
        message: `removing ${group.id} would leave fewer than ${String(minAvailableGroups)} available groups`,
      };
      break;
    }
    available -= group.available ? 1 : 0;
    victims.push(group);
  }
  if (victims.length < count) {
    const listed = {reason: 'NotListed', message: 'scaleIn.whenListEnds is Hold, and sortedGroupList names no further group'};
    const why =
      held ?? (whenListEnds === 'Hold' ? listed : (originKept(view) ?? {reason: 'NothingLeft', message: 'no group is left to remove'}));
    hold(draft, why.reason, why.message);
  } else notHeld(draft);
  if (victims.length === 0) return;
  const removed = victims.map((group) => group.id);
  const phase = drainTimeoutMs(view) === 0 ? 'Deleting' : 'Draining';
  draft.removing.push(...removed.map((group): Removal => ({group, since: stamp(draft), phase})));
  const reason = reasonFor(draft, removed);
  draft.scalings.push({from: view.existing.length, to: view.existing.length - removed.length, removed, reason});
  draft.notices.push({type: 'Normal', reason: 'ScalingIn', message: `removing ${removed.join(', ')}: ${reason}`});
  draft.plan.push(`remove ${removed.join(', ')}`);
}

export function reasonFor(draft: Draft, removed: readonly string[]): string {
  const {view} = draft;
  const list = view.rsg.spec.scalingGroupTask.sortedGroupList;
  const unlisted = removed.filter((id) => !list.includes(id));
  if (unlisted.length === 0) return 'in the order of sortedGroupList';
  const order = view.rsg.spec.scaleIn.whenListEnds;
  const known = loadKnown(
    view.existing.map((group) => ({...group, requests: requestsOf(draft, group.id)})).filter(({id}) => !list.includes(id)),
  );
  const rule =
    order === 'LeastLoaded' && !known ? 'NotReadyFirst (LeastLoaded needs the load of every group, and not every group reports it)' : order;
  return unlisted.length === removed.length ? `by ${rule}` : `in the order of sortedGroupList, then by ${rule}`;
}

function notHeld(draft: Draft): void {
  condition(draft, {type: 'ScaleInHeld', status: 'False', reason: 'NothingHeld', message: 'no scale-in is waiting'});
}

function hold(draft: Draft, reason: string, message: string): void {
  condition(draft, {type: 'ScaleInHeld', status: 'True', reason, message});
  draft.plan.push(`hold the scale-in: ${message}`);
}

/** Timed from what was removed last, in status and in the marks, so that a restart does not shorten it. */
function cooldownLeftMs(draft: Draft, cooldownMs: number): number {
  if (cooldownMs === 0) return 0;
  const history = draft.snapshot.rsg.status.history ?? [];
  const removals = history.filter((entry) => (entry.removed ?? []).length > 0).map((entry) => Date.parse(entry.time));
  const marks = draft.removing.map((removal) => Date.parse(removal.since));
  return Math.max(0, ...removals, ...marks) + cooldownMs - draft.now;
}
