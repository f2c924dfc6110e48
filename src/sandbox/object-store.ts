/**
 * The sandbox's objects as code in the same process uses them: the simulators, the demo, tests. The HTTP server serves the same store,
 * so what is written here is seen by watches, and the same rules hold on both ways in:
 *
 * - Kinds are defaulted and validated as the real API server does; a refusal is a thrown `ApiError`.
 * - `create` sets uid, resourceVersion, creationTimestamp and generation, drops `status` of kinds with a status subresource, and takes
 *   `generateName`. `update` without subresource keeps status as it is; with `status` it changes nothing but status.
 * - `update` with `metadata.resourceVersion` is refused with Conflict when the object has moved since; without one it always wins.
 *   An update that changes nothing writes nothing and keeps the resourceVersion.
 * - `delete` of an object with finalizers, or of a running pod that has a grace period, only sets deletionTimestamp. Who plays the
 *   kubelet ends such a pod with `gracePeriodSeconds: 0`. An update that removes the last finalizer of such an object removes it.
 * - Garbage is collected by owner references, before `delete` returns where nothing holds it up (finalizers, grace periods).
 * - Objects are values: frozen, to be replaced by a changed copy, never changed.
 * - Listeners run synchronously, in the order of resourceVersions. A write from inside a listener takes effect at once; its event is
 *   delivered after the one being delivered.
 */
import type {KubeObject, ResourceType} from '../api/objects.ts';

export interface ChangeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceType;
  readonly object: KubeObject;
  /** The object before a MODIFIED. */
  readonly before?: KubeObject;
}

export interface WriteOptions {
  readonly subresource?: 'status' | 'scale';
  /** Everything but the write. */
  readonly dryRun?: boolean;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Background where not given. */
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  /** Pods only; the pod's own terminationGracePeriodSeconds where not given. */
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

export interface ObjectStore {
  list(type: ResourceType, namespace?: string): readonly KubeObject[];
  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Throws an ApiError: AlreadyExists, Invalid, NotFound (no such namespace), Forbidden (the namespace is being removed). */
  create(type: ResourceType, object: KubeObject, options?: {readonly dryRun?: boolean}): KubeObject;
  /** Throws an ApiError: NotFound, Conflict, Invalid. */
  update(type: ResourceType, object: KubeObject, options?: WriteOptions): KubeObject;
  /** Answers the object as it was when removed, or as it now waits for removal. Throws an ApiError: NotFound, Conflict. */
  delete(type: ResourceType, ref: {readonly namespace?: string | undefined; readonly name: string}, options?: DeleteOptions): KubeObject;
  /** Answers how to stop listening. */
  onChange(listener: (event: ChangeEvent) => void): () => void;
  /** Kinds served, built in and by CRD. */
  resources(): readonly ResourceType[];
  /** The newest resourceVersion written. */
  resourceVersion(): string;
}
