/** A Deployment's ReplicaSets: which is the current one, what they are called and what is copied to them. Pure. */
import {sameJson} from '../../../api/canonical.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {hashOf} from '../hash.ts';
import {resolve, readReplicaSet, type Deployment, type ReplicaSet, type Template} from '../workload-schema.ts';
import {controllerReference, createdAt} from '../write.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAXIMUM = 'deployment.kubernetes.io/max-replicas';

/** Annotations of the Deployment that its ReplicaSets do not get (deployment_util.go, annotationsToSkip). */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MAXIMUM,
  'deprecated.deployment.rollback.to',
]);

export interface Rollout {
  readonly deployment: Deployment;
  /** The ReplicaSet of today's template. */
  readonly current: ReplicaSet | undefined;
  /** All others, oldest first. */
  readonly old: readonly ReplicaSet[];
}

export function rolloutOf(deployment: Deployment, owned: readonly KubeObject[]): Rollout {
  const sets = owned.map(readReplicaSet).sort((a, b) => createdAt(a.object) - createdAt(b.object) || compareNames(a, b));
  const current = sets.find((set) => sameJson(withoutHash(set.spec.template), deployment.spec.template));
  return {deployment, current, old: sets.filter((set) => set !== current)};
}

function compareNames(a: ReplicaSet, b: ReplicaSet): number {
  return a.object.metadata.name < b.object.metadata.name ? -1 : 1;
}

function withoutHash(template: Template): Template {
  const {[HASH_LABEL]: _hash, ...labels} = template.metadata.labels;
  return {...template, metadata: {...template.metadata, labels}};
}

export function revisionOf({object}: ReplicaSet | Deployment): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0);
}

export function surgeOf({spec}: Deployment): number {
  return spec.strategy.type === 'Recreate' ? 0 : resolve(spec.strategy.rollingUpdate.maxSurge, spec.replicas, 'up');
}

/** Not both may be 0: then one pod may be unavailable (ResolveFenceposts). */
export function unavailableOf(deployment: Deployment): number {
  const {spec} = deployment;
  if (spec.strategy.type === 'Recreate' || spec.replicas === 0) return 0;
  const allowed = resolve(spec.strategy.rollingUpdate.maxUnavailable, spec.replicas, 'down');
  return Math.min(spec.replicas, allowed === 0 && surgeOf(deployment) === 0 ? 1 : allowed);
}

export function total(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return sets.reduce((sum, set) => sum + count(set), 0);
}

/** Annotations of a ReplicaSet: the Deployment's, the sizes that tell a scaling from a rollout, and the revision. */
export function annotationsFor(deployment: Deployment, revision: number): Record<string, string> {
  const copied = Object.entries(deployment.object.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  const {replicas} = deployment.spec;
  return {
    ...Object.fromEntries(copied),
    [DESIRED]: String(replicas),
    [MAXIMUM]: String(replicas + surgeOf(deployment)),
    [REVISION]: String(revision),
  };
}

/** The replicas that the Deployment had when it last set this ReplicaSet's size. */
export function desiredOf({object}: ReplicaSet): number | undefined {
  const text = object.metadata.annotations?.[DESIRED];
  return text === undefined ? undefined : Number(text);
}

export function newReplicaSet(deployment: Deployment, size: {readonly replicas: number; readonly revision: number}): KubeObject {
  const {name, namespace} = deployment.object.metadata;
  const {template, selector, minReadySeconds} = deployment.spec;
  const hash = hashOf(template, deployment.status.collisionCount ?? 0);
  const labels = {...template.metadata.labels, [HASH_LABEL]: hash};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : {namespace}),
      labels,
      annotations: annotationsFor(deployment, size.revision),
      ownerReferences: [controllerReference(deployment.object)],
    },
    spec: {
      replicas: size.replicas,
      minReadySeconds,
      selector: {
        matchLabels: {...selector.matchLabels, [HASH_LABEL]: hash},
        ...(selector.matchExpressions.length === 0 ? {} : {matchExpressions: selector.matchExpressions}),
      },
      template: {...template, metadata: {...template.metadata, labels}},
    },
  };
}
