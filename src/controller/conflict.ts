/**
 * Another autoscaler on a member. Its selector counts every group's pods, so it would multiply what RSG multiplies. While there is one,
 * new clones get the count from before it: `status.ratio.wanted`, which then no longer follows the original.
 */
import {sourceName} from './clone.ts';
import type {Autoscaler, Snapshot} from './model.ts';

/** Those that target an original or a clone, with the `Kind/namespace/name` that they target. */
export function memberAutoscalers({autoscalers, targets, clones}: Snapshot): readonly (Autoscaler & {readonly member: string})[] {
  const objects = [...targets.flatMap(({object}) => object ?? []), ...clones.map(({object}) => object)];
  const members = new Set(objects.map((object) => sourceName(object)));
  return autoscalers
    .map((one) => ({...one, member: `${one.targetKind}/${one.namespace}/${one.targetName}`}))
    .filter(({member}) => members.has(member));
}

/** The count of the target at `position` before another autoscaler came; undefined when none has or it was never recorded. */
export function frozenReplicas(snapshot: Snapshot, {member, position}: {member: string; position: number}): number | undefined {
  if (!memberAutoscalers(snapshot).some((one) => one.member === member)) return undefined;
  const counts = snapshot.rsg.status.ratio?.wanted.split(':') ?? [];
  const count = counts.length === snapshot.targets.length ? Number(counts[position]) : Number.NaN;
  return Number.isInteger(count) ? count : undefined;
}
