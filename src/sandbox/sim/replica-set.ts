/**
 * The ReplicaSet controller (replica_set.go): adopts and releases pods, makes the missing ones, deletes the ones too many in the order of
 * `deletionOrder`, and reports. Pure.
 */
import type {KubeObject} from '../../api/objects.ts';
import {claim} from './claim.ts';
import {randomSuffix} from './hash.ts';
import {podFrom} from './pod-template.ts';
import {availableAt, deletionOrder, isActive, isReady} from './pod-state.ts';
import {statusWrite, withoutZeros} from './status-write.ts';
import {POD, REPLICA_SET} from '../resource-types.ts';
import {readReplicaSet, type ReplicaSet} from './workload-schema.ts';
import {controllerReference, earlier, isTerminating, told, type Outcome, type Write} from './write.ts';

export interface ReplicaSetInput {
  readonly object: KubeObject;
  /** All pods of the namespace. */
  readonly pods: readonly KubeObject[];
  readonly now: number;
  readonly random: () => number;
}

export function reconcileReplicaSet({object, pods, now, random}: ReplicaSetInput): Outcome {
  const set = readReplicaSet(object);
  const claimed = claim({owner: object, selector: set.spec.selector}, POD, pods);
  const active = claimed.owned.filter(isActive);
  const changes = isTerminating(object) ? [] : scalePods(set, active, random);
  const terminating = claimed.owned.filter(isTerminating).length;
  const {status, dueAt} = statusOf(set, {active, terminating}, now);
  return {writes: [...claimed.writes, ...changes, ...statusWrite(REPLICA_SET, object, status)], dueAt};
}

function scalePods(set: ReplicaSet, active: readonly KubeObject[], random: () => number): Write[] {
  const missing = set.spec.replicas - active.length;
  if (missing >= 0) {
    const {name, namespace} = set.object.metadata;
    return Array.from({length: missing}, (): Write[] => {
      const generateName = `${name}-`;
      const metadata = {
        name: generateName + randomSuffix(random),
        generateName,
        ...(namespace === undefined ? {} : {namespace}),
        ownerReferences: [controllerReference(set.object)],
      };
      return [
        {do: 'create', type: POD, object: podFrom(set.spec.template, metadata)},
        told(set.object, 'SuccessfulCreate', `Created pod: ${metadata.name}`),
      ];
    }).flat();
  }
  return [...active]
    .sort(deletionOrder)
    .slice(0, -missing)
    .flatMap((pod): Write[] => [
      {do: 'delete', type: POD, object: pod},
      told(set.object, 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`),
    ]);
}

/** The pods as they are now: what this round writes shows up in the next. */
function statusOf(
  set: ReplicaSet,
  {active, terminating}: {active: readonly KubeObject[]; terminating: number},
  now: number,
): {status: object; dueAt: number | undefined} {
  const templateLabels = Object.entries(set.spec.template.metadata.labels);
  const times = active.map((pod) => availableAt(pod, set.spec.minReadySeconds));
  const status = {
    replicas: active.length,
    ...withoutZeros({
      fullyLabeledReplicas: active.filter((pod) => templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: times.filter((at) => at !== undefined && at <= now).length,
    }),
    terminatingReplicas: terminating,
    observedGeneration: set.object.metadata.generation,
  };
  const dueAt = times.filter((at) => at !== undefined && at > now).reduce(earlier, undefined);
  return {status, dueAt};
}
