/** Which objects a list or a watch is about, and lists in pages. */
import type {KubeObject} from '../../api/objects.ts';
import {ApiError, invalid} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';
import type {ObjectStore} from '../object-store.ts';
import {matchesFields, parseFieldSelector} from '../selectors/field-selector.ts';
import {labelsOf, matchesLabels, parseLabelSelector, SelectorError} from '../selectors/label-selector.ts';
import {forbidden} from '../validation/causes.ts';
import type {ListMeta} from './render.ts';

export interface Scope {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  /** A GET or watch of one object, by its name. */
  readonly name?: string | undefined;
}

export type Filter = (object: KubeObject) => boolean;

export function filterOf({kind, namespace, name}: Scope, query: URLSearchParams): Filter {
  const fields = parseFieldSelector(kind, query.get('fieldSelector') ?? '');
  const labels = labelsFrom(query.get('labelSelector') ?? '');
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    matchesLabels(labels, labelsOf(object)) &&
    matchesFields(fields, object);
}

function labelsFrom(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof SelectorError) throw new ApiError('BadRequest', error.message);
    throw error;
  }
}

/** A whole number parameter; undefined where it is not given. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/u.test(text)) throw new ApiError('BadRequest', `strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

export interface Page {
  readonly objects: readonly KubeObject[];
  readonly metadata: ListMeta;
}

/** The rest of a list that was begun: later pages show the same moment as the first. */
interface Snapshot {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}

export interface Lister {
  list(scope: Scope, query: URLSearchParams): Page;
}

const SNAPSHOTS = 64;

export function createLister(store: ObjectStore): Lister {
  const snapshots = new Map<string, Snapshot>();
  let issued = 0;

  const remember = (snapshot: Snapshot): string => {
    issued += 1;
    const token = Buffer.from(JSON.stringify({v: 'meta.k8s.io/v1', rv: snapshot.resourceVersion, page: issued})).toString('base64url');
    snapshots.set(token, snapshot);
    for (const oldest of snapshots.keys()) {
      if (snapshots.size <= SNAPSHOTS) break;
      snapshots.delete(oldest);
    }
    return token;
  };
  const begin = (scope: Scope, query: URLSearchParams): Snapshot => {
    const filter = filterOf(scope, query);
    return {objects: store.list(scope.kind.type, scope.namespace).filter(filter), resourceVersion: store.resourceVersion()};
  };
  const resume = (token: string): Snapshot => {
    const snapshot = snapshots.get(token);
    if (snapshot === undefined) throw new ApiError('Expired', EXPIRED);
    return snapshot;
  };

  return {
    list: (scope, query) => {
      if (query.has('sendInitialEvents')) throw forbiddenOption('sendInitialEvents', 'sendInitialEvents is forbidden for list');
      assertReached(query.get('resourceVersion') ?? '', store);
      const limit = integerOf(query, 'limit') ?? 0;
      const token = query.get('continue') ?? '';
      const {objects, resourceVersion} = token === '' ? begin(scope, query) : resume(token);
      if (limit <= 0 || objects.length <= limit) return {objects, metadata: {resourceVersion}};
      const rest = objects.slice(limit);
      const next = remember({objects: rest, resourceVersion});
      const counted = query.has('labelSelector') || query.has('fieldSelector') ? {} : {remainingItemCount: rest.length};
      return {objects: objects.slice(0, limit), metadata: {resourceVersion, continue: next, ...counted}};
    },
  };
}

const EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

const OPTIONS = {group: 'meta.k8s.io', version: 'v1', kind: 'ListOptions', plural: 'listoptions', namespaced: false} as const;

export function forbiddenOption(field: string, detail: string): ApiError {
  return invalid(OPTIONS, '', [forbidden(field, detail)]);
}

/** A version from the future is one of another server's. */
export function assertReached(resourceVersion: string, store: ObjectStore): void {
  if (resourceVersion === '') return;
  if (!/^\d+$/u.test(resourceVersion)) {
    const why = `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`;
    throw new ApiError('InternalError', `resourceVersion: Invalid value: "${resourceVersion}": ${why}`);
  }
  if (Number(resourceVersion) <= Number(store.resourceVersion())) return;
  const text = `Timeout: Too large resource version: ${resourceVersion}, current: ${store.resourceVersion()}`;
  throw new ApiError('Timeout', text, {
    causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: ''}],
    retryAfterSeconds: 1,
  });
}
