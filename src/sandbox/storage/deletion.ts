/** What a DELETE does to an object at once: remove it, or mark it and let finalizers or the kubelet have the last word. Pure. */
import {asObject} from '../../api/json.ts';
import type {KubeObject, ObjectMeta} from '../../api/objects.ts';
import {timestamp} from '../../runtime/clock.ts';
import type {Kind} from '../kinds/kind.ts';
import type {DeleteOptions} from '../object-store.ts';
import {isHeldNamespace} from './namespaces.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

const DEFAULT_GRACE_SECONDS = 30;

export type DeleteDecision = {readonly remove: true} | {readonly remove: false; readonly object: KubeObject};

export function decideDelete(kind: Kind, object: KubeObject, {options, now}: {options: DeleteOptions; now: number}): DeleteDecision {
  const finalizers = finalizersAfter(object, options.propagation);
  const grace = kind.graceful ? graceSeconds(object, options) : 0;
  if (finalizers.length === 0 && grace === 0 && !isHeldNamespace(kind.type, object)) return {remove: true};
  const {finalizers: _finalizers, ...metadata} = object.metadata;
  const marked: ObjectMeta = {
    ...metadata,
    ...deletionMark(object, {grace, now}),
    ...(finalizers.length > 0 ? {finalizers} : {}),
  };
  const status = isHeldNamespace(kind.type, object) ? {status: {phase: 'Terminating'}} : {};
  return {remove: false, object: {...object, metadata: marked, ...status}};
}

/** The first DELETE sets the mark; a later one can only shorten the grace period. */
function deletionMark({metadata}: KubeObject, {grace, now}: {grace: number; now: number}): Partial<ObjectMeta> {
  const {deletionTimestamp, generation} = metadata;
  const before: unknown = asObject(metadata)['deletionGracePeriodSeconds'];
  if (deletionTimestamp !== undefined && typeof before === 'number' && before <= grace) return {};
  return {
    deletionTimestamp: timestamp(now + grace * 1000),
    ...(generation === undefined || deletionTimestamp !== undefined ? {} : {generation: generation + 1}),
    ...{deletionGracePeriodSeconds: grace},
  };
}

/** The propagation policy is kept as a finalizer until the garbage collector has done it. */
function finalizersAfter({metadata}: KubeObject, propagation: DeleteOptions['propagation']): readonly string[] {
  const others = (metadata.finalizers ?? []).filter((one) => propagation === undefined || (one !== FOREGROUND && one !== ORPHAN));
  if (propagation === 'Foreground') return [...others, FOREGROUND];
  return propagation === 'Orphan' ? [...others, ORPHAN] : others;
}

/** A pod that runs nowhere, or has ended, has nothing to end gracefully. */
function graceSeconds(pod: KubeObject, {gracePeriodSeconds}: DeleteOptions): number {
  const spec = asObject(pod['spec']);
  const phase = asObject(pod['status'])['phase'];
  if (spec['nodeName'] === undefined || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = spec['terminationGracePeriodSeconds'];
  return gracePeriodSeconds ?? (typeof own === 'number' ? own : DEFAULT_GRACE_SECONDS);
}

/** Marked, with nobody left who wants a say. */
export function isDue(kind: Kind, object: KubeObject): boolean {
  const {metadata} = object;
  if (isHeldNamespace(kind.type, object)) return false;
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return false;
  return !kind.graceful || (asObject(metadata)['deletionGracePeriodSeconds'] ?? 0) === 0;
}
