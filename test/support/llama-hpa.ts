/** HPAs on the RSG `llama`: 70 % of what a group takes, said in each of the ways that an HPA can be told. */

export const LLAMA = {apiVersion: 'resourcescalinggroup.com/v1', kind: 'ResourceScalingGroup', name: 'llama'};

const SELECTOR = {matchLabels: {rsg: 'llama'}};

const METRICS = {
  external: {
    type: 'External',
    external: {metric: {name: 'rsg_load', selector: SELECTOR}, target: {type: 'AverageValue', averageValue: '700m'}},
  },
  object: {
    type: 'Object',
    object: {describedObject: LLAMA, metric: {name: 'rsg_load'}, target: {type: 'AverageValue', averageValue: '700m'}},
  },
  demand: {
    type: 'External',
    external: {metric: {name: 'rsg_demand', selector: SELECTOR}, target: {type: 'AverageValue', averageValue: '5'}},
  },
  value: {type: 'External', external: {metric: {name: 'rsg_utilization', selector: SELECTOR}, target: {type: 'Value', value: '700m'}}},
} as const;
export type LlamaMetric = keyof typeof METRICS;

interface LlamaHpa {
  readonly namespace?: string;
  /** By default 1. */
  readonly minReplicas?: number;
}

/** Scales in at once where it may, so that a wrong number shows. */
export function llamaHpa(metrics: LlamaMetric | readonly LlamaMetric[], {namespace = 'default', minReplicas = 1}: LlamaHpa = {}): object {
  const at = {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]};
  const behavior = {scaleUp: at, scaleDown: at};
  const by = [metrics].flat().map((metric) => METRICS[metric]);
  const spec = {scaleTargetRef: LLAMA, minReplicas, maxReplicas: 10, metrics: by, behavior};
  return {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {name: 'llama', namespace}, spec};
}
