/** When the last good form of a source is written down, and when it is dropped. Pure. */
import type {Draft} from './draft.ts';
import {newestFirst, numberOf, revisionOf, sourceOfRevision, superfluous} from './revisions.ts';
import {sourceName} from './clone.ts';
import {targetName} from './view.ts';

export function remember(draft: Draft): void {
  const {snapshot, view} = draft;
  const {rsg, revisions, targets, clones, claimed} = snapshot;
  if (!view.bound) return;
  const highest = Math.max(0, ...revisions.map(numberOf));
  for (const source of view.originals) {
    const revision = revisionOf(rsg, source, highest + 1);
    const [newest] = newestFirst(revisions.filter((one) => sourceOfRevision(one) === source.name));
    if (newest?.metadata.name !== revision.metadata.name) draft.actions.push({do: 'remember', revision});
  }
  // A source taken off the RSG is needed until its clones are gone and its original is released: it says where they are.
  const needed = new Set([
    ...targets.flatMap((target) => targetName(target) ?? []),
    ...clones.map(({source}) => source),
    ...claimed.map(({object}) => sourceName(object)),
  ]);
  const dropped = superfluous(revisions, needed);
  if (dropped.length > 0) draft.actions.push({do: 'forget', revisions: dropped});
}
