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
  value: {type: 'External', external: {metric: {name: 'rsg_utilization', selector: SELECTOR}, target: {type: 'Value', value: '700m'}}},
} as const;
export type LlamaMetric = keyof typeof METRICS;

/** Scales in at once where it may, so that a wrong number shows. */
export function llamaHpa(metric: LlamaMetric, namespace = 'default'): object {
  const at = {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]};
  const behavior = {scaleUp: at, scaleDown: at};
  const spec = {scaleTargetRef: LLAMA, minReplicas: 1, maxReplicas: 10, metrics: [METRICS[metric]], behavior};
  return {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {name: 'llama', namespace}, spec};
}
