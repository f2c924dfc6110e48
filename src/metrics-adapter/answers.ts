/** Answers to queries about one RSG: which rule of `aggregate.ts` each metric name stands for. Pure. */
import {bottleneckOf, loadOf, signalOver, utilizationOf} from './aggregate.ts';
import type {Cells} from './cells.ts';
import type {Demand} from './demand.ts';
import {isUnknown, type Measured, type RsgModel, type Unknown} from './model.ts';
import {METRIC_NAMES, type MetricAnswer, type MetricName, type MetricQuery, type SignalName} from './query.ts';
import {isHistogram} from './signals.ts';

export interface View {
  readonly cells: Cells;
  /** Undefined where the RSG names no source of demand. */
  readonly demand: Demand | undefined;
}

const SIGNAL_OF: Readonly<Partial<Record<MetricName, SignalName>>> = {
  rsg_queue_depth: 'queue',
  rsg_running_requests: 'running',
  rsg_kv_cache_usage: 'kvUsage',
  rsg_prompt_tokens_per_second: 'promptTokens',
  rsg_generation_tokens_per_second: 'generationTokens',
  rsg_requests_per_second: 'requests',
  rsg_ttft_seconds: 'ttft',
  rsg_itl_seconds: 'itl',
  rsg_queue_time_seconds: 'queueTime',
};

type Result = Measured | Unknown;
type AnswerError = Extract<MetricAnswer, {kind: 'error'}>;

export function answerFrom(view: View, query: MetricQuery): MetricAnswer {
  const metric = METRIC_NAMES.find((name) => name === query.metric);
  if (metric === undefined) return failure('UnknownMetric', `${query.metric}: no such metric; there are ${METRIC_NAMES.join(', ')}`);
  const {model} = view.cells.situation;
  const mistake = mistakeIn(query, metric, model);
  if (mistake !== undefined) return failure('BadQuery', mistake);
  if (metric === 'rsg_demand' && view.demand === undefined) {
    return failure('UnknownMetric', `RSG ${model.namespace}/${model.name} names no source of demand (spec.metrics.demand)`);
  }
  const result = compute(view, metric, query);
  if (isUnknown(result)) return failure('Unavailable', result.unknown);
  if (!Number.isFinite(result.value)) return failure('Unavailable', `${metric} is not a finite number`);
  return {kind: 'value', value: result.value, timestampMs: result.oldestMs, windowSeconds: Math.round(result.spanSeconds)};
}

function failure(code: AnswerError['code'], message: string): AnswerError {
  return {kind: 'error', code, message};
}

function mistakeIn({role, group, quantile}: MetricQuery, metric: MetricName, {roles, groups}: RsgModel): string | undefined {
  if (role !== undefined && !roles.some((one) => one.role === role)) {
    return `role ${role}: no such role with an engine; there are ${list(roles.map((one) => one.role))}`;
  }
  if (group !== undefined && !groups.some((one) => one.id === group)) {
    return `group ${group}: no such group; there are ${list(groups.map((one) => one.id))}`;
  }
  if (quantile === undefined) return undefined;
  if (!(quantile > 0 && quantile < 1)) return `quantile ${String(quantile)} must lie between 0 and 1, such as 0.95`;
  const signal = SIGNAL_OF[metric];
  return signal !== undefined && isHistogram(signal) ? undefined : `${metric} takes no quantile`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}

function compute({cells, demand}: View, metric: MetricName, query: MetricQuery): Result {
  const signal = SIGNAL_OF[metric];
  if (signal !== undefined) {
    const {roles} = cells.situation.model;
    const part = {signal, group: query.group, quantile: query.quantile};
    return signalOver(cells, {...part, roles: query.role === undefined ? roles : roles.filter(({role}) => role === query.role)});
  }
  switch (metric) {
    case 'rsg_load':
      return loadFor(cells, query);
    case 'rsg_utilization':
      return query.group === undefined ? mean(loadFor(cells, query), cells.situation.model) : loadFor(cells, query);
    case 'rsg_imbalance':
      return imbalanceFor(cells, query.role);
    case 'rsg_demand':
      return demand?.waiting ?? {unknown: 'no source of demand is given'};
    default:
      return {value: cells.situation.model.existing, oldestMs: cells.situation.nowMs, spanSeconds: 0};
  }
}

/** Of the role asked for, else of the one that limits: in the whole RSG the bottleneck, in a group the role with the most there. */
function loadFor(cells: Cells, {role, group}: MetricQuery): Result {
  const {roles} = cells.situation.model;
  const named = roles.find((one) => one.role === role);
  if (group === undefined) {
    if (named !== undefined) return loadOf(cells, named);
    const bottleneck = bottleneckOf(cells);
    return isUnknown(bottleneck) ? bottleneck : bottleneck.load;
  }
  let largest: Measured | undefined;
  for (const one of named === undefined ? roles : [named]) {
    const value = utilizationOf(cells, one, group);
    if (isUnknown(value)) return value;
    if (largest === undefined || value.value > largest.value) largest = value;
  }
  return largest ?? {unknown: 'no role has an engine (spec.metrics.engine)'};
}

/**
 * The mean over groups is taken over what an HPA multiplies it by: the Ready pods that the scale selector matches. So ratio × pods is
 * always load ÷ target, also while new groups start and old ones drain. Without such pods, over the groups that count and stay.
 */
export function mean(load: Result, {representatives, groups}: RsgModel): Result {
  if (isUnknown(load)) return load;
  const staying = groups.filter(({counted, phase}) => counted && phase !== 'Draining').length;
  const over = representatives > 0 ? representatives : staying;
  return over === 0 ? {unknown: 'every group is being drained'} : {...load, value: load.value / over};
}

/** A role's mean utilisation over the bottleneck's: without a role, that of the one which is used least. All idle is level. */
function imbalanceFor(cells: Cells, role: string | undefined): Result {
  const bottleneck = bottleneckOf(cells);
  if (isUnknown(bottleneck)) return bottleneck;
  const {load: most} = bottleneck;
  let least: Measured | undefined;
  for (const one of cells.situation.model.roles.filter((candidate) => role === undefined || candidate.role === role)) {
    const load = loadOf(cells, one);
    if (isUnknown(load)) return load;
    if (least === undefined || load.value < least.value) least = load;
  }
  return {...most, value: shareOf(least ?? most, most)};
}

export function shareOf(load: Measured, most: Measured): number {
  return most.value === 0 ? 1 : load.value / most.value;
}

/**
 * True where a request is known to be somewhere, false only where a source of demand is known to have none and so is every engine, also
 * of groups that only start: what is called inactive is scaled to 0.
 */
export function activeFrom({cells, demand}: View): boolean | undefined {
  const {model, stateOf, nowMs, freshMs} = cells.situation;
  // What a pod holds that is being deleted ends with it, whatever is decided here.
  const staying = model.pods.filter(({leaving}) => !leaving);
  const held = staying.map(({target}): number | undefined => {
    const window = stateOf(target)?.window;
    if (window === undefined || nowMs - window.atMs > freshMs) return undefined;
    const {queue, running} = window.gauges;
    return queue === undefined || running === undefined ? undefined : queue + running;
  });
  if (demand?.any === true || held.some((requests) => requests !== undefined && requests > 0)) return true;
  return demand?.any === false && held.every((requests) => requests === 0) ? false : undefined;
}
