/** The pods of members, found through whatever their kinds put between a workload and its pods. */
import type {ResourceType} from '../api/objects.ts';
import {kindOf, templateLabels, type Workload} from '../api/workload.ts';
import type {Discovery} from '../kube/discovery.ts';
import {podsOwnedBy, type OwnershipStores} from '../kube/ownership.ts';
import type {Store} from '../kube/store.ts';
import type {Watches} from '../kube/watches.ts';
import type {GroupPod} from './model.ts';
import type {Place} from './resolve.ts';

interface Query {
  /** `namespace/name` of the RSG, as the watches know it. */
  readonly key: string;
  readonly namespace: string;
  readonly places: readonly Place[];
}

/** Metadata of every kind that the targets' kinds declare as owned and that is served; nothing for Deployments and StatefulSets. */
export async function storesBetween(
  {key, namespace, places}: Query,
  {watches, discovery}: {watches: Pick<Watches, 'need'>; discovery: Discovery},
): Promise<readonly Store[]> {
  const types = new Map<string, ResourceType>();
  for (const place of places.filter((one) => one.namespace === namespace)) {
    for (const {version, kind} of kindOf(place).owns) {
      const type = await discovery.resolve(version, kind);
      if (type !== undefined) types.set(`${version} ${kind}`, type);
    }
  }
  return await Promise.all([...types.values()].map((type) => watches.need(key, {type, namespace, metadataOnly: true})));
}

export function podsOf(
  member: Workload & {readonly group: string; readonly role: string},
  around: readonly OwnershipStores[],
): readonly GroupPod[] {
  const {group, role, object} = member;
  const workload = kindOf(member);
  return around
    .flatMap((stores) => podsOwnedBy(object, stores))
    .map((pod) => ({group, role, pod, workload, template: templateLabels(member, pod)}));
}
