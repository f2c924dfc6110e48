/** Small steps of defaulting: values in, new values out. Pure. */
import {asObject, type Json} from '../../api/json.ts';

/** Keys that are missing get their default. */
export function fill(object: unknown, defaults: Json): Json {
  const given = Object.entries(asObject(object)).filter(([, value]) => value !== undefined);
  return {...defaults, ...Object.fromEntries(given)};
}

/** The object with one of its objects changed, where it has that. */
export function change(object: Json, key: string, step: (inner: Json) => Json): Json {
  return object[key] === undefined ? object : {...object, [key]: step(asObject(object[key]))};
}

/** The object with each item of one of its lists changed, where it has that. */
export function changeEach(object: Json, key: string, step: (item: Json) => Json): Json {
  const list = object[key];
  return Array.isArray(list) ? {...object, [key]: list.map((item) => step(asObject(item)))} : object;
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A single value as text; empty for anything else. */
export function showScalar(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
