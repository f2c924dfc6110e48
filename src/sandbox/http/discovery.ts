/** Discovery: which groups, versions, kinds and subresources there are, in the aggregated form and the classic ones. Pure. */
import {apiVersionOf} from '../../api/objects.ts';
import type {Kind} from '../kinds/kind.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];
const SCALE = {group: 'autoscaling', version: 'v1', kind: 'Scale'} as const;
export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** In the order of the real one: by priority, then by name. */
const GROUP_ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'apiextensions.k8s.io',
];

export interface ApiVersion {
  readonly group: string;
  readonly version: string;
}

/** A resource of an aggregated API, as its server describes it. */
export interface RemoteVersion extends ApiVersion {
  /** Undefined when its server does not answer. */
  readonly resources: readonly object[] | undefined;
}

/** Kinds that are asked, not stored. */
export interface ReviewKind extends ApiVersion {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface Served {
  readonly kinds: readonly Kind[];
  readonly reviews: readonly ReviewKind[];
  readonly remote: readonly RemoteVersion[];
}

export function versionsOf({kinds, reviews, remote}: Served): readonly ApiVersion[] {
  const all = [...kinds.map(({type}) => type), ...reviews, ...remote];
  const unique = new Map(all.map(({group, version}) => [`${group}/${version}`, {group, version}]));
  const rank = (group: string): number => (GROUP_ORDER.includes(group) ? GROUP_ORDER.indexOf(group) : GROUP_ORDER.length);
  return [...unique.values()].toSorted((a, b) => rank(a.group) - rank(b.group) || (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
}

const isIn = (at: ApiVersion) => (one: ApiVersion) => one.group === at.group && one.version === at.version;

/** `APIGroupDiscoveryList`: the core group for `/api`, the others for `/apis`. */
export function aggregatedDiscovery(served: Served, core: boolean): object {
  const versions = versionsOf(served).filter(({group}) => (group === '') === core);
  const groups = [...new Set(versions.map(({group}) => group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : {name: group},
      versions: versions.filter((one) => one.group === group).map((one) => discoverVersion(served, one)),
    })),
  };
}

function discoverVersion(served: Served, at: ApiVersion): object {
  const remote = served.remote.find(isIn(at));
  if (remote !== undefined) return discoverRemote(remote);
  const kinds = served.kinds.filter(({type}) => isIn(at)(type));
  const reviews = served.reviews.filter(isIn(at));
  return {version: at.version, freshness: 'Current', resources: [...kinds.map(discoverKind), ...reviews.map(discoverReview)]};
}

function discoverRemote({version, resources}: RemoteVersion): object {
  return resources === undefined ? {version, freshness: 'Stale'} : {version, freshness: 'Current', resources};
}

function discoverKind(kind: Kind): object {
  const {type, singular, shortNames, categories, scale, hasStatus} = kind;
  const own = {group: type.group, version: type.version, kind: type.kind};
  const subresources = [
    ...(scale === undefined ? [] : [{subresource: 'scale', responseKind: SCALE, verbs: SUBRESOURCE_VERBS}]),
    ...(hasStatus ? [{subresource: 'status', responseKind: own, verbs: SUBRESOURCE_VERBS}] : []),
  ];
  return {
    resource: type.plural,
    responseKind: own,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: VERBS,
    ...(shortNames.length > 0 ? {shortNames} : {}),
    ...(categories.length > 0 ? {categories} : {}),
    ...(subresources.length > 0 ? {subresources} : {}),
  };
}

function discoverReview({group, version, kind, plural, namespaced}: ReviewKind): object {
  return {
    resource: plural,
    responseKind: {group, version, kind},
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  };
}

/** `APIResourceList` of one version. */
export function resourceList(served: Served, at: ApiVersion): object {
  const kinds = served.kinds.filter(({type}) => isIn(at)(type));
  const resources = kinds.flatMap(({type, singular, shortNames, categories, scale, hasStatus}) => {
    const base = {singularName: singular, namespaced: type.namespaced, kind: type.kind};
    const more = {...(shortNames.length > 0 ? {shortNames} : {}), ...(categories.length > 0 ? {categories} : {})};
    return [
      {name: type.plural, ...base, verbs: VERBS, ...more},
      ...(scale === undefined
        ? []
        : [{name: `${type.plural}/scale`, singularName: '', namespaced: type.namespaced, ...SCALE, verbs: SUBRESOURCE_VERBS}]),
      ...(hasStatus ? [{name: `${type.plural}/status`, ...base, singularName: '', verbs: SUBRESOURCE_VERBS}] : []),
    ];
  });
  const reviews = served.reviews
    .filter(isIn(at))
    .map(({kind, plural, namespaced}) => ({name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create']}));
  return {kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(at), resources: [...resources, ...reviews]};
}

/** `APIGroupList`, or one `APIGroup` of it. */
export function groupList(served: Served): {kind: string; apiVersion: string; groups: readonly {name: string}[]} {
  const versions = versionsOf(served).filter(({group}) => group !== '');
  const groups = [...new Set(versions.map(({group}) => group))].map((name) => {
    const all = versions.filter(({group}) => group === name).map((one) => ({groupVersion: apiVersionOf(one), version: one.version}));
    return {name, versions: all, preferredVersion: all[0]};
  });
  return {kind: 'APIGroupList', apiVersion: 'v1', groups};
}
