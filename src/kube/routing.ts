/**
 * Whose a changed object is: the way down from an RSG to its pods, gone the other way. What reads the same objects for many RSGs wakes only
 * those that a change can matter to.
 */
import type {KubeObject} from '../api/objects.ts';
import {asObject, strings} from '../api/json.ts';
import {LABELS} from '../api/labels.ts';
import {identityLabels} from '../api/workload.ts';
import type {Indexer, Store} from './store.ts';
import type {Watches} from './watches.ts';

/** Index of RSGs by `namespace/name` of what they name as targets, of any kind. */
export const BY_TARGET = 'target';

export const targetIndexer: Indexer = (rsg) => {
  const {targetResources} = asObject(asObject(rsg['spec'])['group']);
  if (!Array.isArray(targetResources)) return [];
  return targetResources.map((target: unknown) => {
    const {namespace, name} = strings(target);
    return keyOf(namespace ?? rsg.metadata.namespace, name);
  });
};

export interface RoutingDeps {
  /** Indexed by `BY_TARGET`. */
  readonly rsgs: Store;
  readonly watches: Pick<Watches, 'byUid'>;
}

/** A pod of a LeaderWorkerSet has five owners above it; more than this is a circle. */
const MAX_OWNERS = 10;

/** Keys, `namespace/name`, of RSGs: by the marks of the object and of all that it belongs to, and by the names of those. */
export function ownersOf(object: KubeObject, namespace: string, {rsgs, watches}: RoutingDeps): string[] {
  const found: KubeObject[] = [];
  let one: KubeObject | undefined = object;
  for (let hop = 0; one !== undefined && hop < MAX_OWNERS; hop += 1) {
    found.push(...markedBy(one, rsgs), ...rsgs.by(BY_TARGET, keyOf(namespace, one.metadata.name)));
    const owner: string | undefined = one.metadata.ownerReferences?.find(({controller}) => controller === true)?.uid;
    one = owner === undefined ? undefined : watches.byUid(namespace, owner);
  }
  return found.map(({metadata}) => keyOf(metadata.namespace, metadata.name));
}

function markedBy(object: KubeObject, rsgs: Store): KubeObject[] {
  const {labels = {}} = object.metadata;
  const uids = [identityLabels(object)[LABELS.rsgUid], labels[LABELS.claimedBy], labels[LABELS.sourceOf]];
  return uids.flatMap((uid) => (uid === undefined ? [] : (rsgs.byUid(uid) ?? [])));
}

export const keyOf = (namespace: string | undefined, name: string | undefined): string => `${namespace ?? ''}/${name ?? ''}`;
