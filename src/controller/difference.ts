/** Which fields two objects differ in, named as a person would: `spec.template.spec.containers[main].image`. Pure. */
import {asObject} from '../api/json.ts';

const MAX_FIELDS = 8;

/** Paths, at most eight, in the order of the keys. List items are told apart by `name` where all have one, else by position. */
export function differences(a: unknown, b: unknown, path = ''): readonly string[] {
  const found: string[] = [];
  collect({a, b, path}, found);
  return found;
}

interface Pair {
  readonly a: unknown;
  readonly b: unknown;
  readonly path: string;
}

function collect({a, b, path}: Pair, found: string[]): void {
  if (found.length >= MAX_FIELDS || Object.is(a, b)) return;
  const inner = children(a, b);
  if (inner === undefined) {
    found.push(path);
    return;
  }
  for (const {key, a: left, b: right} of inner) {
    if (left === undefined || right === undefined) {
      if (left !== right && found.length < MAX_FIELDS) found.push(join(path, key));
    } else collect({a: left, b: right, path: join(path, key)}, found);
  }
}

/** Undefined where there is nothing to look into: the values themselves differ. */
function children(a: unknown, b: unknown): {key: string; a: unknown; b: unknown}[] | undefined {
  if (Array.isArray(a) && Array.isArray(b)) return pairs(keyed(a, b));
  if (isPlain(a) && isPlain(b)) return pairs({a: new Map(Object.entries(a)), b: new Map(Object.entries(b))});
  return undefined;
}

interface Keyed {
  readonly a: ReadonlyMap<string, unknown>;
  readonly b: ReadonlyMap<string, unknown>;
}

function pairs({a, b}: Keyed): {key: string; a: unknown; b: unknown}[] {
  return [...new Set([...a.keys(), ...b.keys()])].map((key) => ({key, a: a.get(key), b: b.get(key)}));
}

function keyed(a: readonly unknown[], b: readonly unknown[]): Keyed {
  const byName = [...a, ...b].every((item) => nameOf(item) !== undefined) && distinct(a) && distinct(b);
  const index = (list: readonly unknown[]): Map<string, unknown> =>
    new Map(list.map((item, at) => [`[${byName ? (nameOf(item) ?? '') : String(at)}]`, item]));
  return {a: index(a), b: index(b)};
}

function nameOf(item: unknown): string | undefined {
  const name = asObject(item)['name'];
  return typeof name === 'string' ? name : undefined;
}

const distinct = (list: readonly unknown[]): boolean => new Set(list.map(nameOf)).size === list.length;
const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function join(path: string, key: string): string {
  if (key.startsWith('[')) return `${path}${key}`;
  const part = /^[A-Za-z_][A-Za-z0-9_-]*$/u.test(key) ? `.${key}` : `[${key}]`;
  return path === '' ? part.replace(/^\./u, '') : `${path}${part}`;
}
