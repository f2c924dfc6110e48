/** Members that go while their group stays: what cannot be changed in place is made anew, what is no longer a target leaves. Pure. */
import {sourceName} from './clone.ts';
import type {Draft} from './draft.ts';
import type {Clone} from './model.ts';
import type {Group} from './view.ts';

/** A lost member comes back under its group's ID, in the wanted form. */
export function replaceMembers(draft: Draft, group: Group, clones: readonly Clone[]): void {
  const names = clones.map(({object}) => sourceName(object)).join(', ');
  // With nothing left the group would be taken for one that somebody deleted: its ID is written down as reserved first.
  if (clones.length === group.clones.length) {
    if (draft.snapshot.rsg.status.pendingGroups?.includes(group.id) !== true) draft.reserve = true;
    draft.pending.push(group.id);
  }
  draft.actions.push({do: 'replace', clones});
  draft.notices.push({
    type: 'Normal',
    reason: 'Replacing',
    message: `${names} is deleted and made anew: a field that cannot be changed in place differs from the original`,
  });
}

/** They go once the rest of their group is available, so that a renamed original's clones are there before the old ones leave. */
export function removeLeftovers(draft: Draft): void {
  if (!draft.view.bound) return;
  for (const group of draft.view.existing) {
    if (group.leftovers.length === 0) continue;
    const names = group.leftovers.map(({object}) => object.metadata.name).join(', ');
    if (group.available) draft.actions.push({do: 'replace', clones: group.leftovers});
    draft.plan.push(
      `remove ${names}, whose original is no longer a target${group.available ? '' : `, once the rest of ${group.id} is available`}`,
    );
  }
}
