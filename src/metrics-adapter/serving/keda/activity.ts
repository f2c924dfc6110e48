/** Whether KEDA may take an RSG to zero, or must take it from there. Pure but for the source it asks, which answers from memory. */
import type {MetricAnswer, MetricSource} from '../../query.ts';
import type {Trigger} from './metadata.ts';

export type Activity = {readonly active: boolean} | Extract<MetricAnswer, {kind: 'error'}>;

/**
 * Inactive is said only when nothing waits in front of the groups and nothing is in them, since what KEDA scales to zero cannot wake by
 * itself: an RSG without a source of demand is always active, and one of which something is unknown is an error, on which KEDA changes
 * nothing. With an `activationTarget` of the trigger the metric decides instead of demand, within those bounds.
 */
export function activityOf(source: Pick<MetricSource, 'active' | 'answer'>, {query, activationTarget}: Trigger): Activity {
  const demand = source.active(query.namespace, query.rsg);
  if (demand === true && activationTarget === undefined) return {active: true};
  const answer = source.answer(query);
  if (answer.kind === 'error') return answer;
  if (demand === undefined) return {active: true};
  return {active: activationTarget === undefined ? demand : answer.value > activationTarget};
}
