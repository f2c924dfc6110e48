/** The mistakes that people make in HorizontalPodAutoscalers, as the real API server reports them. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import {listOf, numberOf, textOf} from '../kinds/fill.ts';
import {forbidden, invalidValue, nonNegative, oneOf, required} from './causes.ts';

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const SOURCES: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};
const MAX_WINDOW = 3600;

export function validateAutoscaler(object: KubeObject): StatusCause[] {
  const spec = asObject(object['spec']);
  const [min, max] = [numberOf(spec['minReplicas']), numberOf(spec['maxReplicas'])];
  const target = asObject(spec['scaleTargetRef']);
  const metrics = listOf(spec['metrics']);
  const behavior = asObject(spec['behavior']);
  const scalesToZero = min === 0 && !metrics.some(({type}) => type === 'Object' || type === 'External');
  return [
    ...(max < min ? [invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`')] : []),
    ...validateTarget(target),
    ...(scalesToZero
      ? [forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas')]
      : []),
    ...metrics.flatMap((metric, at) => validateMetric(metric, `spec.metrics[${String(at)}]`)),
    ...(['scaleUp', 'scaleDown'] as const).flatMap((way) =>
      behavior[way] === undefined ? [] : validateRules(asObject(behavior[way]), `spec.behavior.${way}`),
    ),
    ...(max === 0
      ? [required('spec.maxReplicas')]
      : max < 0
        ? [invalidValue('spec.maxReplicas', max, 'must be greater than or equal to 1')]
        : []),
    ...nonNegative('spec.minReplicas', min),
  ];
}

function validateTarget(target: Json): StatusCause[] {
  const path = 'spec.scaleTargetRef';
  const {apiVersion} = target;
  const isBare = textOf(apiVersion) === '' || textOf(apiVersion) === 'v1';
  const isCore = target['kind'] === 'ReplicationController';
  return [
    ...(textOf(target['kind']) === '' ? [required(`${path}.kind`)] : []),
    ...(textOf(target['name']) === '' ? [required(`${path}.name`)] : []),
    ...(isBare && !isCore ? [invalidValue(`${path}.apiVersion`, textOf(apiVersion), 'apiVersion must specify API group')] : []),
  ];
}

function validateMetric(metric: Json, path: string): StatusCause[] {
  const type = textOf(metric['type']);
  const source = SOURCES[type];
  if (source === undefined) return [...oneOf(`${path}.type`, type, METRIC_TYPES)];
  const inner = metric[source];
  if (inner === undefined) return [required(`${path}.${source}`, 'must populate information for the given metric source')];
  const {metric: named, target} = asObject(inner);
  const hasName = type === 'Resource' || type === 'ContainerResource' || textOf(asObject(named)['name']) !== '';
  return [
    ...(hasName ? [] : [required(`${path}.${source}.metric.name`, 'must specify a metric name')]),
    ...validateMetricTarget(asObject(target), {type, path: `${path}.${source}.target`}),
  ];
}

function validateMetricTarget(target: Json, {type, path}: {type: string; path: string}): StatusCause[] {
  const {value, averageValue, averageUtilization} = target;
  if (value !== undefined || averageValue !== undefined || averageUtilization !== undefined) return [];
  switch (type) {
    case 'External':
      return [required(`${path}.averageValue`, 'must set either a target value for metric or a per-pod target')];
    case 'Object':
      return [required(`${path}.averageValue`, 'must set either a target value or averageValue')];
    case 'Pods':
      return [required(`${path}.averageValue`, 'must specify a positive target averageValue')];
    default:
      return [required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')];
  }
}

function validateRules(rules: Json, path: string): StatusCause[] {
  const window = rules['stabilizationWindowSeconds'];
  const isLong = typeof window === 'number' && window > MAX_WINDOW;
  return [
    ...nonNegative(`${path}.stabilizationWindowSeconds`, window),
    ...(isLong ? [invalidValue(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${String(MAX_WINDOW)}`)] : []),
    ...listOf(rules['policies']).flatMap((policy, at) => validatePolicy(policy, `${path}.policies[${String(at)}]`)),
  ];
}

function validatePolicy(policy: Json, path: string): StatusCause[] {
  const positive = (key: string): StatusCause[] =>
    numberOf(policy[key]) > 0 ? [] : [invalidValue(`${path}.${key}`, numberOf(policy[key]), 'must be greater than zero')];
  return [...oneOf(`${path}.type`, policy['type'], ['Percent', 'Pods']), ...positive('value'), ...positive('periodSeconds')];
}
