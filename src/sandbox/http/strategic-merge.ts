/**
 * Strategic merge patch: a JSON merge patch that knows the kind, so that lists of containers, ports, variables… are merged by key. Pure.
 *
 * `$patch: delete` and `$patch: replace`, `$deleteFromPrimitiveList/FIELD`, `$setElementOrder/FIELD` and `$retainKeys` mean what they mean in
 * Kubernetes.
 */
import {isDeepStrictEqual} from 'node:util';
import {asObject, type Json} from '../../api/json.ts';
import {itemsOf} from '../kinds/fill.ts';
import type {Definitions, FieldType} from '../schema/definitions.ts';

const DIRECTIVE = '$patch';
const ORDER = '$setElementOrder/';
const REMOVE = '$deleteFromPrimitiveList/';
const RETAIN = '$retainKeys';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object with the patch applied; `type` is the object's own. */
export function strategicMerge(definitions: Definitions, type: FieldType, {original, patch}: {original: Json; patch: Json}): Json {
  const fieldOf = (parent: FieldType, key: string): FieldType | undefined => {
    if (parent.kind === 'ref') return definitions.get(parent.name).fields.get(key)?.type;
    return parent.kind === 'map' ? parent.values : undefined;
  };

  const mergeObject = (shape: FieldType, before: Json, change: Json): Json => {
    if (change[DIRECTIVE] === 'replace') return withoutDirectives(change);
    if (change[DIRECTIVE] === 'delete') return {};
    const retained = retain(before, change);
    const result: Record<string, unknown> = {...retained};
    for (const [key, value] of Object.entries(change)) {
      if (key.startsWith('$')) continue;
      const field = fieldOf(shape, key) ?? {kind: 'scalar', scalar: 'any'};
      if (value === null) Reflect.deleteProperty(result, key);
      else result[key] = mergeValue(field, {before: result[key], change: value, order: change[`${ORDER}${key}`]});
    }
    for (const [key, values] of Object.entries(change)) {
      if (key.startsWith(REMOVE)) removeValues(result, key.slice(REMOVE.length), values);
      // An order alone sorts what is there.
      const ordered = key.startsWith(ORDER) ? key.slice(ORDER.length) : '';
      if (ordered !== '' && change[ordered] === undefined) {
        result[ordered] = sortByOrder(fieldOf(shape, ordered), result[ordered], values);
      }
    }
    return result;
  };

  const mergeValue = (shape: FieldType, {before, change, order}: {before: unknown; change: unknown; order: unknown}): unknown => {
    if (isObject(change)) return mergeObject(shape, asObject(before), change);
    if (!Array.isArray(change) || shape.kind !== 'list' || shape.merge === undefined) return clean(change);
    const list = itemsOf(before);
    if (shape.merge === '*') return sortByOrder(shape, [...list, ...itemsOf(change).filter((one) => !list.includes(one))], order);
    return sortByOrder(shape, mergeByKey({items: shape.items, key: shape.merge}, list, change), order);
  };

  const mergeByKey = ({items, key}: {items: FieldType; key: string}, list: readonly unknown[], changes: readonly unknown[]): unknown[] => {
    if (changes.some((one) => asObject(one)[DIRECTIVE] === 'replace' && asObject(one)[key] === undefined)) {
      return changes.filter((one) => asObject(one)[DIRECTIVE] !== 'replace').map(clean);
    }
    const result = [...list];
    for (const raw of changes) {
      const change = asObject(raw);
      const at = result.findIndex((item) => isDeepStrictEqual(asObject(item)[key], change[key]));
      if (change[DIRECTIVE] === 'delete') {
        if (at >= 0) result.splice(at, 1);
      } else if (at < 0) result.push(clean(change));
      else result[at] = mergeObject(items, asObject(result[at]), change);
    }
    return result;
  };

  return mergeObject(type, original, patch);
}

/** `$retainKeys` clears what it does not name. */
function retain(before: Json, change: Json): Json {
  const keys = change[RETAIN];
  if (!Array.isArray(keys)) return before;
  return Object.fromEntries(Object.entries(before).filter(([key]) => keys.includes(key)));
}

function removeValues(result: Record<string, unknown>, key: string, values: unknown): void {
  const list = result[key];
  if (Array.isArray(list) && Array.isArray(values)) result[key] = list.filter((one) => !values.includes(one));
}

/** Items that the order names come in that order; others keep their place behind the one they followed. */
function sortByOrder(shape: FieldType | undefined, list: unknown, order: unknown): unknown {
  if (!Array.isArray(list) || !Array.isArray(order) || shape?.kind !== 'list' || shape.merge === undefined) return list;
  const key = shape.merge;
  const idOf = (item: unknown): unknown => (key === '*' ? item : asObject(item)[key]);
  const items = itemsOf(list);
  const wanted = order.map(idOf);
  const rank = (item: unknown): number => wanted.findIndex((one) => isDeepStrictEqual(one, idOf(item)));
  const named = items.filter((item) => rank(item) >= 0).toSorted((a, b) => rank(a) - rank(b));
  return [...named, ...items.filter((item) => rank(item) < 0)];
}

function withoutDirectives(value: Json): Json {
  return asObject(clean(value));
}

/** New content comes without directives, and null stands for absent. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => asObject(item)[DIRECTIVE] !== 'delete').map(clean);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !key.startsWith('$') && inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, clean(inner)]));
}
