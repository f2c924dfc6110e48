/** What the tables of HPA cases are built from. */
const external = (target: object): object => ({type: 'External', external: {metric: {name: 'load'}, target}});
const object = (target: object): object => ({
  type: 'Object',
  object: {describedObject: {apiVersion: 'v1', kind: 'Service', name: 'front'}, metric: {name: 'load'}, target},
});

/** `AverageValue` of the external metric. */
export const average = (value: string): object => external({type: 'AverageValue', averageValue: value});
/** `Value` of the external metric. */
export const total = (value: string): object => external({type: 'Value', value});
export const pods = (value: string): object => ({
  type: 'Pods',
  pods: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: value}},
});
export const cpu = (target: object): object => ({type: 'Resource', resource: {name: 'cpu', target}});
export const objectValue = (value: string): object => object({type: 'Value', value});
export const objectAverage = (value: string): object => object({type: 'AverageValue', averageValue: value});

const FAST = {
  scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]},
  scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: 'Percent', value: 100, periodSeconds: 1}]},
};

/** Nothing reports anything, and nothing is held back. */
export const BASE = {external: 0, perPod: 0, behavior: FAST} as const;
export const VALID = 'ScalingActive=True/ValidMetricFound';
export const IN_RANGE = 'ScalingLimited=False/DesiredWithinRange';
