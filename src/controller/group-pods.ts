/** The pods of members, found through whatever their kinds put between a workload and its pods. */
import {kindOf, templateLabels, type Workload} from '../api/workload.ts';
import {podsOwnedBy, type OwnershipStores} from '../kube/ownership.ts';
import type {GroupPod} from './model.ts';

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
