/** Which simulated controllers look again after a change. Pure. */
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import type {ChangeEvent, ObjectStore} from '../object-store.ts';
import {
  CONTROLLER_REVISION,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  NODE,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  REPLICA_SET,
  SERVICE,
  STATEFUL_SET,
} from '../resource-types.ts';
import {nodeOf} from './pod-state.ts';
import {controllerOf} from './write.ts';

/** `kind/namespace/name`. */
export function keyOf(type: ResourceType, namespace: string | undefined, name: string): string {
  return `${type.kind}/${namespace ?? ''}/${name}`;
}

const same = (a: ResourceType, b: ResourceType): boolean => a.kind === b.kind && a.group === b.group;
const OWNERS: Readonly<Record<string, ResourceType>> = {
  Deployment: DEPLOYMENT,
  ReplicaSet: REPLICA_SET,
  StatefulSet: STATEFUL_SET,
  Service: SERVICE,
};
const OWN = [DEPLOYMENT, REPLICA_SET, STATEFUL_SET, SERVICE, POD];

export function affected({resource, object, before}: ChangeEvent, store: Pick<ObjectStore, 'list'>): readonly string[] {
  const {namespace, name} = object.metadata;
  const all = (type: ResourceType): string[] => store.list(type, namespace).map(({metadata}) => keyOf(type, namespace, metadata.name));
  const keys = OWN.some((type) => same(type, resource)) ? [keyOf(resource, namespace, name)] : [];
  if (same(resource, NODE))
    return store
      .list(POD)
      .filter((pod) => nodeOf(pod) === '')
      .map((pod) => keyOf(POD, pod.metadata.namespace, pod.metadata.name));
  if (same(resource, POD)) keys.push(...all(SERVICE));
  if ([POD, REPLICA_SET, ENDPOINT_SLICE, CONTROLLER_REVISION, PERSISTENT_VOLUME_CLAIM].some((type) => same(type, resource))) {
    keys.push(...ownerKeys(object), ...(before === undefined ? [] : ownerKeys(before)));
  }
  // Who adopts an orphan is only known by looking.
  const orphan = controllerOf(object) === undefined;
  if (orphan && same(resource, POD)) keys.push(...all(REPLICA_SET), ...all(STATEFUL_SET));
  if (orphan && same(resource, REPLICA_SET)) keys.push(...all(DEPLOYMENT));
  if (same(resource, PERSISTENT_VOLUME_CLAIM)) keys.push(...all(STATEFUL_SET));
  return keys;
}

function ownerKeys(object: KubeObject): string[] {
  const owner = controllerOf(object);
  const type = owner === undefined ? undefined : OWNERS[owner.kind];
  return owner === undefined || type === undefined ? [] : [keyOf(type, object.metadata.namespace, owner.name)];
}
