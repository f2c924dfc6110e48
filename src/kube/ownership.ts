/**
 * Whose pod? By the chain of controller-owner uids, never by selector: an original's selector matches its clones' pods too, since
 * template labels stay.
 */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {declarationOf} from '../api/workload.ts';
import type {Discovery} from './discovery.ts';
import type {Store} from './store.ts';
import {BY_OWNER, type Lookup} from './watches.ts';

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

export interface BetweenQuery {
  /** `namespace/name` of the RSG, as the watches know it. */
  readonly key: string;
  readonly namespace: string;
  /** Kinds of the workloads. */
  readonly types: readonly ResourceType[];
}

/** Metadata of every kind that those kinds declare as owned and that is served; nothing for Deployments and StatefulSets. */
export async function storesBetween(
  {key, namespace, types}: BetweenQuery,
  {watches, discovery}: {watches: Pick<Lookup, 'need'>; discovery: Discovery},
): Promise<readonly Store[]> {
  const owned = new Map<string, ResourceType>();
  for (const {version, kind} of types.flatMap((type) => declarationOf(type)?.owns ?? [])) {
    const type = await discovery.resolve(version, kind);
    if (type !== undefined) owned.set(`${version} ${kind}`, type);
  }
  return await Promise.all([...owned.values()].map((type) => watches.need(key, {type, namespace, metadataOnly: true})));
}
