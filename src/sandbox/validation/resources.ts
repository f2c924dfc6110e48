/** Requests and limits of a container. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {StatusCause} from '../api-error.ts';
import {showScalar} from '../kinds/fill.ts';
import {invalidValue, qualifiedName, required} from './causes.ts';
import {quantityValue} from './quantity.ts';

const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/u;

/** Only these may be promised more often than they exist. */
const isOvercommittable = (name: string): boolean => /^(cpu|memory|ephemeral-storage)$/u.test(name) || !name.includes('/');

export function validateResources(resources: Json, path: string): StatusCause[] {
  const limits = asObject(resources['limits']);
  const requests = asObject(resources['requests']);
  return [
    ...Object.entries(limits).flatMap(([name, value]) => amount(name, value, `${path}.limits[${name}]`)),
    ...Object.entries(requests).flatMap(([name, value]) => [
      ...amount(name, value, `${path}.requests[${name}]`),
      ...againstLimit({name, value, limit: limits[name]}, path),
    ]),
  ];
}

function amount(name: string, value: unknown, field: string): StatusCause[] {
  if (!name.includes('/') && !STANDARD.test(name)) {
    return [
      invalidValue(field, name, 'must be a standard resource type or fully qualified'),
      invalidValue(field, name, 'must be a standard resource for containers'),
    ];
  }
  return [
    ...qualifiedName(name).map((why) => invalidValue(field, name, why)),
    ...(quantityValue(value) < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []),
  ];
}

function againstLimit({name, value, limit}: {name: string; value: unknown; limit: unknown}, path: string): StatusCause[] {
  if (limit === undefined) {
    return isOvercommittable(name) ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const [wanted, most] = [quantityValue(value), quantityValue(limit)];
  if (isOvercommittable(name)) {
    if (wanted <= most) return [];
    return [invalidValue(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${showScalar(limit)}`)];
  }
  return wanted === most ? [] : [invalidValue(`${path}.requests`, value, `must be equal to ${name} limit of ${showScalar(limit)}`)];
}
