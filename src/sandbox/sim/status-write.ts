/** Status is written only when it differs, as the real controllers do: a steady state writes nothing. Pure. */
import {sameJson} from '../../api/canonical.ts';
import {asObject} from '../../api/json.ts';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import type {Write} from './write.ts';

export function statusWrite(type: ResourceType, object: KubeObject, status: object): Write[] {
  if (sameJson(status, asObject(object['status']))) return [];
  return [{do: 'status', type, object: {...object, status}}];
}

/** Most counts are left out of an object when they are 0, since the API marks them `omitempty`. */
export function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0));
}
