/**
 * The object store in memory. Every write goes through `commit`, which gives it the next resourceVersion, keeps it in the history and tells
 * the listeners; a write made by a listener is told after the one that caused it, so that all listeners see one order.
 */
import {isDeepStrictEqual} from 'node:util';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Random} from '../../runtime/random.ts';
import {alreadyExists, ApiError, conflict, invalid, noSuchResource, notFound} from '../api-error.ts';
import type {Kind, Kinds} from '../kinds/kind.ts';
import type {ChangeEvent, DeleteOptions, ObjectStore, WriteOptions} from '../object-store.ts';
import {decideDelete, isDue} from './deletion.ts';
import {deepFreeze} from './freeze.ts';
import {createGarbageCollector} from './garbage-collector.ts';
import {createHistory} from './history.ts';
import {asCreated, asUpdated, withStatus} from './metadata.ts';
import {validateMetadata, validateMetadataUpdate} from './metadata-validation.ts';
import {admitToNamespace, assertDeletable} from './namespaces.ts';
import {createObjects} from './objects.ts';
import {applyScale} from './scale.ts';

export interface StoreOptions {
  /** How many changes a watch can start behind. */
  readonly historyLimit: number;
}

interface Deps {
  readonly kinds: Kinds;
  readonly clock: Clock;
  readonly random: Random;
  readonly uid: () => string;
}

export interface MemoryStore extends ObjectStore {
  /** The changes after `version`; undefined when some are forgotten. */
  since(version: number): readonly ChangeEvent[] | undefined;
}

export function createMemoryStore({historyLimit}: StoreOptions, {kinds, clock, random, uid}: Deps): MemoryStore {
  const objects = createObjects();
  const history = createHistory(historyLimit);
  const listeners = new Set<(event: ChangeEvent) => void>();
  const pending: ChangeEvent[] = [];
  let version = 0;
  let telling = false;

  const kindOf = (type: ResourceType): Kind => {
    const kind = kinds.find(type);
    if (kind === undefined) throw noSuchResource();
    return kind;
  };
  const tell = (event: ChangeEvent): void => {
    history.push(event);
    pending.push(event);
    if (telling) return;
    telling = true;
    try {
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        collector.onChange(next);
        for (const listener of [...listeners]) listener(next);
      }
    } finally {
      telling = false;
    }
  };
  const commit = (change: Pick<ChangeEvent, 'type' | 'before'>, kind: Kind, object: KubeObject): KubeObject => {
    version += 1;
    const stored = deepFreeze({...object, metadata: {...object.metadata, resourceVersion: String(version)}});
    if (change.type === 'DELETED') objects.remove(kind.type, stored);
    else objects.put(kind.type, stored);
    tell({...change, resource: kind.type, object: stored});
    return stored;
  };
  const existing = (type: ResourceType, namespace: string | undefined, name: string): KubeObject => {
    const object = objects.get(type, namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  };
  /** Writes the changed object, or removes it where that was all it was waiting for. */
  const settle = (kind: Kind, {before, after, dryRun}: {before: KubeObject; after: KubeObject; dryRun: boolean}): KubeObject => {
    if (dryRun || isDeepStrictEqual(after, before)) return after;
    if (isDue(kind, after)) return commit({type: 'DELETED', before}, kind, after);
    return commit({type: 'MODIFIED', before}, kind, after);
  };

  const create = (type: ResourceType, input: KubeObject, {dryRun = false}: {readonly dryRun?: boolean} = {}): KubeObject => {
    const kind = kindOf(type);
    if ((input.metadata.resourceVersion ?? '') !== '') {
      throw new ApiError('InternalError', 'resourceVersion should not be set on objects to be created');
    }
    const {object: decoded} = kind.decode(input);
    const stamped = asCreated(kind, decoded, {now: clock.now(), uid: uid(), random});
    const object = kind.defaults(stamped, undefined);
    admitToNamespace(kind.type, object, objects);
    const {name, namespace} = object.metadata;
    refuse(kind, object, [...validateMetadata(kind, object), ...kind.validate(object, undefined)]);
    if (objects.get(kind.type, namespace, name) !== undefined) throw alreadyExists(kind.type, name);
    if (dryRun) return object;
    refuse(kind, object, kind.allocate(object));
    return commit({type: 'ADDED'}, kind, object);
  };

  const update = (type: ResourceType, input: KubeObject, {subresource, dryRun = false}: WriteOptions = {}): KubeObject => {
    const kind = kindOf(type);
    const before = existing(kind.type, input.metadata.namespace, input.metadata.name);
    assertCurrent(kind, input, before);
    if (subresource === 'scale') return update(type, applyScale(kind, before, input), {dryRun});
    const {object: decoded} = kind.decode(input);
    const merged = subresource === 'status' ? withStatus(kind, decoded, before) : asUpdated(kind, decoded, before);
    const after = kind.defaults(merged, before);
    refuse(kind, after, [...validateMetadata(kind, after), ...validateMetadataUpdate(after, before), ...kind.validate(after, before)]);
    if (!dryRun) refuse(kind, after, kind.allocate(after));
    return settle(kind, {before, after, dryRun});
  };

  const remove = (
    type: ResourceType,
    {namespace, name}: {readonly namespace?: string | undefined; readonly name: string},
    options: DeleteOptions = {},
  ): KubeObject => {
    const kind = kindOf(type);
    const before = existing(kind.type, namespace, name);
    assertDeletable(kind.type, name);
    assertPreconditions(kind, before, options);
    const decision = decideDelete(kind, before, {options, now: clock.now()});
    if (options.dryRun === true) return decision.remove ? before : decision.object;
    if (decision.remove) return commit({type: 'DELETED', before}, kind, before);
    return settle(kind, {before, after: decision.object, dryRun: false});
  };

  const collector = createGarbageCollector({objects, kinds, update: settle, remove});

  return {
    list: (type, namespace) => objects.list(type, namespace),
    get: (type, namespace, name) => objects.get(type, namespace, name),
    create,
    update,
    delete: remove,
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    resources: () => kinds.all().map(({type}) => type),
    resourceVersion: () => String(version),
    since: (from) => history.since(from),
  };
}

function refuse(kind: Kind, object: KubeObject, causes: Parameters<typeof invalid>[2]): void {
  if (causes.length > 0) throw invalid(kind.type, object.metadata.name, causes);
}

function assertCurrent({type}: Kind, {metadata}: KubeObject, before: KubeObject): void {
  const {uid, resourceVersion} = metadata;
  if (uid !== undefined && uid !== '' && uid !== before.metadata.uid) throw conflict(type, metadata.name, uidMismatch(uid, before));
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== before.metadata.resourceVersion) {
    throw conflict(type, metadata.name);
  }
}

function assertPreconditions({type}: Kind, object: KubeObject, {uid, resourceVersion}: DeleteOptions): void {
  const {metadata} = object;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      type,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). ${GONE}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const record = metadata.resourceVersion ?? '';
    const what = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${record}).`;
    throw conflict(type, metadata.name, `${what} The object might have been modified`);
  }
}

const GONE = 'The object might have been deleted and then recreated';

const uidMismatch = (uid: string, {metadata}: KubeObject): string =>
  `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`;
