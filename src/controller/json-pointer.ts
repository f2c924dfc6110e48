/** JSON pointers (RFC 6901), as `sync.ignore` holds them: fields that clones may differ in. Pure. */
import {asObject, strings} from '../api/json.ts';
import type {KubeObject} from '../api/objects.ts';

function tokens(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, token) => (Array.isArray(at) ? at[Number(token)] : asObject(at)[token]), value);
}

function write(value: unknown, path: readonly string[], leaf: unknown): unknown {
  const [token, ...rest] = path;
  if (token === undefined) return leaf;
  if (Array.isArray(value)) return value.map((item: unknown, at) => (String(at) === token ? write(item, rest, leaf) : item));
  const {[token]: before, ...others} = asObject(value);
  const inner = write(before, rest, leaf);
  return inner === undefined ? others : {...others, [token]: inner};
}

/**
 * `wanted` with the values that `stored` has at the pointers; what `stored` lacks there is taken away. Only labels, annotations and spec
 * can be pointed at; a pointer to nowhere changes nothing.
 */
export function keepIgnored(wanted: KubeObject, stored: KubeObject | undefined, pointers: readonly string[]): KubeObject {
  let result: unknown = wanted;
  for (const pointer of pointers) {
    const path = tokens(pointer);
    // Making parents up would change more than what is ignored.
    if (read(result, path.slice(0, -1)) !== undefined) result = write(result, path, read(stored, path));
  }
  const {metadata, spec} = asObject(result);
  const {labels, annotations} = asObject(metadata);
  return {...wanted, metadata: {...wanted.metadata, labels: strings(labels), annotations: strings(annotations)}, spec};
}
