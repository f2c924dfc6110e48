/**
 * Paths into an object, as declarations of kinds hold them: `spec.replicas`, or `spec.roles[*].replicas` for every item of a list. Items
 * are told apart by their `name`, else by their position. Pure: what is changed is copied.
 */
import {asObject} from './json.ts';

export interface Found {
  /** Names of the list items on the way, joined by `/`; empty on a path without lists. */
  readonly key: string;
  /** Undefined where the last field is missing. */
  readonly value: unknown;
}

const ITEMS = '[*]';

function steps(path: string): string[] {
  return path.replaceAll(ITEMS, `.${ITEMS}`).split('.');
}

function keyOf(item: unknown, at: number): string {
  const {name} = asObject(item);
  return typeof name === 'string' ? name : String(at);
}

const joined = (key: string, more: string): string => (key === '' ? more : `${key}/${more}`);

/** Every place that the path leads to. A missing last field is a place too; a missing field on the way is none. */
export function readPath(object: unknown, path: string): readonly Found[] {
  return collect({key: '', value: object}, steps(path));
}

function collect({key, value}: Found, [step, ...rest]: readonly string[]): readonly Found[] {
  if (step === undefined) return [{key, value}];
  if (step === ITEMS) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.flatMap((item, at) => collect({key: joined(key, keyOf(item, at)), value: item}, rest));
  }
  const inner = asObject(value)[step];
  return inner === undefined && rest.length > 0 ? [] : collect({key, value: inner}, rest);
}

/** The value at a path without lists; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  return readPath(object, path)[0]?.value;
}

/**
 * `object` with `change` applied at every place that the path leads to, which makes up a missing last field but none on the way. Answering
 * undefined leaves the place as it is.
 */
export function changePath<T>(object: T, path: string, change: (found: Found) => unknown): T;
export function changePath(object: unknown, path: string, change: (found: Found) => unknown): unknown {
  return rewrite({key: '', value: object}, steps(path), change);
}

function rewrite({key, value}: Found, [step, ...rest]: readonly string[], change: (found: Found) => unknown): unknown {
  if (step === undefined) return change({key, value}) ?? value;
  if (step === ITEMS) {
    if (!Array.isArray(value)) return value;
    return value.map((item: unknown, at) => rewrite({key: joined(key, keyOf(item, at)), value: item}, rest, change));
  }
  const fields = asObject(value);
  if (fields[step] === undefined && rest.length > 0) return value;
  const inner = rewrite({key, value: fields[step]}, rest, change);
  return inner === undefined ? value : {...fields, [step]: inner};
}

/** The merge patch that makes a change by `changePath` on a live object. A list cannot be patched in part, so it is in the patch whole. */
export function patchOf(changed: unknown, path: string): object {
  const [first, ...rest] = steps(path);
  return {[first ?? '']: cut(asObject(changed)[first ?? ''], rest)};
}

function cut(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined || step === ITEMS) return value;
  return {[step]: cut(asObject(value)[step], rest)};
}
