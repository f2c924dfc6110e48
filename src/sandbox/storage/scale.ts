/** `/scale`: the same three numbers at the same place for every kind that has them. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {ApiError, conflict, invalid, noSuchResource} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';
import {formatSelector} from '../selectors/label-selector.ts';
import {invalidValue} from '../validation/causes.ts';

const SCALE = {group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', namespaced: true} as const;

export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => asObject(value)[key], object);
}

export function withValueAt(object: Json, path: readonly string[], value: unknown): Json {
  const [key = '', ...rest] = path;
  return {...object, [key]: rest.length === 0 ? value : withValueAt(asObject(object[key]), rest, value)};
}

/** The `autoscaling/v1` Scale of an object. */
export function toScale(kind: Kind, object: KubeObject): KubeObject {
  const {scale} = kind;
  if (scale === undefined) throw noSuchResource();
  const {name, namespace, uid, resourceVersion, creationTimestamp} = object.metadata;
  const wanted = valueAt(object, scale.specReplicas);
  const current = valueAt(object, scale.statusReplicas);
  if (typeof wanted !== 'number' && kind.mergeType === undefined) {
    throw new ApiError('InternalError', `the spec replicas field ".${scale.specReplicas.join('.')}" does not exist`);
  }
  const selector = scale.selector === undefined ? '' : selectorText(valueAt(object, scale.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : {namespace}),
      ...(uid === undefined ? {} : {uid}),
      ...(resourceVersion === undefined ? {} : {resourceVersion}),
      ...(creationTimestamp === undefined ? {} : {creationTimestamp}),
    },
    spec: typeof wanted === 'number' && wanted !== 0 ? {replicas: wanted} : {},
    status: {replicas: typeof current === 'number' ? current : 0, ...(selector === '' ? {} : {selector})},
  };
}

function selectorText(value: unknown): string {
  return typeof value === 'string' ? value : formatSelector(asObject(value));
}

/** The object with the replicas that a Scale asks for. */
export function applyScale(kind: Kind, object: KubeObject, scale: KubeObject): KubeObject {
  if (kind.scale === undefined) throw noSuchResource();
  const {name} = object.metadata;
  const {resourceVersion, uid} = scale.metadata;
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) throw conflict(kind.type, name);
  if (uid !== undefined && uid !== object.metadata.uid) throw conflict(kind.type, name);
  const replicas = asObject(scale['spec'])['replicas'] ?? 0;
  if (typeof replicas !== 'number' || replicas < 0) {
    throw invalid(SCALE, name, [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]);
  }
  const changed = withValueAt(object, kind.scale.specReplicas, replicas);
  return {...changed, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata};
}
