/** Objects and paths of the cases. Every case has names of its own. */
import {asObject, type Json} from '../../../src/api/json.ts';

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
export const STATEFUL_SETS = '/apis/apps/v1/namespaces/default/statefulsets';
export const SERVICES = '/api/v1/namespaces/default/services';
export const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';

export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

export function configMap(name: string, more: {metadata?: object; data?: object} = {}): object {
  return {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name, ...more.metadata}, ...(more.data === undefined ? {} : {data: more.data})};
}

/** With no pods, so that no controller changes it beyond its status. */
export function workload(
  kind: 'Deployment' | 'StatefulSet',
  name: string,
  change: {spec?: object; pod?: object; container?: object} = {},
): object {
  const labels = {app: name};
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {name, labels},
    spec: {
      replicas: 0,
      selector: {matchLabels: labels},
      ...(kind === 'StatefulSet' ? {serviceName: name} : {}),
      template: {metadata: {labels}, spec: {containers: [{name: 'engine', image: 'engine:1', ...change.container}], ...change.pod}},
      ...change.spec,
    },
  };
}

export const metadataOf = (object: Json): Json => asObject(object['metadata']);
export const specOf = (object: Json): Json => asObject(object['spec']);
export const at = (object: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => asObject(value)[key], object);

/** `field: message` of each mistake in a Status. */
export function mistakes(status: Json): string[] {
  const causes = asObject(status['details'])['causes'];
  return (Array.isArray(causes) ? causes : []).map((cause) => `${String(asObject(cause)['field'])}: ${String(asObject(cause)['message'])}`);
}
