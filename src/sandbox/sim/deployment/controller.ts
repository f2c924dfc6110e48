/**
 * The Deployment controller (deployment_controller.go): one ReplicaSet per template, sizes by `resize.ts`, status by `status.ts`. Each
 * round does one step of a rollout, as the real one does, and looks again when the ReplicaSets have followed. Pure.
 */
import type {KubeObject} from '../../../api/objects.ts';
import {asObject} from '../../../api/json.ts';
import {REPLICA_SET, DEPLOYMENT} from '../../resource-types.ts';
import {claim} from '../claim.ts';
import {statusWrite} from '../status-write.ts';
import {readDeployment, type ReplicaSet} from '../workload-schema.ts';
import {isTerminating, told, withMetadata, type Outcome, type Write} from '../write.ts';
import {annotationsFor, newReplicaSet, REVISION, revisionOf, rolloutOf, total, type Rollout} from './replica-sets.ts';
import {isScaling, rollingSizes, scaleSizes, sizeOfNew, type Sizes} from './resize.ts';
import {deploymentStatus} from './status.ts';

export interface DeploymentInput {
  readonly object: KubeObject;
  /** All ReplicaSets of the namespace. */
  readonly replicaSets: readonly KubeObject[];
  readonly now: number;
}

export function reconcileDeployment({object, replicaSets, now}: DeploymentInput): Outcome {
  const deployment = readDeployment(object);
  const claimed = claim({owner: object, selector: deployment.spec.selector}, REPLICA_SET, replicaSets);
  const rollout = rolloutOf(deployment, claimed.owned);
  const steps = isTerminating(object) ? [] : step(rollout);
  const created = steps.some((write) => write.do === 'create');
  const {status, dueAt} = deploymentStatus(rollout, {created: false, now});
  const writes = created ? [] : statusWrite(DEPLOYMENT, object, status);
  return {writes: [...claimed.writes, ...steps, ...writes], dueAt};
}

function step(rollout: Rollout): Write[] {
  const {deployment, current, old} = rollout;
  const {paused, strategy} = deployment.spec;
  if (paused || isScaling(rollout)) return resized(rollout, scaleSizes(rollout));
  if (strategy.type === 'Recreate' && total(old, podsOf) > 0) {
    return resized(rollout, new Map(old.filter((set) => set.spec.replicas > 0).map((set) => [set, 0])));
  }
  if (current === undefined) return createNew(rollout);
  const renewed = newest(rollout, current);
  if (renewed.length > 0) return renewed;
  const sizes = strategy.type === 'Recreate' ? scaleSizes(rollout) : rollingSizes({...rollout, current});
  return sizes.size > 0 ? resized(rollout, sizes) : cleanUp(rollout);
}

/** Pods that the set wants, has, or waits for the end of. */
function podsOf({spec, status}: ReplicaSet): number {
  return spec.replicas + status.replicas + Number(status['terminatingReplicas'] ?? 0);
}

function createNew(rollout: Rollout): Write[] {
  const {deployment, old} = rollout;
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  const replicas = sizeOfNew(rollout);
  const set = newReplicaSet(deployment, {replicas, revision});
  const writes: Write[] = [{do: 'create', type: REPLICA_SET, object: set}];
  if (replicas > 0) writes.push(scaledEvent(deployment.object, set.metadata.name, [0, replicas]));
  return [...writes, ...numbered(deployment.object, revision)];
}

/** An old template that is wanted again becomes the newest revision. */
function newest({deployment, old}: Rollout, current: ReplicaSet): Write[] {
  const revision = Math.max(revisionOf(current), ...old.map((set) => revisionOf(set) + 1));
  if (revision === revisionOf(current)) return numbered(deployment.object, revision);
  const annotations = {...current.object.metadata.annotations, ...annotationsFor(deployment, revision)};
  return [{do: 'update', type: REPLICA_SET, object: withMetadata(current.object, {annotations})}, ...numbered(deployment.object, revision)];
}

function numbered(deployment: KubeObject, revision: number): Write[] {
  const annotations = deployment.metadata.annotations ?? {};
  if (annotations[REVISION] === String(revision)) return [];
  // With the status, whose writes take annotations along: an update would count as a new generation.
  return [
    {do: 'status', type: DEPLOYMENT, object: withMetadata(deployment, {annotations: {...annotations, [REVISION]: String(revision)}})},
  ];
}

function resized({deployment}: Rollout, sizes: Sizes): Write[] {
  return [...sizes].flatMap(([set, replicas]): Write[] => {
    const annotations = {...set.object.metadata.annotations, ...annotationsFor(deployment, revisionOf(set))};
    const spec = {...asObject(set.object['spec']), replicas};
    const writes: Write[] = [{do: 'update', type: REPLICA_SET, object: {...withMetadata(set.object, {annotations}), spec}}];
    if (replicas !== set.spec.replicas)
      writes.push(scaledEvent(deployment.object, set.object.metadata.name, [set.spec.replicas, replicas]));
    return writes;
  });
}

function scaledEvent(deployment: KubeObject, name: string, [from, to]: readonly [number, number]): Write {
  const way = to > from ? 'up' : 'down';
  return told(deployment, 'ScalingReplicaSet', `Scaled ${way} replica set ${name} from ${String(from)} to ${String(to)}`);
}

/** Empty old ReplicaSets beyond the history that is kept, oldest revision first. */
function cleanUp({deployment, old}: Rollout): Write[] {
  const empty = old.filter(({object, spec, status}) => spec.replicas === 0 && status.replicas === 0 && !isTerminating(object));
  const surplus = [...empty]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, old.length - deployment.spec.revisionHistoryLimit));
  return surplus.map(({object}) => ({do: 'delete', type: REPLICA_SET, object}));
}
