/** The identity that an authenticating proxy puts into headers. Whether the proxy may is decided by its certificate, elsewhere. Pure. */
import {groupsOf, type Identity} from './identity.ts';
import type {Trust} from './trust.ts';

/** Headers as received, `[name, value, name, value…]`: repeated ones are not joined, since a group may contain a comma. */
export type RawHeaders = readonly string[];

/** Undefined when no header names a user. */
export function identityFromHeaders(raw: RawHeaders, trust: Trust): Identity | undefined {
  const headers = pairs(raw);
  const valuesOf = (names: readonly string[]): string[] => {
    const found = names.map((name) => headers.flatMap(([key, value]) => (key === name ? [value] : [])));
    return found.find((values) => values.length > 0) ?? [];
  };
  const [user = ''] = valuesOf(trust.userHeaders);
  if (user === '') return undefined;
  const groups = trust.groupHeaders.flatMap((name) => headers.flatMap(([key, value]) => (key === name ? [value] : [])));
  const [uid] = valuesOf(trust.uidHeaders);
  return {
    user,
    ...(uid === undefined ? {} : {uid}),
    groups: groupsOf(user, groups),
    extra: extraOf(headers, trust.extraPrefixes),
  };
}

function pairs(raw: RawHeaders): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) result.push([(raw[at] ?? '').toLowerCase(), raw[at + 1] ?? '']);
  return result;
}

/** Keys are percent-encoded, since header names cannot hold every character. */
function extraOf(headers: readonly (readonly [string, string])[], prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const prefix = prefixes.find((one) => name.startsWith(one));
    if (prefix === undefined || prefix === '') continue;
    const key = unescaped(name.slice(prefix.length));
    extra[key] = [...(extra[key] ?? []), value];
  }
  return extra;
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
