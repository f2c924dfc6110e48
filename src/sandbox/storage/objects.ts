/** The objects themselves, by kind, namespace and name, with an index of who is owned by whom. Knows no rules. */
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import {qualified} from '../api-error.ts';

export interface StoredObject {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

export interface Objects {
  /** Sorted by namespace and name, as etcd's keys are. */
  list(type: ResourceType, namespace?: string): readonly KubeObject[];
  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined;
  put(type: ResourceType, object: KubeObject): void;
  remove(type: ResourceType, object: KubeObject): void;
  /** Every object that names this uid as an owner. */
  dependents(uid: string): readonly StoredObject[];
  byUid(uid: string): StoredObject | undefined;
  inNamespace(namespace: string): readonly StoredObject[];
}

const SEPARATOR = '\u0000';

/** Versions of one kind are one set of objects. */
const tableOf = (type: ResourceType): string => qualified(type);
const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}${SEPARATOR}${name}`;

interface Table {
  readonly type: ResourceType;
  readonly byKey: Map<string, KubeObject>;
  sorted: readonly string[] | undefined;
}

export function createObjects(): Objects {
  const tables = new Map<string, Table>();
  const uids = new Map<string, StoredObject>();
  const owned = new Map<string, Map<string, StoredObject>>();

  const table = (type: ResourceType): Table => {
    const name = tableOf(type);
    const known = tables.get(name) ?? {type, byKey: new Map<string, KubeObject>(), sorted: undefined};
    tables.set(name, known);
    return known;
  };
  const unlink = (object: KubeObject): void => {
    const uid = object.metadata.uid ?? '';
    uids.delete(uid);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const all = owned.get(owner.uid);
      all?.delete(uid);
      if (all?.size === 0) owned.delete(owner.uid);
    }
  };
  const link = (type: ResourceType, object: KubeObject): void => {
    const uid = object.metadata.uid ?? '';
    uids.set(uid, {type, object});
    for (const owner of object.metadata.ownerReferences ?? []) {
      const all = owned.get(owner.uid) ?? new Map<string, StoredObject>();
      owned.set(owner.uid, all);
      all.set(uid, {type, object});
    }
  };
  const sortedKeys = (one: Table): readonly string[] => (one.sorted ??= [...one.byKey.keys()].sort());

  return {
    list: (type, namespace) => {
      const one = table(type);
      const prefix = namespace === undefined ? '' : `${namespace}${SEPARATOR}`;
      return sortedKeys(one).flatMap((key) => (key.startsWith(prefix) ? (one.byKey.get(key) ?? []) : []));
    },
    get: (type, namespace, name) => table(type).byKey.get(keyOf(namespace, name)),
    put: (type, object) => {
      const one = table(type);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const before = one.byKey.get(key);
      if (before === undefined) one.sorted = undefined;
      else unlink(before);
      one.byKey.set(key, object);
      link(type, object);
    },
    remove: (type, object) => {
      const one = table(type);
      if (one.byKey.delete(keyOf(object.metadata.namespace, object.metadata.name))) one.sorted = undefined;
      unlink(object);
    },
    dependents: (uid) => [...(owned.get(uid)?.values() ?? [])],
    byUid: (uid) => uids.get(uid),
    inNamespace: (namespace) => [...uids.values()].filter(({object}) => object.metadata.namespace === namespace),
  };
}
