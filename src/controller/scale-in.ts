/** Which groups go, and what holds a scale-in back. */
import {again, condition, drainTimeoutMs, stamp, type Draft} from './draft.ts';
import type {Removal} from './model.ts';
import {originKept, type Group, type View} from './view.ts';
import {removalOrder} from './victims.ts';

/** Existing groups in the order in which they would go, those that are never taken left out. */
export function victimOrder(view: View): readonly Group[] {
  const kept = originKept(view) !== undefined;
  const {sortedGroupList} = view.rsg.spec.scalingGroupTask;
  const candidates = view.existing.filter((group) => !(kept && group.origin));
  const byId = new Map(candidates.map((group) => [group.id, group]));
  return removalOrder(candidates, sortedGroupList, view.rsg.spec.scaleIn.whenListEnds).flatMap(({id}) => byId.get(id) ?? []);
}

/** `count` groups too many; 0 or less: none. */
export function scaleIn(draft: Draft, count: number): void {
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
  const victims: Group[] = [];
  let available = view.existing.filter((group) => group.available).length;
  let held: {reason: string; message: string} | undefined;
  for (const group of victimOrder(view)) {
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

function reasonFor({view}: Draft, removed: readonly string[]): string {
  const list = view.rsg.spec.scalingGroupTask.sortedGroupList;
  const unlisted = removed.filter((id) => !list.includes(id));
  if (unlisted.length === 0) return 'in the order of sortedGroupList';
  const order = view.rsg.spec.scaleIn.whenListEnds;
  const rule = order === 'LeastLoaded' ? 'NotReadyFirst (no group reports its load, which LeastLoaded needs)' : order;
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
