/** The status of an HPA after an evaluation. Pure. */
import {timestamp} from '../../../runtime/clock.ts';
import type {ConditionChange} from './evaluate.ts';
import type {Hpa, HpaCondition} from './schema.ts';

/** Conditions keep their order of appearance; the time moves only with the status. */
export function withConditions(before: readonly HpaCondition[], changes: readonly ConditionChange[], now: number): readonly object[] {
  const result = new Map<string, object>(before.map((one) => [one.type, one]));
  for (const change of changes) {
    const old = before.find(({type}) => type === change.type);
    const since = old?.status === change.status ? old.lastTransitionTime : timestamp(now);
    result.set(change.type, {...change, lastTransitionTime: since});
  }
  return [...result.values()];
}

export interface HpaReport {
  readonly current: number;
  readonly desired: number;
  readonly currentMetrics: readonly object[];
  readonly conditions: readonly ConditionChange[];
  readonly rescaled: boolean;
}

export function hpaStatus(hpa: Hpa, report: HpaReport, now: number): object {
  const lastScaleTime = report.rescaled ? timestamp(now) : hpa.status.lastScaleTime;
  return {
    ...(hpa.metadata.generation === undefined ? {} : {observedGeneration: hpa.metadata.generation}),
    ...(lastScaleTime === undefined ? {} : {lastScaleTime}),
    currentReplicas: report.current,
    desiredReplicas: report.desired,
    currentMetrics: report.currentMetrics.length === 0 ? null : report.currentMetrics,
    conditions: withConditions(hpa.status.conditions, report.conditions, now),
  };
}
