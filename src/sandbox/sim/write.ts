/** What a simulated controller asks for: writes as values, so that each controller is a pure function of what is stored. */
import type {KubeObject, OwnerReference, ResourceType} from '../../api/objects.ts';

export type Write =
  | {readonly do: 'create' | 'update' | 'status'; readonly type: ResourceType; readonly object: KubeObject}
  | {readonly do: 'delete'; readonly type: ResourceType; readonly object: KubeObject}
  /** The last step of a graceful deletion, which only the kubelet takes: the object is gone afterwards. */
  | {readonly do: 'remove'; readonly type: ResourceType; readonly object: KubeObject}
  | Told;

/** An event about an object. */
export interface Told {
  readonly do: 'event';
  readonly type: 'Normal' | 'Warning';
  readonly object: KubeObject;
  readonly reason: string;
  readonly message: string;
  /** Who says so, where it is not the controller that asks for the write. */
  readonly by?: string;
}

export function told(object: KubeObject, reason: string, message: string): Told {
  return {do: 'event', type: 'Normal', object, reason, message};
}

export interface Outcome {
  /** In order; the first that fails ends the round, and the controller looks again. */
  readonly writes: readonly Write[];
  /** When time alone changes the outcome: milliseconds since the epoch. */
  readonly dueAt?: number | undefined;
}

export const NOTHING: Outcome = {writes: []};

/** The reference by which `owner` controls its dependants. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const {apiVersion, kind, metadata} = owner;
  return {apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true};
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** The object with other metadata; what is undefined is taken out. */
export function withMetadata(object: KubeObject, change: Partial<KubeObject['metadata']>): KubeObject {
  return {...object, metadata: {...object.metadata, ...change}};
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The earlier of two times, either of which may be missing. */
export function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** Milliseconds since the epoch; 0 where the object has no time yet. */
export function createdAt({metadata}: KubeObject): number {
  return metadata.creationTimestamp === undefined ? 0 : Date.parse(metadata.creationTimestamp);
}
