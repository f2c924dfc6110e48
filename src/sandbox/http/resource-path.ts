/** `/apis/apps/v1/namespaces/ns/deployments/name/scale` taken apart. Pure. */

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Undefined for a path that is none of a resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const decoded = parts.map(decodePart);
  const [root, second = '', third = ''] = decoded;
  if (root === 'api' && decoded.length > 2) return inVersion({group: '', version: second}, decoded.slice(2));
  if (root === 'apis' && decoded.length > 3) return inVersion({group: second, version: third}, decoded.slice(3));
  return undefined;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Subresources of a namespace itself: anything else behind its name is a kind in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function inVersion(version: {group: string; version: string}, rest: readonly string[]): ResourcePath | undefined {
  const [first = '', second, third, ...more] = rest;
  const isInside = first === 'namespaces' && third !== undefined && !(more.length === 0 && NAMESPACE_SUBRESOURCES.has(third));
  if (!isInside) return tail({...version, namespace: undefined}, rest);
  return tail({...version, namespace: second}, rest.slice(2));
}

function tail(head: Pick<ResourcePath, 'group' | 'version' | 'namespace'>, rest: readonly string[]): ResourcePath | undefined {
  const [plural = '', name, subresource, ...more] = rest;
  return more.length > 0 ? undefined : {...head, plural, name, subresource};
}
