/**
 * The local copy of what a watch reported, with indexes. Writers put the API server's answers in as well (`apply`), so that a decision
 * never comes from before one's own last write. The newest version wins, whoever brought it.
 */
import type {KubeObject} from '../api/objects.ts';

export type Indexer = (object: KubeObject) => readonly string[];

export interface StoreOptions {
  readonly indexers?: Readonly<Record<string, Indexer>>;
  /** Drops what nobody reads, to save memory. */
  readonly transform?: (object: KubeObject) => KubeObject;
}

export type Change = (now: KubeObject | undefined, before: KubeObject | undefined) => void;

export interface Store {
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  byUid(uid: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /** Objects whose indexer of this name answered `value`. */
  by(index: string, value: string): readonly KubeObject[];
  apply(object: KubeObject): void;
  remove(object: KubeObject): void;
  /** Takes a complete list read at `resourceVersion`; what is newer than that stays. */
  replace(objects: readonly KubeObject[], resourceVersion: string): void;
  /** Takes a complete list as it is, after the server's history went back (a restored etcd): versions seen before mean nothing. */
  reset(objects: readonly KubeObject[], resourceVersion: string): void;
  /** Returns the function that ends the subscription. */
  onChange(change: Change): () => void;
}

interface Entry {
  readonly object: KubeObject;
  readonly indexed: readonly string[];
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;
const MAX_TOMBSTONES = 4096;

/** Versions of one API server can be compared as integers (KEP-5504); a store holds objects of one only. */
export function version(text: string | undefined): bigint {
  return text !== undefined && /^\d+$/u.test(text) ? BigInt(text) : 0n;
}

export function createStore({indexers = {}, transform = (object) => object}: StoreOptions = {}): Store {
  const entries = new Map<string, Entry>();
  const uids = new Map<string, string>();
  const index = new Map<string, Set<string>>();
  /** Versions at which objects were deleted, so that a late answer to a write does not bring them back. */
  const tombstones = new Map<string, bigint>();
  let listedAt = -1n;
  const listeners = new Set<Change>();

  const unlink = (key: string, entry: Entry): void => {
    if (entry.object.metadata.uid !== undefined) uids.delete(entry.object.metadata.uid);
    for (const value of entry.indexed) {
      const keys = index.get(value);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(value);
    }
  };
  const link = (key: string, object: KubeObject): void => {
    const indexed = Object.entries(indexers).flatMap(([name, indexer]) => indexer(object).map((value) => `${name}\n${value}`));
    entries.set(key, {object, indexed});
    if (object.metadata.uid !== undefined) uids.set(object.metadata.uid, key);
    for (const value of indexed) {
      const keys = index.get(value) ?? new Set();
      index.set(value, keys.add(key));
    }
  };
  const notify: Change = (now, before) => {
    for (const listener of listeners) listener(now, before);
  };
  const objectsOf = (keys: Iterable<string>): KubeObject[] => [...keys].flatMap((key) => entries.get(key)?.object ?? []);

  const put = (raw: KubeObject, known: bigint): void => {
    const key = keyOf(raw.metadata.namespace, raw.metadata.name);
    if (version(raw.metadata.resourceVersion) <= known) return;
    const before = entries.get(key);
    if (before !== undefined) unlink(key, before);
    const object = transform(raw);
    link(key, object);
    notify(object, before?.object);
  };
  const knownOf = ({metadata}: KubeObject): bigint => {
    const key = keyOf(metadata.namespace, metadata.name);
    const before = entries.get(key);
    return before === undefined ? (tombstones.get(metadata.uid ?? key) ?? -1n) : version(before.object.metadata.resourceVersion);
  };
  const apply = (object: KubeObject): void => {
    const known = knownOf(object);
    // What the last list did not have, though it is older, is gone.
    const absent = entries.get(keyOf(object.metadata.namespace, object.metadata.name)) === undefined;
    put(object, absent && known < listedAt ? listedAt : known);
  };
  const drop = (key: string, at: bigint): void => {
    const before = entries.get(key);
    if (before === undefined) return;
    unlink(key, before);
    entries.delete(key);
    tombstones.set(before.object.metadata.uid ?? key, at);
    if (tombstones.size > MAX_TOMBSTONES)
      for (const oldest of [...tombstones.keys()].slice(0, MAX_TOMBSTONES / 2)) tombstones.delete(oldest);
    notify(undefined, before.object);
  };

  return {
    get: (namespace, name) => entries.get(keyOf(namespace, name))?.object,
    byUid: (uid) => entries.get(uids.get(uid) ?? '')?.object,
    list: () => [...entries.values()].map((entry) => entry.object),
    by: (name, value) => objectsOf(index.get(`${name}\n${value}`) ?? []),
    apply,
    remove: (object) => {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const before = entries.get(key)?.object;
      // A new object of the same name may have come first.
      if (before?.metadata.uid === object.metadata.uid) drop(key, version(object.metadata.resourceVersion));
    },
    replace: (objects, resourceVersion) => {
      const at = version(resourceVersion);
      const listed = new Set(objects.map((object) => keyOf(object.metadata.namespace, object.metadata.name)));
      for (const object of objects) put(object, knownOf(object));
      listedAt = at;
      for (const [key, {object}] of entries) {
        if (!listed.has(key) && version(object.metadata.resourceVersion) <= at) drop(key, at);
      }
    },
    reset: (objects, resourceVersion) => {
      const listed = new Map(objects.map((object) => [keyOf(object.metadata.namespace, object.metadata.name), object]));
      for (const [key, {object}] of entries) {
        // A changed version is news even where it is lower, and another uid is another object.
        if (listed.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion) drop(key, -1n);
      }
      tombstones.clear();
      for (const object of objects) put(object, knownOf(object));
      listedAt = version(resourceVersion);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
