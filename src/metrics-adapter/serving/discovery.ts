/**
 * Discovery documents of the aggregated APIs. Constants: they must be served with every engine down, no RSG at all, and before anything is
 * known, since kube-apiserver takes an API for dead (and namespaces cannot be deleted) while they are not. Pure.
 */
import {createHash} from 'node:crypto';
import {GROUP, PLURAL} from '../../api/labels.ts';
import {METRIC_NAMES} from '../query.ts';
import {CUSTOM, EXTERNAL, VERSIONS} from './api-path.ts';

/** The resource on which Object metrics are: `resourcescalinggroups.resourcescalinggroup.com`. */
export const RSG_RESOURCE = `${PLURAL}.${GROUP}`;
export const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

type ApiGroup = keyof typeof VERSIONS;
const API_GROUPS: readonly ApiGroup[] = [EXTERNAL, CUSTOM];

const KINDS: Readonly<Record<ApiGroup, string>> = {[EXTERNAL]: 'ExternalMetricValueList', [CUSTOM]: 'MetricValueList'};

function resourcesOf(group: ApiGroup): object[] {
  return METRIC_NAMES.map((metric) => {
    const name = group === EXTERNAL ? metric : `${RSG_RESOURCE}/${metric}`;
    return {name, singularName: '', namespaced: true, kind: KINDS[group], verbs: ['get']};
  });
}

function groupOf(group: ApiGroup): object {
  const versions = VERSIONS[group].map((version) => ({groupVersion: `${group}/${version}`, version}));
  return {kind: 'APIGroup', apiVersion: 'v1', name: group, versions, preferredVersion: versions[0]};
}

function aggregatedGroup(group: ApiGroup): object {
  const responseKind = {group, kind: KINDS[group]};
  const versions = VERSIONS[group].map((version) => {
    const of = {...responseKind, version};
    const external = METRIC_NAMES.map((resource) => ({
      resource,
      responseKind: of,
      scope: 'Namespaced',
      singularResource: '',
      verbs: ['get'],
    }));
    const subresources = METRIC_NAMES.map((subresource) => ({subresource, responseKind: of, verbs: ['get']}));
    // The object itself is not served here, only what is measured on it.
    const object = {
      resource: RSG_RESOURCE,
      responseKind: {group: '', version: '', kind: ''},
      scope: 'Namespaced',
      singularResource: '',
      verbs: [],
    };
    return {version, resources: group === EXTERNAL ? external : [{...object, subresources}], freshness: 'Current'};
  });
  return {metadata: {name: group}, versions};
}

/** `/apis` as `APIGroupDiscoveryList`, and its ETag. */
export const AGGREGATED_BODY = JSON.stringify({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: API_GROUPS.map(aggregatedGroup),
});
export const AGGREGATED_ETAG = `"${createHash('sha256').update(AGGREGATED_BODY).digest('hex').toUpperCase()}"`;

/** By path, as JSON text: `/apis`, `/apis/{group}`, `/apis/{group}/{version}`. */
export const DISCOVERY: ReadonlyMap<string, string> = new Map([
  ['/apis', JSON.stringify({kind: 'APIGroupList', apiVersion: 'v1', groups: API_GROUPS.map(groupOf)})],
  ...API_GROUPS.map((group): [string, string] => [`/apis/${group}`, JSON.stringify(groupOf(group))]),
  ...API_GROUPS.flatMap((group) =>
    VERSIONS[group].map((version): [string, string] => [
      `/apis/${group}/${version}`,
      JSON.stringify({kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources: resourcesOf(group)}),
    ]),
  ),
]);

/** Whether an `Accept` asks for the aggregated form before plain JSON. */
export function wantsAggregated(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((one) => one.trim().replaceAll(' ', '').startsWith(AGGREGATED));
}
