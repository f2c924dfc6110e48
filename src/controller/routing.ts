/**
 * Which RSGs a change can matter to. A namespace may hold a thousand of them, and each of their pods changes several times: looking at all
 * of them each time would take longer than the next change. What cannot be told apart goes to everyone who reads such objects.
 */
import type {KubeObject} from '../api/objects.ts';
import {asObject, strings} from '../api/json.ts';
import {LABELS} from '../api/labels.ts';
import {identityLabels} from '../api/workload.ts';
import type {Indexer, Store} from '../kube/store.ts';
import type {WatchedChange, Watches} from '../kube/watches.ts';

/** Index of RSGs by `namespace/name` of what they name as targets, of any kind. */
export const BY_TARGET = 'target';

export const targetIndexer: Indexer = (rsg) => {
  const {targetResources} = asObject(asObject(rsg['spec'])['group']);
  if (!Array.isArray(targetResources)) return [];
  return targetResources.map((target: unknown) => {
    const {namespace, name} = strings(target);
    return nameOf(namespace ?? rsg.metadata.namespace, name);
  });
};

/** Around the members: each of them may say something about any RSG of the namespace, such as an HPA or a Service of somebody. */
const SURROUNDINGS: ReadonlySet<string> = new Set(['Service', 'HorizontalPodAutoscaler', 'ScaledObject', 'ConfigMap', 'Event']);
/** Below the members: they matter to no one but whose they are. */
const BELOW: ReadonlySet<string> = new Set(['Pod', 'ReplicaSet', 'ControllerRevision']);
/** A pod of a LeaderWorkerSet has five owners above it; more than this is a circle. */
const MAX_OWNERS = 10;

/** `rsgs` is indexed by `BY_TARGET`. Answers keys, `namespace/name`. */
export function concerned({type, now, before, ...change}: WatchedChange, deps: {rsgs: Store; watches: Watches}): ReadonlySet<string> {
  const keys = new Set([now, before].flatMap((object) => (object === undefined ? [] : owners(object, change.namespace, deps))));
  if (SURROUNDINGS.has(type.kind)) return keys.size > 0 && isOurs(now ?? before) ? keys : change.users;
  // A workload that comes or goes may take or free a name that some group needs.
  const isNameNews = now === undefined || before === undefined;
  return keys.size === 0 && isNameNews && !BELOW.has(type.kind) ? change.users : keys;
}

/** By the marks of the object and of all that it belongs to, and by the names of those. */
function owners(object: KubeObject, namespace: string, {rsgs, watches}: {rsgs: Store; watches: Watches}): string[] {
  const found: KubeObject[] = [];
  let one: KubeObject | undefined = object;
  for (let hop = 0; one !== undefined && hop < MAX_OWNERS; hop += 1) {
    found.push(...markedBy(one, rsgs), ...rsgs.by(BY_TARGET, nameOf(namespace, one.metadata.name)));
    const owner: string | undefined = one.metadata.ownerReferences?.find(({controller}) => controller === true)?.uid;
    one = owner === undefined ? undefined : watches.byUid(namespace, owner);
  }
  return found.map(({metadata}) => nameOf(metadata.namespace, metadata.name));
}

function markedBy(object: KubeObject, rsgs: Store): KubeObject[] {
  const {labels = {}} = object.metadata;
  const uids = [identityLabels(object)[LABELS.rsgUid], labels[LABELS.claimedBy], labels[LABELS.sourceOf]];
  return uids.flatMap((uid) => (uid === undefined ? [] : (rsgs.byUid(uid) ?? [])));
}

/** A companion, made by an RSG for one of its groups. */
function isOurs(object: KubeObject | undefined): boolean {
  return object?.metadata.labels?.[LABELS.rsgUid] !== undefined;
}

const nameOf = (namespace: string | undefined, name: string | undefined): string => `${namespace ?? ''}/${name ?? ''}`;
