/** The mistakes that people make in Deployments, StatefulSets and ReplicaSets, as the real API server reports them. Pure. */
import {isDeepStrictEqual} from 'node:util';
import {asObject, strings, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import {fromObject, matchesLabels} from '../selectors/label-selector.ts';
import {labelCauses} from '../storage/metadata-validation.ts';
import {forbidden, invalidValue, label, nonNegative, oneOf, required} from './causes.ts';
import {validatePodSpec} from './pod.ts';

const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const IMMUTABLE = 'field is immutable';

export function validateDeployment(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object['spec']);
  const {progressDeadlineSeconds: deadline, minReadySeconds: ready = 0} = spec;
  const late = typeof deadline === 'number' && typeof ready === 'number' && deadline <= ready;
  return [
    ...counts(spec),
    ...validateSelector(spec, 'deployment'),
    ...validateStrategy(asObject(spec['strategy'])),
    ...validateTemplate(spec),
    ...(late ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : []),
    ...immutableSelector(spec, before),
  ];
}

export function validateReplicaSet(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object['spec']);
  return [...counts(spec), ...validateSelector(spec, 'replicaset'), ...validateTemplate(spec), ...immutableSelector(spec, before)];
}

const counts = (spec: Json): StatusCause[] => [
  ...nonNegative('spec.replicas', spec['replicas']),
  ...nonNegative('spec.minReadySeconds', spec['minReadySeconds']),
  ...nonNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
];

function validateSelector(spec: Json, kind: string): StatusCause[] {
  const selector = spec['selector'];
  if (selector === undefined) return [required('spec.selector')];
  if (fromObject(asObject(selector)).length > 0) return [];
  return [invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`)];
}

function immutableSelector(spec: Json, before: KubeObject | undefined): StatusCause[] {
  if (before === undefined || isDeepStrictEqual(spec['selector'], asObject(before['spec'])['selector'])) return [];
  return [invalidValue('spec.selector', spec['selector'], IMMUTABLE)];
}

function validateTemplate(spec: Json, extraVolumes: readonly string[] = []): StatusCause[] {
  const template = asObject(spec['template']);
  const labels = strings(asObject(template['metadata'])['labels']);
  const selector = spec['selector'] === undefined ? undefined : fromObject(asObject(spec['selector']));
  // An empty selector is a mistake of its own.
  const matches = selector !== undefined && (selector.length === 0 || matchesLabels(selector, labels));
  const podSpec = asObject(template['spec']);
  const why = '`selector` does not match template `labels`';
  return [
    ...(matches ? [] : [invalidValue('spec.template.metadata.labels', labels, why)]),
    ...labelCauses(labels, 'spec.template.labels'),
    ...validatePodSpec(podSpec, 'spec.template.spec', extraVolumes),
    ...oneOf('spec.template.spec.restartPolicy', podSpec['restartPolicy'], ['Always']),
  ];
}

function validateStrategy(strategy: Json): StatusCause[] {
  const {type, rollingUpdate} = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return [];
    return [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') {
    // The value is shown as Go's own struct.
    return oneOf('spec.strategy', type, ['Recreate', 'RollingUpdate']).map((cause) => ({
      ...cause,
      message: cause.message.replace(JSON.stringify(type), JSON.stringify({Type: type, RollingUpdate: null})),
    }));
  }
  const {maxUnavailable, maxSurge} = asObject(rollingUpdate);
  const path = 'spec.strategy.rollingUpdate';
  const bothZero = isZero(maxUnavailable) && isZero(maxSurge);
  return [
    ...intOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${path}.maxSurge`),
    ...(bothZero ? [invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')] : []),
  ];
}

const isZero = (value: unknown): boolean => value === 0 || value === '0%';

function intOrPercent(value: unknown, field: string): readonly StatusCause[] {
  if (typeof value !== 'string') return nonNegative(field, value);
  return /^[0-9]+%$/u.test(value) ? [] : [invalidValue(field, value, PERCENT)];
}

const STATEFUL_IMMUTABLE = ['selector', 'volumeClaimTemplates', 'serviceName', 'podManagementPolicy'];

export function validateStatefulSet(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object['spec']);
  const claims = listOf(spec['volumeClaimTemplates']);
  const service = textOf(spec['serviceName']);
  const retention = asObject(spec['persistentVolumeClaimRetentionPolicy']);
  const policies = ['OrderedReady', 'Parallel'];
  const policy = spec['podManagementPolicy'];
  return [
    ...(policies.includes(String(policy))
      ? []
      : [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...validateUpdateStrategy(asObject(spec['updateStrategy'])),
    ...(['whenDeleted', 'whenScaled'] as const).flatMap((when) =>
      oneOf(`spec.persistentVolumeClaimRetentionPolicy.${when}`, retention[when], ['Retain', 'Delete']),
    ),
    ...claims.flatMap((claim, at) => validateClaim(asObject(claim['spec']), `spec.volumeClaimTemplates[${String(at)}].spec`)),
    ...counts(spec),
    ...(service === '' ? [] : label(service).map((why) => invalidValue('spec.serviceName', service, why))),
    ...validateSelector(spec, 'statefulset'),
    ...validateTemplate(
      spec,
      claims.map((claim) => textOf(asObject(claim['metadata'])['name'])),
    ),
    ...immutableFields(spec, before),
  ];
}

function validateUpdateStrategy(strategy: Json): readonly StatusCause[] {
  const {type, rollingUpdate} = strategy;
  if (type === 'RollingUpdate') {
    return nonNegative('spec.updateStrategy.rollingUpdate.partition', asObject(rollingUpdate)['partition']);
  }
  if (type === 'OnDelete') return [];
  const shown = {Type: type, RollingUpdate: null};
  return [invalidValue('spec.updateStrategy', shown, "must be 'RollingUpdate' or 'OnDelete'")];
}

function immutableFields(spec: Json, before: KubeObject | undefined): StatusCause[] {
  if (before === undefined) return [];
  const old = asObject(before['spec']);
  return STATEFUL_IMMUTABLE.flatMap((field) =>
    isDeepStrictEqual(spec[field], old[field]) ? [] : [invalidValue(`spec.${field}`, spec[field], IMMUTABLE)],
  );
}

/** A claim's spec, also of a template. */
export function validateClaim(spec: Json, path: string): StatusCause[] {
  const requests = asObject(asObject(spec['resources'])['requests']);
  return [
    ...(listOf(spec['accessModes']).length > 0 ? [] : [required(`${path}.accessModes`, 'at least 1 access mode is required')]),
    ...(requests['storage'] === undefined ? [required(`${path}.resources[storage]`)] : []),
  ];
}
