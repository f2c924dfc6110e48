/** The status of a Deployment and its conditions `Available` and `Progressing` (progress.go, sync.go). Pure. */
import {timestamp} from '../../../runtime/clock.ts';
import {withoutZeros} from '../status-write.ts';
import type {Deployment, ReplicaSet, WorkloadCondition} from '../workload-schema.ts';
import {total, unavailableOf, type Rollout} from './replica-sets.ts';

export interface DeploymentStatus {
  readonly status: object;
  /** When the deadline for progress ends, in milliseconds since the epoch. */
  readonly dueAt: number | undefined;
}

interface Counts {
  readonly replicas: number;
  readonly updated: number;
  readonly available: number;
}

type Wanted = Pick<WorkloadCondition, 'type' | 'status' | 'reason' | 'message'>;

export function deploymentStatus(rollout: Rollout, event: {readonly created: boolean; readonly now: number}): DeploymentStatus {
  const {deployment, current, old} = rollout;
  const all = [...old, ...(current === undefined ? [] : [current])];
  const counts = {
    replicas: total(all, (set) => set.status.replicas),
    updated: current?.status.replicas ?? 0,
    available: total(all, (set) => set.status.availableReplicas),
  };
  const progress = progressing(rollout, {counts, ...event});
  const conditions = [availability(deployment, counts), ...(progress === undefined ? [] : [progress.condition])].map((wanted) =>
    stamped(deployment, wanted, event.now),
  );
  const status = {
    observedGeneration: deployment.object.metadata.generation,
    ...withoutZeros({
      replicas: counts.replicas,
      updatedReplicas: counts.updated,
      readyReplicas: total(all, (set) => set.status.readyReplicas),
      availableReplicas: counts.available,
      unavailableReplicas: Math.max(0, total(all, (set) => set.spec.replicas) - counts.available),
    }),
    terminatingReplicas: total(all, (set) => Number(set.status['terminatingReplicas'] ?? 0)),
    ...(deployment.status.collisionCount === undefined ? {} : {collisionCount: deployment.status.collisionCount}),
    conditions,
  };
  return {status, dueAt: progress?.dueAt};
}

function availability(deployment: Deployment, {available}: Counts): Wanted {
  return available >= deployment.spec.replicas - unavailableOf(deployment)
    ? {type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.'}
    : {type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.'};
}

interface Progress {
  readonly condition: Wanted;
  readonly dueAt?: number | undefined;
}

function progressing(
  {deployment, current}: Rollout,
  {counts, created, now}: {readonly counts: Counts; readonly created: boolean; readonly now: number},
): Progress | undefined {
  const before = deployment.status.conditions.find((condition) => condition.type === 'Progressing');
  const about = current === undefined ? `Deployment "${deployment.object.metadata.name}"` : replicaSetName(current);
  const is = (status: string, reason: string, message: string): Wanted => ({type: 'Progressing', status, reason, message});
  if (deployment.spec.paused) return {condition: is('Unknown', 'DeploymentPaused', 'Deployment is paused')};
  if (created) return {condition: is('True', 'NewReplicaSetCreated', `Created new replica set "${current?.object.metadata.name ?? ''}"`)};
  // A scaling of a finished rollout is not a new one.
  if (before?.reason === 'NewReplicaSetAvailable' && before.message.startsWith(about)) return {condition: before};
  if (isComplete(deployment, counts)) return {condition: is('True', 'NewReplicaSetAvailable', `${about} has successfully progressed.`)};
  if (before === undefined || moved(deployment, counts) || before.reason === 'DeploymentPaused') {
    return {condition: is('True', 'ReplicaSetUpdated', `${about} is progressing.`), dueAt: now + deadlineMs(deployment)};
  }
  const dueAt = Date.parse(before.lastUpdateTime ?? timestamp(now)) + deadlineMs(deployment);
  if (now < dueAt) return {condition: before, dueAt};
  return {condition: is('False', 'ProgressDeadlineExceeded', `${about} has timed out progressing.`)};
}

function isComplete({spec}: Deployment, {replicas, updated, available}: Counts): boolean {
  return updated === spec.replicas && replicas === spec.replicas && available === spec.replicas;
}

const deadlineMs = ({spec}: Deployment): number => spec.progressDeadlineSeconds * 1000;

function replicaSetName({object}: ReplicaSet): string {
  return `ReplicaSet "${object.metadata.name}"`;
}

/** More updated, more available or fewer old pods than the last status says. */
function moved({status}: Deployment, {replicas, updated, available}: Counts): boolean {
  const was = (name: string): number => Number(status[name] ?? 0);
  return (
    updated > was('updatedReplicas') ||
    replicas - updated < was('replicas') - was('updatedReplicas') ||
    available > was('availableReplicas')
  );
}

function stamped({status}: Deployment, wanted: Wanted, now: number): WorkloadCondition {
  const before = status.conditions.find((condition) => condition.type === wanted.type);
  const same =
    before !== undefined && before.status === wanted.status && before.reason === wanted.reason && before.message === wanted.message;
  if (same) return before;
  const since = before?.status === wanted.status ? before.lastTransitionTime : timestamp(now);
  return {...wanted, lastUpdateTime: timestamp(now), ...(since === undefined ? {} : {lastTransitionTime: since})};
}
