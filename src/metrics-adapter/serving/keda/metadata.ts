/** What a ScaledObject's trigger says in its metadata. Pure. */
import type {MetricQuery} from '../../query.ts';
import type {ScaledObjectRef} from './externalscaler_pb.ts';

export interface Trigger {
  readonly query: MetricQuery;
  /** Of the metric, per replica; undefined when it is not given. */
  readonly target: number | undefined;
  /** Active is what lies above it; undefined when it is not given. */
  readonly activationTarget: number | undefined;
}

const DEFAULT_METRIC = 'rsg_load';

/** KEDA hands over everything under `metadata`, its own keys (`scalerAddress`) included, so unknown keys are none of our business. */
export function readTrigger({
  namespace,
  scalerMetadata,
}: Pick<ScaledObjectRef, 'namespace' | 'scalerMetadata'>): Trigger | {problem: string} {
  const given = (key: string): string | undefined => (scalerMetadata[key] === '' ? undefined : scalerMetadata[key]);
  const rsg = given('rsg');
  if (rsg === undefined) return {problem: 'metadata.rsg is missing: the name of an RSG in the namespace of the ScaledObject'};
  const numbers: Record<string, number> = {};
  for (const key of ['target', 'activationTarget', 'quantile']) {
    const text = given(key);
    if (text === undefined) continue;
    const number = numberOf(text);
    if (number === undefined) return {problem: `metadata.${key} is ${text}, but must be a number such as 0.7 or 700m`};
    numbers[key] = number;
  }
  const {target, activationTarget, quantile} = numbers;
  if (target === 0) return {problem: 'metadata.target must be above 0'};
  const [role, group] = [given('role'), given('group')];
  return {
    query: {
      ...{namespace, rsg, metric: given('metric') ?? DEFAULT_METRIC},
      ...(role === undefined ? {} : {role}),
      ...(group === undefined ? {} : {group}),
      ...(quantile === undefined ? {} : {quantile}),
    },
    target,
    activationTarget,
  };
}

/** A plain number, or a quantity in thousandths. */
function numberOf(text: string): number | undefined {
  const [, digits, thousandths] = /^(\d+(?:\.\d+)?|\.\d+)(m?)$/u.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  return thousandths === 'm' ? Number(digits) / 1000 : Number(digits);
}
