/** The watches that RSGs need, started when the first one needs them and stopped after the last: nothing is watched where no RSG is. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {apiVersionOf} from '../api/objects.ts';
import {LABELS} from '../api/labels.ts';
import type {ListQuery} from './client.ts';
import {startReflector, type Reflector, type ReflectorDeps} from './reflector.ts';
import {createStore, type Store} from './store.ts';
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

export const BY_OWNER = 'owner';
export const BY_RSG = 'rsg';

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
  /** RSGs that need what is in this namespace. */
  interested(namespace: string): readonly string[];
}

interface Entry {
  readonly query: ListQuery & {namespace: string};
  readonly store: Store;
  readonly reflector: Reflector;
  readonly stop: AbortController;
  readonly users: Set<string>;
}

const FIRST_LIST_MS = 10_000;

/** An empty store with the indexes `BY_OWNER` and `BY_RSG`, which drops what nobody reads. */
export function storeOf(type: ResourceType): Store {
  return createStore({
    indexers: {
      [BY_OWNER]: (object) => (object.metadata.ownerReferences ?? []).filter((one) => one.controller === true).map((one) => one.uid),
      [BY_RSG]: (object) => {
        const uid = identityLabels(object)[LABELS.rsgUid];
        return uid === undefined ? [] : [uid];
      },
    },
    transform: type === POD ? trimPod : trimObject,
  });
}

export function createWatches(
  onChange: (object: KubeObject, namespace: string) => void,
  deps: ReflectorDeps,
  signal: AbortSignal,
): Watches {
  const entries = new Map<string, Entry>();
  const asked = new Map<string, Set<string>>();
  const keyOf = (query: ListQuery): string =>
    [
      apiVersionOf(query.type),
      query.type.plural,
      query.namespace ?? '',
      query.labelSelector ?? '',
      query.fieldSelector ?? '',
      query.metadataOnly === true,
    ].join(' ');

  const start = (query: ListQuery & {namespace: string}): Entry => {
    const store = storeOf(query.type);
    const stop = new AbortController();
    store.onChange((now, before) => {
      const changed = now ?? before;
      if (changed !== undefined && matters(now, before)) onChange(changed, query.namespace);
    });
    const reflector = startReflector({query, store}, deps, AbortSignal.any([signal, stop.signal]));
    return {query, store, reflector, stop, users: new Set()};
  };

  /** A label selector is a list of keys here, so whether a store takes the object can be told; a field selector's store hears from its watch. */
  const watching = (type: ResourceType, {metadata}: KubeObject): Entry[] =>
    [...entries.values()].filter(({query}) => {
      if (
        query.fieldSelector !== undefined ||
        query.namespace !== metadata.namespace ||
        type.plural !== query.type.plural ||
        type.group !== query.type.group
      )
        return false;
      return (query.labelSelector?.split(',') ?? []).every((key) => metadata.labels?.[key] !== undefined);
    });

  return {
    need: async (rsgKey, query) => {
      const key = keyOf(query);
      const entry = entries.get(key) ?? start(query);
      entries.set(key, entry);
      entry.users.add(rsgKey);
      const wanted = asked.get(rsgKey) ?? new Set();
      asked.set(rsgKey, wanted.add(key));
      if (!entry.reflector.hasSynced()) await Promise.race([entry.reflector.synced, deps.clock.sleep(FIRST_LIST_MS, signal)]);
      if (!entry.reflector.hasSynced()) {
        throw new Error(`${query.type.plural} in ${query.namespace} cannot be listed yet: ${entry.reflector.lastError() ?? 'no answer'}`);
      }
      return entry.store;
    },
    settle: (rsgKey) => {
      const wanted = asked.get(rsgKey) ?? new Set();
      asked.delete(rsgKey);
      for (const [key, entry] of entries) {
        if (wanted.has(key) || !entry.users.delete(rsgKey) || entry.users.size > 0) continue;
        entry.stop.abort();
        entries.delete(key);
      }
    },
    apply: (type, object) => {
      for (const {store} of watching(type, object)) store.apply(object);
    },
    remove: (type, object) => {
      for (const {store} of watching(type, object)) store.remove(object);
    },
    interested: (namespace) => {
      const users = [...entries.values()].filter((entry) => entry.query.namespace === namespace).flatMap((entry) => [...entry.users]);
      return [...new Set(users)];
    },
  };
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
