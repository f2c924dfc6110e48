/** What KEDA is told of a trigger, and whether it may take an RSG to zero or must take it from there. Asks the source only, from memory. Pure. */
import type {MetricAnswer, MetricSource} from '../../query.ts';
import type {Trigger} from './metadata.ts';

type Source = Pick<MetricSource, 'active' | 'answer'>;

export type Activity = {readonly active: boolean} | Extract<MetricAnswer, {kind: 'error'}>;

/**
 * The metric. An RSG at zero has no load to measure, and KEDA does not wake what answers an error: then demand in front of it stands for
 * one group, and known absence of demand for none. It is an error where that is unknown too.
 */
export function readingOf(source: Source, {query, target}: Trigger): MetricAnswer {
  const answer = source.answer(query);
  if (answer.kind === 'value' || answer.code !== 'Unavailable') return answer;
  const {namespace, rsg} = query;
  const groups = source.answer({namespace, rsg, metric: 'rsg_groups'});
  const demand = source.active(namespace, rsg);
  if (groups.kind === 'error' || groups.value > 0 || demand === undefined) return answer;
  return {...groups, value: demand ? (target ?? 1) : 0};
}

/**
 * Inactive is said only when nothing waits in front of the groups and nothing is in them, since what KEDA scales to zero cannot wake by
 * itself: an RSG without a source of demand is always active, and one of which something is unknown is an error, on which KEDA changes
 * nothing. With an `activationTarget` of the trigger the metric decides instead of demand, within those bounds.
 */
export function activityOf(source: Source, trigger: Trigger): Activity {
  const {query, activationTarget} = trigger;
  const demand = source.active(query.namespace, query.rsg);
  if (demand === true && activationTarget === undefined) return {active: true};
  const answer = readingOf(source, trigger);
  if (answer.kind === 'error') return answer;
  if (demand === undefined) return {active: true};
  return {active: activationTarget === undefined ? demand : answer.value > activationTarget};
}
