/** The watches that RSGs need, started when the first one needs them and stopped after the last: nothing is watched where no RSG is. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {apiVersionOf} from '../api/objects.ts';
import {LABELS} from '../api/labels.ts';
import type {ListQuery} from './client.ts';
import {startReflector, type Reflector, type ReflectorDeps} from './reflector.ts';
import {createStore, type Indexer, type Store} from './store.ts';
import {asObject, strings} from '../api/json.ts';
import {identityLabels} from '../api/workload.ts';

export const POD: ResourceType = {group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true};
export const SERVICE: ResourceType = {group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true};
export const REPLICA_SET: ResourceType = {group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true};
export const HPA: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};

/** By uid of the controlling owner. */
export const BY_OWNER = 'owner';
/** By uid of the RSG that made the object. */
export const BY_RSG = 'rsg';
/** By uid of the RSG that claimed the object, an original. */
export const BY_CLAIM = 'claim';
/** By uid of the RSG whose source the object, a ControllerRevision, holds. */
export const BY_SOURCE_OF = 'source-of';

/** What reads the cluster for a decision needs: watches here, one-off lists (`one-off-lists.ts`) in the command line. */
export interface Lookup {
  /** The store of a query, complete; throws (retry later) while its first list has not come. */
  need(rsgKey: string, query: ListQuery & {namespace: string}): Promise<Store>;
  /** Ends the interest of an RSG in whatever `need` has not been asked for since the last call. */
  settle(rsgKey: string): void;
}

export interface Watches extends Lookup {
  /** Puts an API server's answer to a write into the store that watches it. */
  apply(type: ResourceType, object: KubeObject): void;
  /** The same for an object that is gone. */
  remove(type: ResourceType, object: KubeObject): void;
  /** Ends every interest of an RSG that is gone. */
  forget(rsgKey: string): void;
  /** The object with this uid, of whatever kind that is watched in the namespace. */
  byUid(namespace: string, uid: string): KubeObject | undefined;
}

/** News of one object: at least one of `now` and `before` is there. */
export interface WatchedChange {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly now: KubeObject | undefined;
  readonly before: KubeObject | undefined;
  /** RSGs that read objects of this kind in this namespace. */
  readonly users: ReadonlySet<string>;
}

interface Entry {
  readonly query: ListQuery & {namespace: string};
  readonly store: Store;
  readonly reflector: Reflector;
  readonly stop: AbortController;
  readonly users: Set<string>;
}

const FIRST_LIST_MS = 10_000;

/** An empty store with the four indexes, which drops what nobody reads. */
export function storeOf(type: ResourceType): Store {
  return createStore({
    indexers: {
      [BY_OWNER]: (object) => (object.metadata.ownerReferences ?? []).filter((one) => one.controller === true).map((one) => one.uid),
      [BY_RSG]: (object) => {
        const uid = identityLabels(object)[LABELS.rsgUid];
        return uid === undefined ? [] : [uid];
      },
      [BY_CLAIM]: labelOf(LABELS.claimedBy),
      [BY_SOURCE_OF]: labelOf(LABELS.sourceOf),
    },
    transform: type === POD ? trimPod : SPEC_ONLY.has(type.kind) ? trimStatus : trimObject,
  });
}

function labelOf(key: string): Indexer {
  return ({metadata}) => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [value];
  };
}

