/**
 * Deleting an RSG: the originals serve again before any clone goes, and stay. With `--cascade=orphan` clones are kept: the garbage
 * collector takes our owner reference from them before it removes its finalizer `orphan`.
 */
import {ANNOTATIONS, FINALIZER, LABELS} from '../api/labels.ts';
import {again, stamp, type Draft} from './draft.ts';
import type {Clone, Live, Removal} from './model.ts';
import {drainLabels} from './pod-labels.ts';
import {progressRemovals} from './removal.ts';
import {parkedReplicasOf} from './parking.ts';
import {isAvailable, replicasOf} from '../api/workload.ts';

export function cleanUp(draft: Draft): void {
  const {rsg, claimed, clones} = draft.snapshot;
  const finalizers = rsg.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return;
  if (finalizers.includes('orphan')) {
    draft.plan.push('wait until the garbage collector has orphaned the clones');
    return;
  }
  const kept = clones.filter((clone) => isKept(draft, clone));
  if (kept.length > 0) {
    // Alone: until they are nobody's, removing the rest of their groups would take them too.
    draft.actions.push({do: 'disown', clones: kept});
    return;
  }
  const parked = claimed.filter((one) => parkedReplicasOf(one) !== undefined);
  if (parked.length > 0) {
    for (const on of parked) draft.actions.push({do: 'restore', on, replicas: parkedReplicasOf(on) ?? 0});
    return;
  }
  if (clones.length > 0 && waitsForOriginals(draft)) return;
  if (clones.length > 0) removeAll(draft, clones);
  else if (ownCompanions(draft).length > 0) draft.actions.push({do: 'companions', write: [], remove: ownCompanions(draft)});
  else release(draft);
}

/** Kept: a clone whose owner reference was taken away, or one in another namespace that `deletionPolicy` keeps, unless its group was on its way out. */
function isKept({snapshot: {rsg}, view: {removals}}: Draft, {object, group}: Clone): boolean {
  if (object.metadata.annotations?.[ANNOTATIONS.source] === undefined) return false;
  if (object.metadata.namespace !== rsg.metadata.namespace) {
    return rsg.spec.deletionPolicy === 'Orphan' && !removals.some((removal) => removal.group === group);
  }
  return !(object.metadata.ownerReferences ?? []).some((owner) => owner.uid === rsg.metadata.uid);
}

function waitsForOriginals(draft: Draft): boolean {
  const {rsg, claimed} = draft.snapshot;
  const waiting = claimed.filter((one) => replicasOf(one) > 0 && !isAvailable(one));
  const leftMs = Date.parse(rsg.metadata.deletionTimestamp ?? stamp(draft)) + rsg.spec.restoreTimeoutSeconds * 1000 - draft.now;
  if (waiting.length === 0 || leftMs <= 0) return false;
  again(draft, leftMs);
  draft.plan.push(`wait until ${waiting.map(({object}) => object.metadata.name).join(', ')} is available, then remove the clones`);
  return true;
}

function removeAll(draft: Draft, ours: readonly Clone[]): void {
  progressRemovals(draft);
  const marked = new Set(draft.removing.map((removal) => removal.group));
  const ids = [...new Set(ours.map((clone) => clone.group))].filter((id) => !marked.has(id) && id !== draft.view.originId);
  draft.removing.push(...ids.map((group): Removal => ({group, since: stamp(draft), phase: 'Draining'})));
  if (ids.length > 0) again(draft, 0);
  draft.actions.push(...drainLabels(draft));
}

/** Those that were orphaned stay with what they serve. */
function ownCompanions({snapshot: {rsg, companions}}: Draft): readonly Live[] {
  return companions.clones.filter(
    ({object: {metadata}}) =>
      metadata.deletionTimestamp === undefined && (metadata.ownerReferences ?? []).some(({uid}) => uid === rsg.metadata.uid),
  );
}

function release(draft: Draft): void {
  const {claimed, pods, revisions} = draft.snapshot;
  const ours = [LABELS.representative, LABELS.state];
  for (const {pod} of pods) {
    const found = ours.filter((key) => pod.metadata.labels?.[key] !== undefined);
    if (found.length > 0) draft.actions.push({do: 'labelPod', pod, labels: Object.fromEntries(found.map((key) => [key, null]))});
  }
  for (const on of claimed) draft.actions.push({do: 'release', on});
  // An orphaning delete would leave them behind.
  if (revisions.length > 0) draft.actions.push({do: 'forget', revisions});
  draft.actions.push({do: 'finalizer', present: false});
}
