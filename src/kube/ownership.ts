/**
 * Whose pod? By the chain of controller-owner uids, never by selector: an original's selector matches its clones' pods too, since
 * template labels stay.
 */
import type {KubeObject} from '../api/objects.ts';
import type {Store} from './store.ts';
import {BY_OWNER} from './watches.ts';

export interface OwnershipStores {
  readonly pods: Store;
  readonly replicaSets: Store;
  /** Of the other kinds that can stand between a workload and its pods. */
  readonly between?: readonly Store[];
}

/**
 * Pods that the workload controls, itself (StatefulSet), through its ReplicaSets (Deployment) or through objects of other kinds, pods among
 * them (the leaders of a LeaderWorkerSet own their workers' StatefulSets). Stores are indexed by `BY_OWNER`.
 */
export function podsOwnedBy(workload: KubeObject, {pods, replicaSets, between = []}: OwnershipStores): KubeObject[] {
  const found: KubeObject[] = [];
  const seen = new Set<string>();
  const queue = [workload.metadata.uid ?? ''];
  for (const owner of queue) {
    if (seen.has(owner)) continue;
    seen.add(owner);
    const ownPods = pods.by(BY_OWNER, owner);
    found.push(...ownPods);
    const owners = [replicaSets, ...between].flatMap((store) => store.by(BY_OWNER, owner));
    // Only where there are other kinds can a pod own something.
    queue.push(...[...owners, ...(between.length > 0 ? ownPods : [])].map(({metadata}) => metadata.uid ?? ''));
  }
  return found;
}
