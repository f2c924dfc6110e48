/** What the conditions Synced and SyncContested say. Pure. */
import type {ConditionInput} from '../api/conditions.ts';
import {sourceName} from './clone.ts';
import {condition, again, type Draft} from './draft.ts';
import type {Contest} from './model.ts';
import type {RolloutChoice} from './rollout.ts';
import type {Compared} from './sync.ts';

const MAX_NAMED = 10;

export function contestOf({snapshot}: Draft, {clone}: Pick<Compared, 'clone'>): Contest | undefined {
  return snapshot.contests.get(clone.object.metadata.uid ?? '');
}

export function tellContests(draft: Draft, all: readonly Compared[]): void {
  const contested = all.flatMap((one) => {
    const contest = contestOf(draft, one);
    if (contest === undefined || contest.until <= draft.now) return [];
    again(draft, contest.until - draft.now);
    return [`${contest.field} of ${sourceName(one.clone.object)}`];
  });
  if (contested.length === 0) {
    condition(draft, {type: 'SyncContested', status: 'False', reason: 'NotContested', message: 'nothing else changes the clones'});
    return;
  }
  const message = `something else keeps changing ${contested.slice(0, MAX_NAMED).join(', ')}: it is left as it is for a while; find what changes it, or name the field in sync.ignore`;
  condition(draft, {type: 'SyncContested', status: 'True', reason: 'FieldContested', message});
}

export function syncCondition(draft: Draft, all: readonly Compared[], choice: RolloutChoice): ConditionInput {
  const refused = all.flatMap(({clone, finding}) =>
    finding?.refused === undefined ? [] : [`${sourceName(clone.object)}: ${finding.refused.message}`],
  );
  if (refused[0] !== undefined)
    return {type: 'Synced', status: 'False', reason: 'SyncRefused', message: refused.slice(0, MAX_NAMED).join('; ')};
  const behind = [...new Set(all.filter(({state}) => state !== 'InSync').map(({group}) => group.id))];
  if (behind.length === 0) {
    return {type: 'Synced', status: 'True', reason: 'InSync', message: 'every clone has the form of its original'};
  }
  const named = behind.slice(0, MAX_NAMED).join(', ');
  const held = choice.waitsFor === undefined ? '' : `; waiting for ${choice.waitsFor}`;
  if (choice.waitsFor !== undefined)
    draft.plan.push(`then bring the other groups to the form of the originals, waiting for ${choice.waitsFor}`);
  const onlyUnchecked = all.every(({state}) => state === 'InSync' || state === 'Unchecked');
  if (onlyUnchecked) return {type: 'Synced', status: 'Unknown', reason: 'Checking', message: `being compared with the originals: ${named}`};
  return {type: 'Synced', status: 'False', reason: 'RollingOut', message: `not yet in the form of the originals: ${named}${held}`};
}
