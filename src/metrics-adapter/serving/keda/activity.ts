/**
 * What KEDA is told of a trigger, and whether it may take an RSG to zero or must take it from there. Asks the source only, from memory. Pure.
 *
 * What is unknown while groups are wanted is held: active, and no value. KEDA then changes nothing, and the HPA, which gets an error for want
 * of a value, neither. An error would make KEDA discard the scaler, and KEDA 2.20 takes one that it has just discarded for inactive: with
 * `minReplicaCount: 0` it scaled to zero while nothing was known (docs/adr/0017-keda-holds.md). At zero nothing can be lost, and active would
 * wake the RSG: there it is an error.
 */
import type {MetricAnswer, MetricSource} from '../../query.ts';
import type {Trigger} from './metadata.ts';

type Source = Pick<MetricSource, 'active' | 'answer' | 'wanted'>;
type Refusal = Extract<MetricAnswer, {kind: 'error'}>;

export type Activity = {readonly active: boolean} | Refusal;
export type Reading = MetricAnswer | {readonly kind: 'held'};

/**
 * The metric. An RSG at zero has no load to measure, and KEDA does not wake what has no value: then demand in front of it stands for one
 * group, and known absence of demand for none.
 */
export function readingOf(source: Source, {query, target}: Trigger): Reading {
  const answer = source.answer(query);
  if (answer.kind === 'value' ? Number.isFinite(answer.value) : answer.code !== 'Unavailable') return answer;
  const {namespace, rsg} = query;
  const wanted = source.wanted(namespace, rsg);
  if (wanted !== undefined && wanted > 0) return {kind: 'held'};
  const groups = source.answer({namespace, rsg, metric: 'rsg_groups'});
  const demand = source.active(namespace, rsg);
  if (wanted === undefined || groups.kind === 'error' || demand === undefined) return answer;
  return {...groups, value: demand ? (target ?? 1) : 0};
}

/**
 * Inactive is said only when nothing waits in front of the groups and nothing is in them, since what KEDA scales to zero cannot wake by
 * itself: an RSG without a source of demand is always active. With an `activationTarget` of the trigger the metric decides instead of
 * demand, within those bounds.
 */
export function activityOf(source: Source, trigger: Trigger): Activity {
  const {query, activationTarget} = trigger;
  const demand = source.active(query.namespace, query.rsg);
  if (demand === true && activationTarget === undefined) return {active: true};
  const reading = readingOf(source, trigger);
  if (reading.kind === 'error') return reading;
  if (reading.kind === 'held' || demand === undefined) return {active: true};
  return {active: activationTarget === undefined ? demand : reading.value > activationTarget};
}
