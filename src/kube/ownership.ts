/**
 * Whose pod? By the chain of controller-owner uids, never by selector: an original's selector matches its clones' pods too, since
 * template labels stay.
 */
import type {KubeObject} from '../api/objects.ts';
import type {Store} from './store.ts';
import {BY_OWNER} from './watches.ts';

/** Pods that the workload controls, itself (StatefulSet) or through its ReplicaSets (Deployment). Stores are indexed by `BY_OWNER`. */
export function podsOwnedBy(workload: KubeObject, {pods, replicaSets}: {readonly pods: Store; readonly replicaSets: Store}): KubeObject[] {
  const uid = workload.metadata.uid ?? '';
  const owners = [uid, ...replicaSets.by(BY_OWNER, uid).map((set) => set.metadata.uid ?? '')];
  return owners.flatMap((owner) => pods.by(BY_OWNER, owner));
}
