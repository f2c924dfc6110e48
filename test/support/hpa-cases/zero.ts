/** To zero and back: only what an HPA itself has scaled to zero does it bring back. */
import type {HpaCase} from './hpa-case.ts';
import {average, BASE, objectValue, VALID} from './build.ts';

const AT_ZERO = 'ScaledToZero=True/ScaledToZero: the HPA controller scaled the workload to zero';
const NOT_AT_ZERO = 'ScaledToZero=False/NotScaledToZero: the HPA controller did not scale the workload to zero';

export const ZERO_CASES: readonly HpaCase[] = [
  {
    ...BASE,
    name: 'a target at 0 that this HPA has not scaled there stays there',
    replicas: 0,
    metrics: [average('100')],
    external: 300,
    wanted: {replicas: 0, conditions: ['ScalingActive=False/ScalingDisabled']},
  },
  {
    ...BASE,
    name: 'a manual 0 stays, also where minReplicas is 0',
    replicas: 0,
    metrics: [average('100')],
    external: 300,
    min: 0,
    wanted: {replicas: 0, conditions: ['ScalingActive=False/ScalingDisabled']},
  },
  {
    ...BASE,
    name: 'no load and minReplicas 0: to zero, and back when there is load',
    replicas: 2,
    metrics: [average('100')],
    min: 0,
    wanted: {replicas: 0, conditions: [VALID, AT_ZERO]},
    then: {external: 250, wanted: {replicas: 3, conditions: [VALID, NOT_AT_ZERO]}},
  },
  {
    ...BASE,
    name: 'from zero by an Object metric: its ratio is the number',
    replicas: 2,
    metrics: [objectValue('100'), average('100')],
    object: 0,
    min: 0,
    wanted: {replicas: 0, conditions: [VALID, AT_ZERO]},
    then: {external: 30, wanted: {replicas: 1, conditions: [VALID, NOT_AT_ZERO]}},
  },
  {
    ...BASE,
    name: 'scaled to zero, then minReplicas is raised: up to it',
    replicas: 2,
    metrics: [average('100')],
    min: 0,
    wanted: {replicas: 0, conditions: [AT_ZERO]},
    then: {min: 2, wanted: {replicas: 2, conditions: [NOT_AT_ZERO]}},
  },
  {
    ...BASE,
    name: 'at zero with a metric that fails: stays there',
    replicas: 2,
    metrics: [average('100')],
    min: 0,
    wanted: {replicas: 0, conditions: [AT_ZERO]},
    then: {external: 'fails', wanted: {replicas: 0, conditions: ['ScalingActive=False/FailedGetExternalMetric', AT_ZERO]}},
  },
  {
    ...BASE,
    name: 'every other rescale says that it was not to zero',
    replicas: 2,
    metrics: [average('100')],
    external: 300,
    wanted: {replicas: 3, conditions: [VALID, NOT_AT_ZERO]},
  },
];
