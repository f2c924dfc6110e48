/** What `behavior`, minReplicas and maxReplicas make of it. */
import type {HpaCase} from './hpa-case.ts';
import {average, BASE, IN_RANGE, VALID} from './build.ts';

const ONE_OR_TWICE = [
  {type: 'Pods', value: 1, periodSeconds: 600},
  {type: 'Percent', value: 200, periodSeconds: 600},
];
const ONE_OR_HALF = [
  {type: 'Pods', value: 1, periodSeconds: 600},
  {type: 'Percent', value: 50, periodSeconds: 600},
];
const NO_WINDOW = {stabilizationWindowSeconds: 0};
const UP_LIMITED = 'ScalingLimited=True/ScaleUpLimit';
const DOWN_LIMITED = 'ScalingLimited=True/ScaleDownLimit';

export const LIMIT_CASES: readonly HpaCase[] = [
  {
    ...BASE,
    name: 'more than maxReplicas',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    max: 4,
    wanted: {replicas: 4, conditions: [VALID, 'ScalingLimited=True/TooManyReplicas']},
  },
  {
    ...BASE,
    name: 'less than minReplicas',
    replicas: 3,
    metrics: [average('100')],
    external: 10,
    min: 2,
    wanted: {replicas: 2, conditions: [VALID, 'ScalingLimited=True/TooFewReplicas']},
  },
  {
    ...BASE,
    name: 'scaling down stabilised',
    replicas: 4,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {stabilizationWindowSeconds: 300}},
    wanted: {replicas: 4, conditions: ['AbleToScale=True/ScaleDownStabilized', VALID]},
  },
  {
    ...BASE,
    name: 'scaling up limited by a policy',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    behavior: {scaleUp: {policies: [{type: 'Pods', value: 1, periodSeconds: 600}]}},
    wanted: {replicas: 3, conditions: [VALID, 'ScalingLimited=True/ScaleUpLimit']},
  },
  {
    ...BASE,
    name: 'scaling down disabled',
    replicas: 4,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {stabilizationWindowSeconds: 0, selectPolicy: 'Disabled'}},
    wanted: {replicas: 4, conditions: [VALID, 'ScalingLimited=True/ScaleDownLimit']},
  },
  {
    ...BASE,
    name: 'scaling up stabilised: what was recommended before holds it',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    behavior: {scaleUp: {stabilizationWindowSeconds: 300}},
    wanted: {replicas: 2, conditions: ['AbleToScale=True/ScaleUpStabilized', VALID, IN_RANGE]},
  },
  {
    ...BASE,
    name: 'of several policies the one that lets most pods come',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    behavior: {scaleUp: {policies: ONE_OR_TWICE, selectPolicy: 'Max'}},
    wanted: {replicas: 6, conditions: [VALID, UP_LIMITED]},
  },
  {
    ...BASE,
    name: 'with selectPolicy Min the one that lets fewest pods come',
    replicas: 2,
    metrics: [average('100')],
    external: 900,
    behavior: {scaleUp: {policies: ONE_OR_TWICE, selectPolicy: 'Min'}},
    wanted: {replicas: 3, conditions: [VALID, UP_LIMITED]},
  },
  {
    ...BASE,
    name: 'of several policies the one that lets most pods go',
    replicas: 8,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {...NO_WINDOW, policies: ONE_OR_HALF, selectPolicy: 'Max'}},
    wanted: {replicas: 4, conditions: [VALID, DOWN_LIMITED]},
  },
  {
    ...BASE,
    name: 'with selectPolicy Min the one that lets fewest pods go',
    replicas: 8,
    metrics: [average('100')],
    external: 100,
    behavior: {scaleDown: {...NO_WINDOW, policies: ONE_OR_HALF, selectPolicy: 'Min'}},
    wanted: {replicas: 7, conditions: [VALID, DOWN_LIMITED]},
  },
  {
    ...BASE,
    name: 'a tolerance of its own',
    replicas: 2,
    metrics: [average('100')],
    external: 204,
    behavior: {scaleUp: {tolerance: '10m'}},
    wanted: {replicas: 3, conditions: [VALID, IN_RANGE]},
  },
  {
    ...BASE,
    name: 'more replicas than maxReplicas: down to it without a look at the metrics',
    replicas: 5,
    metrics: [average('100')],
    external: 'fails',
    max: 3,
    wanted: {replicas: 3, conditions: ['AbleToScale=True/SucceededGetScale']},
  },
  {
    ...BASE,
    name: 'fewer replicas than minReplicas: up to it without a look at the metrics',
    replicas: 1,
    metrics: [average('100')],
    external: 'fails',
    min: 3,
    wanted: {replicas: 3, conditions: ['AbleToScale=True/SucceededGetScale']},
  },
];
