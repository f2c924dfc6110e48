/** Reads workloads, of whatever kind, as the declaration of their kind says: replicas, readiness, templates. Pure. */
import {asObject, strings} from './json.ts';
import type {KubeObject, ResourceType} from './objects.ts';
import {readPath, valueAt} from './path.ts';
import {SHIPPED_KINDS} from './shipped-kinds.ts';
import {kindName, type WorkloadKind} from './workload-kind.ts';

/** A live workload. Its type carries the declaration of its kind, unless that is one of the shipped ones. */
export interface Workload {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** By list item for kinds that have several counts (the roles of a RoleBasedGroup), else under the empty key. */
export type Counts = ReadonlyMap<string, number>;

type Strings = Readonly<Record<string, string>>;

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The declaration of a kind; undefined when RSG does not know how its objects are read. */
export function declarationOf(type: ResourceType): WorkloadKind | undefined {
  return type.workload ?? SHIPPED_KINDS.get(kindName(type));
}

/** Throws for a kind without one: such a target is refused before anything of it is read. */
export function kindOf({type}: Pick<Workload, 'type'>): WorkloadKind {
  const found = declarationOf(type);
  if (found === undefined) throw new Error(`${kindName(type)} is not a declared kind of workload`);
  return found;
}

/** The wanted counts; the API server, or the kind's controller, takes a missing one for 1. */
export function countsOf(workload: Workload): Counts {
  const found = readPath(workload.object, kindOf(workload).replicas);
  return new Map(found.map(({key, value}) => [key, typeof value === 'number' ? value : 1]));
}

export function sumOf(counts: Counts): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0);
}

/** Replicas wanted, of all list items together. */
export function replicasOf(workload: Workload): number {
  return sumOf(countsOf(workload));
}

function reported({object}: Workload, path: string): Counts {
  return new Map(readPath(object, path).map(({key, value}) => [key, count(value)]));
}

export function readyReplicasOf(workload: Workload): number {
  return sumOf(reported(workload, kindOf(workload).status.ready));
}

/** Pods, or replicas, that the workload still has, whether or not they are ready. */
export function podsOf(workload: Workload): number {
  return sumOf(reported(workload, kindOf(workload).status.replicas));
}

function isCurrent(workload: Workload): boolean {
  const observed = valueAt(workload.object, kindOf(workload).status.observedGeneration);
  return count(observed) >= (workload.object.metadata.generation ?? 0);
}

/** Whether every item reports at least what is wanted of it, less `left`. A count of 0 is left out of the JSON, so an absent one is 0. */
function reaches(workload: Workload, path: string, left = 0): boolean {
  const there = reported(workload, path);
  return [...countsOf(workload)].every(([key, wanted]) => (there.get(key) ?? 0) >= wanted - left);
}

/** Every replica (at least one) ready at the latest generation. */
export function isReady(workload: Workload): boolean {
  const {status} = kindOf(workload);
  return replicasOf(workload) > 0 && isCurrent(workload) && reaches(workload, status.ready) && isUpdated(workload);
}

/** Every replica (at least one) available at the latest generation. */
export function isAvailable(workload: Workload): boolean {
  const {available} = kindOf(workload).status;
  return isReady(workload) && (available === undefined || reaches(workload, available));
}

/** Whether the rollout is over, apart from what it leaves at the old form on purpose. */
function isUpdated(workload: Workload): boolean {
  const {status, rollsByHand, partition} = kindOf(workload);
  if (status.updated === undefined) return true;
  if (rollsByHand !== undefined && valueAt(workload.object, rollsByHand.path) === rollsByHand.value) return true;
  return reaches(workload, status.updated, partition === undefined ? 0 : count(valueAt(workload.object, partition)));
}

/** Labels of the template that a pod was made from: the first whose pods it can be, by its labels. */
export function templateLabels(workload: Workload, pod: KubeObject): Strings {
  const live = pod.metadata.labels ?? {};
  for (const {path, pods, podsNamedBy} of kindOf(workload).templates) {
    if (pods !== undefined && !Object.entries(pods).every(([key, value]) => live[key] === value)) continue;
    const found = readPath(workload.object, path).filter(({value}) => value !== undefined);
    const own = podsNamedBy === undefined ? found[0] : found.find(({key}) => key.split('/').at(-1) === live[podsNamedBy]);
    if (own !== undefined) return strings(asObject(asObject(own.value)['metadata'])['labels']);
  }
  return {};
}

/** What its scale subresource selects pods by; undefined where that cannot be told as plain labels. */
export function selectorOf(workload: Workload): Strings | undefined {
  const {selector, scaleSelector} = kindOf(workload);
  if (selector !== undefined) return strings(asObject(valueAt(workload.object, selector))['matchLabels']);
  const text = scaleSelector === undefined ? undefined : valueAt(workload.object, scaleSelector);
  if (typeof text !== 'string' || !/^[^=!,()\s]+=[^=!,()\s]*(,[^=!,()\s]+=[^=!,()\s]*)*$/u.test(text)) return undefined;
  return Object.fromEntries(text.split(',').map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? '']));
}

/** Whether a field, as `differences` names it, is in a pod template: changing it restarts pods. */
export function isInTemplate(workload: Workload, field: string): boolean {
  const plain = field.replaceAll(/\[[^\]]*\]/gu, '');
  return kindOf(workload).templates.some(({path}) => {
    const template = path.replaceAll('[*]', '');
    return plain.startsWith(template) || template.startsWith(`${plain}.`);
  });
}

/** A clone's labels, those of its selector first: they cannot be changed, so what a person does to the others does not hide it. */
export function identityLabels(object: KubeObject): Strings {
  return {...object.metadata.labels, ...strings(asObject(asObject(object['spec'])['selector'])['matchLabels'])};
}

/** Parking such a workload would destroy its volumes: the API deletes claims when it is scaled down. */
export function losesVolumesWhenParked(workload: Workload): boolean {
  const {volumeRetention} = kindOf(workload);
  return volumeRetention !== undefined && asObject(valueAt(workload.object, volumeRetention))['whenScaled'] === 'Delete';
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

/** Where the pods of a replica are unlike, such as a leader and its workers: whether this is the one that serves. */
export function standsForReplica({metadata}: KubeObject, {standsForGroup = {}}: Pick<WorkloadKind, 'standsForGroup'>): boolean {
  return Object.entries(standsForGroup).every(([key, value]) => metadata.labels?.[key] === value);
}

export function isPodReady(pod: KubeObject): boolean {
  const status = asObject(pod['status']);
  const conditions = status['conditions'];
  if (pod.metadata.deletionTimestamp !== undefined || status['phase'] !== 'Running' || !Array.isArray(conditions)) return false;
  return conditions.some((raw) => asObject(raw)['type'] === 'Ready' && asObject(raw)['status'] === 'True');
}
