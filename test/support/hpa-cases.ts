/** Cases of HPA arithmetic: the same table is asked of the real HPA controller and of the simulated one. */

export interface HpaCase {
  readonly name: string;
  /** Replicas of the Deployment that is scaled. */
  readonly replicas: number;
  /** An entry of `spec.metrics`. */
  readonly metrics: readonly object[];
  /** What the external metric `load` is, or why there is none. */
  readonly external: number | 'fails';
  /** What each pod reports. */
  readonly perPod: number;
  readonly min?: number;
  readonly max?: number;
  readonly behavior?: object;
  readonly wanted: {
    readonly replicas: number;
    /** `type=status/reason` of each condition that is looked at. */
    readonly conditions: readonly string[];
  };
}

const external = (target: object): object => ({type: 'External', external: {metric: {name: 'load'}, target}});
const average = (value: string): object => external({type: 'AverageValue', averageValue: value});
const total = (value: string): object => external({type: 'Value', value});
const pods = (value: string): object => ({
  type: 'Pods',
  pods: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: value}},
});
const cpu = (target: object): object => ({type: 'Resource', resource: {name: 'cpu', target}});

const FAST = {
  scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]},
  scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: 'Percent', value: 100, periodSeconds: 1}]},
};
const VALID = 'ScalingActive=True/ValidMetricFound';
const IN_RANGE = 'ScalingLimited=False/DesiredWithinRange';
const base = {external: 0, perPod: 0, behavior: FAST} as const;

export const HPA_CASES: readonly HpaCase[] = [
  {
    ...base,
    name: 'External AverageValue: the total over the target, rounded up',
    replicas: 2,
    metrics: [average('100')],
    external: 301,
    wanted: {replicas: 4, conditions: [VALID, IN_RANGE]},
  },
  {
    ...base,
    name: 'External AverageValue, within the tolerance: nothing',
    replicas: 3,
    metrics: [average('100')],
    external: 325,
    wanted: {replicas: 3, conditions: [VALID, IN_RANGE]},
  },
  {
    ...base,
    name: 'External AverageValue in thousandths',
    replicas: 1,
    metrics: [average('700m')],
    external: 1.58,
    wanted: {replicas: 3, conditions: [VALID, IN_RANGE]},
  },
  {
    ...base,
    name: 'External AverageValue, far too many: down at once',
    replicas: 5,
    metrics: [average('100')],
    external: 150,
    wanted: {replicas: 2, conditions: [VALID, IN_RANGE]},
  },
  {
    ...base,
    name: 'External Value within the tolerance: nothing',
    replicas: 2,
    metrics: [total('100')],
    external: 105,
    wanted: {replicas: 2, conditions: [VALID]},
  },
  {
    ...base,
    name: 'more than maxReplicas',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    max: 4,
    wanted: {replicas: 4, conditions: [VALID, 'ScalingLimited=True/TooManyReplicas']},
  },
  {
    ...base,
    name: 'less than minReplicas',
    replicas: 3,
    metrics: [average('100')],
    external: 10,
    min: 2,
    wanted: {replicas: 2, conditions: [VALID, 'ScalingLimited=True/TooFewReplicas']},
  },
  {
    ...base,
    name: 'a metric that fails holds everything',
    replicas: 3,
    metrics: [average('100')],
    external: 'fails',
    wanted: {replicas: 3, conditions: ['AbleToScale=True/SucceededGetScale', 'ScalingActive=False/FailedGetExternalMetric']},
  },
  {
    ...base,
    name: 'one of two fails, the other asks for less: held',
    replicas: 3,
    metrics: [average('100'), pods('100')],
    external: 'fails',
    perPod: 10,
    wanted: {replicas: 3, conditions: ['ScalingActive=False/FailedGetExternalMetric']},
  },
  {
    ...base,
    name: 'Pods AverageValue within the tolerance: nothing',
    replicas: 2,
    metrics: [pods('100')],
    perPod: 109,
    wanted: {replicas: 2, conditions: [VALID]},
  },
  {
    ...base,
    name: 'Pods AverageValue, half the target: half the pods',
    replicas: 4,
    metrics: [pods('100')],
    perPod: 50,
    min: 2,
    wanted: {replicas: 2, conditions: [VALID]},
  },
  {
    ...base,
    name: 'Resource AverageValue, within the tolerance',
    replicas: 2,
    metrics: [cpu({type: 'AverageValue', averageValue: '2'})],
    perPod: 2.1,
    wanted: {replicas: 2, conditions: [VALID]},
  },
  {
    ...base,
    name: 'Resource Utilization, within the tolerance',
    replicas: 2,
    metrics: [cpu({type: 'Utilization', averageUtilization: 80})],
    perPod: 0.84,
    wanted: {replicas: 2, conditions: [VALID]},
  },
  {
    ...base,
    name: 'the largest of two metrics counts',
    replicas: 2,
    metrics: [average('100'), average('50')],
    external: 200,
    wanted: {replicas: 4, conditions: [VALID, IN_RANGE]},
  },
  {
    ...base,
    name: 'scaling down stabilised',
    replicas: 4,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {stabilizationWindowSeconds: 300}},
    wanted: {replicas: 4, conditions: ['AbleToScale=True/ScaleDownStabilized', VALID]},
  },
  {
    ...base,
    name: 'scaling up limited by a policy',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    behavior: {scaleUp: {policies: [{type: 'Pods', value: 1, periodSeconds: 600}]}},
    wanted: {replicas: 3, conditions: [VALID, 'ScalingLimited=True/ScaleUpLimit']},
  },
  {
    ...base,
    name: 'scaling down disabled',
    replicas: 4,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {stabilizationWindowSeconds: 0, selectPolicy: 'Disabled'}},
    wanted: {replicas: 4, conditions: [VALID, 'ScalingLimited=True/ScaleDownLimit']},
  },
  {
    ...base,
    name: 'a target at 0 that this HPA has not scaled there stays there',
    replicas: 0,
    metrics: [average('100')],
    external: 300,
    wanted: {replicas: 0, conditions: ['ScalingActive=False/ScalingDisabled']},
  },
  {
    ...base,
    name: 'a manual 0 stays, also where minReplicas is 0',
    replicas: 0,
    metrics: [average('100')],
    external: 300,
    min: 0,
    wanted: {replicas: 0, conditions: ['ScalingActive=False/ScalingDisabled']},
  },
];

/** The HPA of a case, for the Deployment of this name. */
export function hpaOf({metrics, min = 1, max = 10, behavior}: HpaCase, name: string): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {name, namespace: 'default'},
    spec: {
      scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name},
      minReplicas: min,
      maxReplicas: max,
      metrics,
      ...(behavior === undefined ? {} : {behavior}),
    },
  };
}
