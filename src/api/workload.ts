/** Reads workloads (Deployment, StatefulSet and kinds of the same shape): replicas, readiness, template. Pure. */
import {asObject, strings} from './json.ts';
import type {KubeObject} from './objects.ts';

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** `spec.replicas`; the API server defaults it to 1. */
export function replicasOf(workload: KubeObject): number {
  const value = asObject(workload['spec'])['replicas'];
  return typeof value === 'number' ? value : 1;
}

export function readyReplicasOf(workload: KubeObject): number {
  return count(asObject(workload['status'])['readyReplicas']);
}

/** Pods that the workload still has, whether or not they are ready. */
export function podsOf(workload: KubeObject): number {
  return count(asObject(workload['status'])['replicas']);
}

function current(workload: KubeObject): boolean {
  return count(asObject(workload['status'])['observedGeneration']) >= (workload.metadata.generation ?? 0);
}

/** Every replica (at least one) ready at the latest generation. */
export function isReady(workload: KubeObject, wanted: number): boolean {
  return wanted > 0 && current(workload) && readyReplicasOf(workload) >= wanted && isUpdated(workload, wanted);
}

/** Every replica (at least one) available at the latest generation. */
export function isAvailable(workload: KubeObject, wanted: number): boolean {
  const status = asObject(workload['status']);
  return isReady(workload, wanted) && count(status['availableReplicas']) >= wanted;
}

/**
 * Whether the rollout is over. A count of 0 is left out of the JSON, so an absent one is 0. A StatefulSet leaves pods below its partition,
 * and with `OnDelete` all pods, at their old revision on purpose.
 */
function isUpdated(workload: KubeObject, wanted: number): boolean {
  const strategy = asObject(asObject(workload['spec'])['updateStrategy']);
  if (strategy['type'] === 'OnDelete') return true;
  const left = count(asObject(strategy['rollingUpdate'])['partition']);
  return count(asObject(workload['status'])['updatedReplicas']) >= wanted - left;
}

export function templateLabels(workload: KubeObject): Readonly<Record<string, string>> {
  return strings(asObject(asObject(asObject(workload['spec'])['template'])['metadata'])['labels']);
}

export function matchLabels(workload: KubeObject): Readonly<Record<string, string>> {
  return strings(asObject(asObject(workload['spec'])['selector'])['matchLabels']);
}

/** A clone's labels, those of its selector first: they cannot be changed, so what a person does to the others does not hide it. */
export function identityLabels(workload: KubeObject): Readonly<Record<string, string>> {
  return {...workload.metadata.labels, ...matchLabels(workload)};
}

/** Parking such a StatefulSet would destroy its volumes: the API deletes claims when it is scaled down. */
export function losesVolumesWhenParked(workload: KubeObject): boolean {
  return asObject(asObject(workload['spec'])['persistentVolumeClaimRetentionPolicy'])['whenScaled'] === 'Delete';
}

/** The message of a Deployment's `ReplicaFailure`, with the time it began. */
export function replicaFailure(workload: KubeObject): {readonly message: string; readonly since: string} | undefined {
  const conditions = asObject(workload['status'])['conditions'];
  if (!Array.isArray(conditions)) return undefined;
  for (const raw of conditions) {
    const condition = asObject(raw);
    if (condition['type'] !== 'ReplicaFailure' || condition['status'] !== 'True') continue;
    return {message: String(condition['message']), since: String(condition['lastTransitionTime'])};
  }
  return undefined;
}

/** Its containers may hold requests, ready or not, also while it terminates. */
export function isPodRunning(pod: KubeObject): boolean {
  return asObject(pod['status'])['phase'] === 'Running';
}

export function isPodReady(pod: KubeObject): boolean {
  const status = asObject(pod['status']);
  const conditions = status['conditions'];
  if (pod.metadata.deletionTimestamp !== undefined || status['phase'] !== 'Running' || !Array.isArray(conditions)) return false;
  return conditions.some((raw) => asObject(raw)['type'] === 'Ready' && asObject(raw)['status'] === 'True');
}
