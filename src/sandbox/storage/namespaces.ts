/** Objects live in namespaces that exist, and none is created in one that is being removed. */
import {asObject} from '../../api/json.ts';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import {ApiError, notFound, qualified} from '../api-error.ts';
import {NAMESPACE} from '../resource-types.ts';
import type {Objects} from './objects.ts';

/** A namespace's own finalizers are in its spec; they stand for the emptying of it. */
export function isHeldNamespace({group, plural}: ResourceType, object: KubeObject): boolean {
  if (group !== NAMESPACE.group || plural !== NAMESPACE.plural) return false;
  const finalizers = asObject(object['spec'])['finalizers'];
  return Array.isArray(finalizers) && finalizers.length > 0;
}

const PERMANENT = ['default', 'kube-system', 'kube-public'];

export function assertDeletable({group, plural}: ResourceType, name: string): void {
  if (group !== NAMESPACE.group || plural !== NAMESPACE.plural || !PERMANENT.includes(name)) return;
  throw new ApiError('Forbidden', `namespaces "${name}" is forbidden: this namespace may not be deleted`, {name, kind: plural});
}

export function admitToNamespace(type: ResourceType, {metadata}: KubeObject, objects: Objects): void {
  const {namespace, name} = metadata;
  if (!type.namespaced) return;
  if (namespace === undefined || namespace === '') {
    throw new ApiError('BadRequest', 'an empty namespace may not be set during creation');
  }
  const found = objects.get(NAMESPACE, undefined, namespace);
  if (found === undefined) throw notFound(NAMESPACE, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new ApiError('Forbidden', `${qualified(type)} "${name}" is forbidden: ${why}`, {
    name,
    ...(type.group === '' ? {} : {group: type.group}),
    kind: type.plural,
    causes: [{reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace'}],
  });
}
