/** Binding: originals are claimed by a label, all or none. Nothing else about them changes. */
import {again, condition, type Draft} from './draft.ts';
import {companionProblems} from './companions.ts';
import {parkedReplicasOf} from './parking.ts';
import {isClaimedBy} from './view.ts';

export function bind(draft: Draft): void {
  const {targets, rsg, claimed} = draft.snapshot;
  const problems = targets.flatMap(({problem}) => problem ?? []);
  if (problems[0] !== undefined) {
    const message = problems.map((problem) => problem.message).join('; ');
    condition(draft, {type: 'TargetsBound', status: 'False', reason: problems[0].reason, message});
    // Things outside the watches (a kind being installed) can solve it.
    again(draft, 30_000);
  } else {
    const names = targets.map(({kind, name}) => `${kind}/${name}`).join(', ');
    const blocked = companionProblems(draft);
    draft.blocked = blocked[0];
    if (blocked[0] === undefined) {
      condition(draft, {type: 'TargetsBound', status: 'True', reason: 'Bound', message: `${names} make ${draft.view.originId}`});
    } else {
      const message = blocked.map((problem) => problem.message).join('; ');
      condition(draft, {type: 'TargetsBound', status: 'False', reason: blocked[0].reason, message});
    }
    for (const {type, object} of targets) {
      if (type === undefined || object === undefined || isClaimedBy(rsg, object)) continue;
      draft.actions.push({do: 'claim', on: {type, object}});
    }
  }
  // A workload taken off the list is released; one that is parked is given its replicas back first.
  const wanted = new Set(targets.flatMap(({object}) => object?.metadata.uid ?? []));
  for (const on of claimed) {
    if (wanted.has(on.object.metadata.uid ?? '')) continue;
    const replicas = parkedReplicasOf(on);
    if (replicas !== undefined) draft.actions.push({do: 'restore', on, replicas});
    else draft.actions.push({do: 'release', on});
  }
}
