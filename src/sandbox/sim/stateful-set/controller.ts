/**
 * The StatefulSet controller (stateful_set_control.go): one pod per ordinal, made upwards and taken away and updated downwards, one at a
 * time unless the policy is Parallel. A pod that is on its way out is waited for: its name cannot be used twice. Pure.
 */
import type {KubeObject} from '../../../api/objects.ts';
import {CONTROLLER_REVISION, POD, STATEFUL_SET} from '../../resource-types.ts';
import {claim} from '../claim.ts';
import {availableAt, isReady, phaseOf} from '../pod-state.ts';
import {statusWrite, withoutZeros} from '../status-write.ts';
import {readStatefulSet, type StatefulSet} from '../workload-schema.ts';
import {earlier, isTerminating, told, type Outcome, type Write} from '../write.ts';
import {claimOwners, missingClaims, newMember, ordinalOf} from './members.ts';
import {REVISION_LABEL, revisionsOf, surplusRevisions, type Revisions} from './revisions.ts';

export interface StatefulSetInput {
  readonly object: KubeObject;
  /** Pods, ControllerRevisions and PersistentVolumeClaims of the namespace. */
  readonly pods: readonly KubeObject[];
  readonly revisions: readonly KubeObject[];
  readonly claims: readonly KubeObject[];
  readonly now: number;
}

interface Members {
  readonly set: StatefulSet;
  readonly byOrdinal: ReadonlyMap<number, KubeObject>;
  readonly revisions: Revisions;
  readonly claims: readonly KubeObject[];
}

export function reconcileStatefulSet({object, pods, revisions: allRevisions, claims, now}: StatefulSetInput): Outcome {
  const set = readStatefulSet(object);
  const isMember = (pod: KubeObject): boolean => ordinalOf(set, pod) !== undefined;
  const claimed = claim({owner: object, selector: set.spec.selector, isMember}, POD, pods);
  const history = claim({owner: object, selector: set.spec.selector}, CONTROLLER_REVISION, allRevisions);
  const revisions = revisionsOf(set, history.owned);
  const byOrdinal = new Map(claimed.owned.map((pod): [number, KubeObject] => [ordinalOf(set, pod) ?? -1, pod]));
  const members = {set, byOrdinal, revisions, claims};
  const steps = isTerminating(object) ? [] : [...revisions.writes, ...ownership(members), ...step(members)];
  const {status, dueAt} = statusOf(members, now);
  const live = new Set([revisions.currentName, revisions.updateName, ...claimed.owned.map((pod) => revisionLabel(pod))]);
  const writes = [...history.writes, ...claimed.writes, ...steps, ...statusWrite(STATEFUL_SET, object, status)];
  return {writes: [...writes, ...surplusRevisions(set, history.owned, live)], dueAt};
}

function revisionLabel(pod: KubeObject): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}

function wantedOrdinals({spec}: StatefulSet): number[] {
  return Array.from({length: spec.replicas}, (_, at) => spec.ordinals.start + at);
}

function ownership({set, byOrdinal, claims}: Members): Write[] {
  const wanted = new Set(wantedOrdinals(set));
  return [...byOrdinal].flatMap(([ordinal, pod]) => claimOwners(set, {pod, condemned: !wanted.has(ordinal)}, claims));
}

/** Healthy enough for the next one to follow. */
function isHealthy(pod: KubeObject | undefined): boolean {
  return pod !== undefined && !isTerminating(pod) && phaseOf(pod) === 'Running' && isReady(pod);
}

/** In order, each part only when the one before has nothing left to do, unless pods are managed in parallel. */
function step(members: Members): Write[] {
  const {set, byOrdinal} = members;
  const parallel = set.spec.podManagementPolicy === 'Parallel';
  const wanted = wantedOrdinals(set);
  const writes: Write[] = [];
  for (const ordinal of wanted) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) writes.push(...create(members, ordinal));
    else if (phaseOf(pod) === 'Failed' && !isTerminating(pod)) writes.push(...remove(set, pod));
    if (!parallel && !isHealthy(pod)) return writes;
  }
  const inUse = new Set(wanted);
  const condemned = [...byOrdinal].filter(([ordinal]) => !inUse.has(ordinal)).sort(([a], [b]) => b - a);
  for (const [, pod] of condemned) {
    if (!isTerminating(pod)) writes.push(...remove(set, pod));
    if (!parallel) return writes;
  }
  return writes.length > 0 ? writes : update(members, wanted);
}

function create({set, revisions, claims}: Members, ordinal: number): Write[] {
  const object = newMember(set, ordinal, revisions);
  const message = `Create Pod ${object.metadata.name} in StatefulSet ${set.object.metadata.name} successful`;
  return [
    ...missingClaims(set, object.metadata.name, claims),
    {do: 'create', type: POD, object},
    told(set.object, 'SuccessfulCreate', message),
  ];
}

function remove(set: StatefulSet, pod: KubeObject): Write[] {
  const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.object.metadata.name} successful`;
  return [{do: 'delete', type: POD, object: pod}, told(set.object, 'SuccessfulDelete', message)];
}

/** From the highest ordinal down to the partition, waiting for each pod to be healthy. */
function update({set, byOrdinal, revisions}: Members, wanted: readonly number[]): Write[] {
  const {type, rollingUpdate} = set.spec.updateStrategy;
  if (type === 'OnDelete') return [];
  for (const ordinal of [...wanted].reverse()) {
    if (ordinal < set.spec.ordinals.start + rollingUpdate.partition) return [];
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    if (revisionLabel(pod) !== revisions.updateName && !isTerminating(pod)) return remove(set, pod);
    if (!isHealthy(pod)) return [];
  }
  return [];
}

function statusOf({set, byOrdinal, revisions}: Members, now: number): {status: object; dueAt: number | undefined} {
  const all = [...byOrdinal.values()];
  const live = all.filter((pod) => !isTerminating(pod));
  const ready = all.filter((pod) => phaseOf(pod) === 'Running' && isReady(pod));
  const times = ready.map((pod) => availableAt(pod, set.spec.minReadySeconds) ?? now);
  const updated = live.filter((pod) => revisionLabel(pod) === revisions.updateName).length;
  const rolledOut = updated === set.spec.replicas && ready.length === set.spec.replicas && all.length === set.spec.replicas;
  const currentRevision = rolledOut ? revisions.updateName : revisions.currentName;
  const status = {
    observedGeneration: set.object.metadata.generation,
    replicas: all.length,
    availableReplicas: times.filter((at) => at <= now).length,
    collisionCount: 0,
    currentRevision,
    updateRevision: revisions.updateName,
    ...withoutZeros({
      readyReplicas: ready.length,
      currentReplicas: live.filter((pod) => revisionLabel(pod) === currentRevision).length,
      updatedReplicas: updated,
    }),
  };
  return {status, dueAt: times.filter((at) => at > now).reduce<number | undefined>(earlier, undefined)};
}
