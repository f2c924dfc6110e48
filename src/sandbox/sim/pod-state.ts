/** What a pod's status says, as the workload controllers read it. Pure. */
import {asObject, asObjects} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {createdAt, isTerminating} from './write.ts';

export function phaseOf(pod: KubeObject): string {
  const phase = asObject(pod['status'])['phase'];
  return typeof phase === 'string' ? phase : 'Pending';
}

export function nodeOf(pod: KubeObject): string {
  const name = asObject(pod['spec'])['nodeName'];
  return typeof name === 'string' ? name : '';
}

export interface Readiness {
  readonly ready: boolean;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Undefined for a pod of which nothing is known yet. */
export function readinessOf(pod: KubeObject): Readiness | undefined {
  const found = asObjects(asObject(pod['status'])['conditions']).find((condition) => condition['type'] === 'Ready');
  return found === undefined ? undefined : {ready: found['status'] === 'True', since: Date.parse(String(found['lastTransitionTime']))};
}

/** Since when the pod is Ready, in milliseconds since the epoch; undefined when it is not. */
export function readySince(pod: KubeObject): number | undefined {
  const readiness = readinessOf(pod);
  return readiness?.ready === true ? readiness.since : undefined;
}

export function isReady(pod: KubeObject): boolean {
  return readySince(pod) !== undefined;
}

/** Neither finished nor being deleted. */
export function isActive(pod: KubeObject): boolean {
  return !isTerminating(pod) && phaseOf(pod) !== 'Succeeded' && phaseOf(pod) !== 'Failed';
}

/** When a pod that is Ready counts as available: in milliseconds since the epoch. */
export function availableAt(pod: KubeObject, minReadySeconds: number): number | undefined {
  const since = readySince(pod);
  return since === undefined ? undefined : since + minReadySeconds * 1000;
}

const PHASES = ['Pending', 'Unknown', 'Running'];

function deletionCost(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
}

function restarts(pod: KubeObject): number {
  const statuses = asObjects(asObject(pod['status'])['containerStatuses']);
  return Math.max(0, ...statuses.map((status) => Number(status['restartCount'] ?? 0)));
}

/** The order in which a ReplicaSet lets pods go (controller_utils.go, ActivePodsWithRanks), without the rank by node. */
export function deletionOrder(a: KubeObject, b: KubeObject): number {
  return (
    Number(nodeOf(a) !== '') - Number(nodeOf(b) !== '') ||
    PHASES.indexOf(phaseOf(a)) - PHASES.indexOf(phaseOf(b)) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    (readySince(b) ?? 0) - (readySince(a) ?? 0) ||
    restarts(b) - restarts(a) ||
    createdAt(b) - createdAt(a)
  );
}
