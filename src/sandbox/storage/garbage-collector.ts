/**
 * Removes what its owners leave behind, as the garbage collector and the namespace controller of a real cluster do.
 *
 * - Background: the owner goes first; then each dependent that has no owner left.
 * - Foreground: the owner waits, with the finalizer `foregroundDeletion`, until no dependent that blocks it is left.
 * - Orphan: dependents lose their reference to the owner, then the owner loses the finalizer `orphan`.
 * - A namespace that is being removed is emptied, and goes when it is empty.
 *
 * An owner of a kind that is not served may exist all the same: its dependents stay.
 */
import {groupVersionOf, type KubeObject, type OwnerReference} from '../../api/objects.ts';
import {isApiError} from '../api-error.ts';
import type {Kind, Kinds} from '../kinds/kind.ts';
import type {ChangeEvent, DeleteOptions, ObjectStore} from '../object-store.ts';
import {NAMESPACE} from '../resource-types.ts';
import {FOREGROUND, ORPHAN} from './deletion.ts';
import type {Objects, StoredObject} from './objects.ts';

interface Deps {
  readonly objects: Objects;
  readonly kinds: Kinds;
  readonly update: (kind: Kind, change: {before: KubeObject; after: KubeObject; dryRun: boolean}) => unknown;
  readonly remove: ObjectStore['delete'];
}

export interface GarbageCollector {
  onChange(event: ChangeEvent): void;
}

export function createGarbageCollector({objects, kinds, update, remove}: Deps): GarbageCollector {
  const owners = ({metadata}: KubeObject): readonly OwnerReference[] => metadata.ownerReferences ?? [];

  /** An owner that is not there any more, of a kind that would be. */
  const isAbsent = ({uid, apiVersion, kind}: OwnerReference): boolean => {
    if (objects.byUid(uid) !== undefined) return false;
    const {group, version} = groupVersionOf(apiVersion);
    return kinds.all().some(({type}) => type.group === group && type.version === version && type.kind === kind);
  };

  const write = ({type}: StoredObject, before: KubeObject, metadata: KubeObject['metadata']): void => {
    const kind = kinds.find(type);
    if (kind !== undefined) update(kind, {before, after: {...before, metadata}, dryRun: false});
  };

  const removeQuietly = ({type, object}: StoredObject, options: DeleteOptions): void => {
    const {name, namespace, uid, deletionTimestamp} = object.metadata;
    if (deletionTimestamp !== undefined) return;
    try {
      remove(type, {namespace, name}, {...options, ...(uid === undefined ? {} : {uid})});
    } catch (error) {
      // Something that was told of the same change was faster.
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    }
  };

  const current = ({type, object}: StoredObject): KubeObject | undefined => {
    const found = objects.get(type, object.metadata.namespace, object.metadata.name);
    return found?.metadata.uid === object.metadata.uid ? found : undefined;
  };

  const dropFinalizer = (stored: StoredObject, finalizer: string): void => {
    const object = current(stored);
    if (object?.metadata.finalizers?.includes(finalizer) !== true) return;
    const {finalizers = [], ...metadata} = object.metadata;
    const left = finalizers.filter((one) => one !== finalizer);
    write(stored, object, {...metadata, ...(left.length > 0 ? {finalizers: left} : {})});
  };

  const orphan = (owner: StoredObject): void => {
    for (const dependent of objects.dependents(owner.object.metadata.uid ?? '')) {
      const {ownerReferences = [], ...metadata} = dependent.object.metadata;
      const left = ownerReferences.filter(({uid}) => uid !== owner.object.metadata.uid);
      write(dependent, dependent.object, {...metadata, ...(left.length > 0 ? {ownerReferences: left} : {})});
    }
    dropFinalizer(owner, ORPHAN);
  };

  /** A dependent with another owner left only loses the reference; the last owner takes it along. */
  const release = (dependent: StoredObject, ownerUid: string, options: DeleteOptions): void => {
    const others = owners(dependent.object).filter((owner) => owner.uid !== ownerUid && !isAbsent(owner) && !isEnding(owner.uid));
    if (others.length > 0) write(dependent, dependent.object, {...dependent.object.metadata, ownerReferences: others});
    else removeQuietly(dependent, options);
  };

  const ending = new Set<string>();
  const isEnding = (uid: string): boolean => ending.has(uid);

  const advanceForeground = (owner: StoredObject): void => {
    const uid = owner.object.metadata.uid ?? '';
    const blocking = objects
      .dependents(uid)
      .filter(({object}) => owners(object).some((one) => one.uid === uid && one.blockOwnerDeletion === true));
    if (blocking.length === 0) dropFinalizer(owner, FOREGROUND);
  };

  const deleteForeground = (owner: StoredObject): void => {
    const uid = owner.object.metadata.uid ?? '';
    ending.add(uid);
    for (const dependent of objects.dependents(uid)) {
      // What a dependent owns itself goes before it, too.
      release(dependent, uid, {propagation: hasDependents(dependent) ? 'Foreground' : 'Background'});
    }
    advanceForeground(owner);
  };
  const hasDependents = ({object}: StoredObject): boolean => objects.dependents(object.metadata.uid ?? '').length > 0;

  const advanceOwners = ({object}: StoredObject): void => {
    for (const {uid} of owners(object)) {
      const owner = objects.byUid(uid);
      if (owner?.object.metadata.finalizers?.includes(FOREGROUND) === true && owner.object.metadata.deletionTimestamp !== undefined) {
        advanceForeground(owner);
      }
    }
  };

  const emptyNamespace = (name: string): void => {
    for (const content of objects.inNamespace(name)) removeQuietly(content, {propagation: 'Background'});
    const found = objects.get(NAMESPACE, undefined, name);
    if (found?.metadata.deletionTimestamp === undefined || objects.inNamespace(name).length > 0) return;
    dropNamespace(found);
  };
  const dropNamespace = (found: KubeObject): void => {
    const kind = kinds.find(NAMESPACE);
    // The namespace's own finalizer is in its spec, and this is who holds it.
    if (kind !== undefined) update(kind, {before: found, after: {...found, spec: {}}, dryRun: false});
  };

  const onRemoved = (stored: StoredObject): void => {
    const {uid = '', namespace} = stored.object.metadata;
    ending.delete(uid);
    for (const dependent of objects.dependents(uid)) release(dependent, uid, {propagation: 'Background'});
    advanceOwners(stored);
    const home = namespace === undefined ? undefined : objects.get(NAMESPACE, undefined, namespace);
    if (home?.metadata.deletionTimestamp !== undefined) emptyNamespace(home.metadata.name);
  };

  const onEnding = (stored: StoredObject): void => {
    const {name, finalizers = []} = stored.object.metadata;
    if (finalizers.includes(ORPHAN)) orphan(stored);
    if (finalizers.includes(FOREGROUND)) deleteForeground(stored);
    if (stored.type.plural === NAMESPACE.plural && stored.type.group === NAMESPACE.group) emptyNamespace(name);
  };

  return {
    onChange: ({type, resource, object}) => {
      const stored = {type: resource, object};
      if (type === 'DELETED') {
        onRemoved(stored);
        return;
      }
      if (object.metadata.deletionTimestamp !== undefined) onEnding(stored);
      const references = owners(object);
      if (references.length > 0 && references.every(isAbsent)) removeQuietly(stored, {propagation: 'Background'});
    },
  };
}
