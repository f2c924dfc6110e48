/** What the cluster in memory begins with, and how a patch of labels changes its pods. */
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import type {Action, Snapshot} from '../../src/controller/model.ts';

export const NAMESPACE = 'default';

/** One target for each number of the ratio: `member0` with `role0`, and so on. */
export function modelRsg(ratio: readonly number[], {spec, kind}: {readonly spec: object; readonly kind: string}): Rsg {
  const targetResources = ratio.map((_, at) => ({name: `member${String(at)}`, kind, version: 'apps/v1', role: `role${String(at)}`}));
  const parsed = parseRsg({
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name: 'rsg', namespace: NAMESPACE, uid: 'rsg-uid', resourceVersion: '1', generation: 1},
    spec: {group: {targetResources}, ...spec},
  });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.rsg;
}

/** Null takes a label away. */
export function withLabels(
  pods: Snapshot['pods'],
  {pod: {metadata}, labels: changes}: Extract<Action, {do: 'labelPod'}>,
): Snapshot['pods'] {
  return pods.map((one) => {
    if (one.pod.metadata.name !== metadata.name) return one;
    const merged = Object.entries({...one.pod.metadata.labels, ...changes});
    const labels = Object.fromEntries(merged.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
    return {...one, pod: {...one.pod, metadata: {...one.pod.metadata, labels}}};
  });
}