export function createWatches(onChange: (change: WatchedChange) => void, deps: ReflectorDeps, signal: AbortSignal): Watches {
  const byNamespace = new Map<string, Map<string, Entry>>();
  /** By RSG: what it has asked for since it last settled, and what it had by then. */
  const asked = new Map<string, Map<string, Entry>>();
  const settled = new Map<string, ReadonlyMap<string, Entry>>();

  const start = (query: ListQuery & {namespace: string}): Entry => {
    const {type, namespace} = query;
    const store = storeOf(type);
    const stop = new AbortController();
    const users = new Set<string>();
    store.onChange((now, before) => {
      if (matters(now, before)) onChange({type, namespace, now, before, users});
    });
    const reflector = startReflector({query, store}, deps, AbortSignal.any([signal, stop.signal]));
    return {query, store, reflector, stop, users};
  };
  const keepOnly = (rsgKey: string, wanted: ReadonlyMap<string, Entry>): void => {
    for (const [key, entry] of settled.get(rsgKey) ?? []) {
      if (wanted.has(key) || !entry.users.delete(rsgKey) || entry.users.size > 0) continue;
      const {namespace} = entry.query;
      entry.stop.abort();
      byNamespace.get(namespace)?.delete(key);
      if (byNamespace.get(namespace)?.size === 0) byNamespace.delete(namespace);
    }
    asked.delete(rsgKey);
    if (wanted.size === 0) settled.delete(rsgKey);
    else settled.set(rsgKey, wanted);
  };
  const entriesIn = (namespace: string | undefined): Entry[] => [...(byNamespace.get(namespace ?? '')?.values() ?? [])];

  /** A label selector is a list of keys here, so whether a store takes the object can be told; a field selector's store hears from its watch. */
  const watching = (type: ResourceType, {metadata}: KubeObject): Entry[] =>
    entriesIn(metadata.namespace).filter(({query}) => {
      if (query.fieldSelector !== undefined || type.plural !== query.type.plural || type.group !== query.type.group) return false;
      return (query.labelSelector?.split(',') ?? []).every((key) => metadata.labels?.[key] !== undefined);
    });

  return {
    need: async (rsgKey, query) => {
      const key = keyOf(query);
      const entries = byNamespace.get(query.namespace) ?? new Map<string, Entry>();
      const entry = entries.get(key) ?? start(query);
      byNamespace.set(query.namespace, entries.set(key, entry));
      entry.users.add(rsgKey);
      asked.set(rsgKey, (asked.get(rsgKey) ?? new Map<string, Entry>()).set(key, entry));
      if (!entry.reflector.hasSynced()) await Promise.race([entry.reflector.synced, deps.clock.sleep(FIRST_LIST_MS, signal)]);
      if (!entry.reflector.hasSynced()) {
        throw new Error(`${query.type.plural} in ${query.namespace} cannot be listed yet: ${entry.reflector.lastError() ?? 'no answer'}`);
      }
      return entry.store;
    },
    settle: (rsgKey) => {
      keepOnly(rsgKey, asked.get(rsgKey) ?? new Map());
    },
    forget: (rsgKey) => {
      settled.set(rsgKey, new Map([...(settled.get(rsgKey) ?? []), ...(asked.get(rsgKey) ?? [])]));
      keepOnly(rsgKey, new Map());
    },
    apply: (type, object) => {
      for (const {store} of watching(type, object)) store.apply(object);
    },
    remove: (type, object) => {
      for (const {store} of watching(type, object)) store.remove(object);
    },
    byUid: (namespace, uid) => {
      for (const {store} of entriesIn(namespace)) {
        const found = store.byUid(uid);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function keyOf(query: ListQuery & {namespace: string}): string {
  const {type, namespace, labelSelector = '', fieldSelector = '', metadataOnly = false} = query;
  return [apiVersionOf(type), type.plural, namespace, labelSelector, fieldSelector, metadataOnly].join(' ');
}

/** A pod's heartbeat, or a change of what is trimmed away, is no news. */
function matters(now: KubeObject | undefined, before: KubeObject | undefined): boolean {
  if (now === undefined || before === undefined) return true;
  return JSON.stringify(withoutVersion(now)) !== JSON.stringify(withoutVersion(before));
}

function withoutVersion(object: KubeObject): KubeObject {
  const {resourceVersion: _version, ...metadata} = object.metadata;
  return {...object, metadata};
}

function trimObject(object: KubeObject): KubeObject {
  const {managedFields: _fields, ...metadata} = {managedFields: undefined, ...object.metadata};
  return {...object, metadata};
}

/** Kinds whose status changes often and is read by nobody here: an HPA reports what it sees every few seconds. */
const SPEC_ONLY: ReadonlySet<string> = new Set(['HorizontalPodAutoscaler', 'ScaledObject', 'Service']);

function trimStatus(object: KubeObject): KubeObject {
  const {status: _status, ...rest} = {status: undefined, ...trimObject(object)};
  return rest;
}

function trimPod(pod: KubeObject): KubeObject {
  const {name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences} = pod.metadata;
  const status = asObject(pod['status']);
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].map((one) => strings(one)) : [];
  const ready = conditions.filter((one) => one['type'] === 'Ready').map((one) => ({type: 'Ready', status: one['status']}));
  const metadata = {name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences};
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: defined(metadata),
    spec: addressing(asObject(pod['spec'])),
    status: {phase: status['phase'], conditions: ready, podIP: status['podIP']},
  };
}

/** What is needed to reach a pod's ports by name. */
function addressing(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const ports = (containers: unknown): unknown =>
    Array.isArray(containers) ? containers.map(asObject).flatMap((one) => (one['ports'] === undefined ? [] : [{ports: one['ports']}])) : [];
  return {hostNetwork: spec['hostNetwork'], containers: ports(spec['containers']), initContainers: ports(spec['initContainers'])};
}

function defined(metadata: {[K in keyof KubeObject['metadata']]: KubeObject['metadata'][K] | undefined}): KubeObject['metadata'] {
  return {name: '', ...Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined))};
}
