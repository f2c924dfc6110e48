/**
 * How many replicas a metric asks for (replica_calculator.go of Kubernetes 1.37). All values are in thousandths of the metric's unit.
 * Pure; what cannot be computed is a `MetricProblem`.
 */
import {asObject} from '../../../api/json.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {isReady, phaseOf, readinessOf} from '../pod-state.ts';
import {isTerminating} from '../write.ts';

export class MetricProblem extends Error {
  override readonly name = 'MetricProblem';
}

/** How far from its target a ratio may be without a scaling: 0.1 is a tenth. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

export interface Proposal {
  readonly replicas: number;
  /** What the status shows as current. */
  readonly usage: number;
  /** In percent, for Utilization. */
  readonly utilization?: number;
}

export interface PodMetric {
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly windowMs: number;
}
export type PodMetrics = ReadonlyMap<string, PodMetric>;

const NO_PODS = 'no pods returned by selector while calculating replica count';

function within(ratio: number, {up, down}: Tolerance): boolean {
  return ratio >= 1 - down && ratio <= 1 + up;
}

/** `Value` targets of External and Object metrics: the ratio, times the Ready pods that the scale selector matches. */
export function fromTotal(
  usage: number,
  {target, current, pods}: {readonly target: number; readonly current: number; readonly pods: readonly KubeObject[]},
  tolerance: Tolerance,
): Proposal {
  const ratio = usage / target;
  if (current === 0) return {replicas: Math.ceil(ratio), usage};
  if (within(ratio, tolerance)) return {replicas: current, usage};
  if (pods.length === 0) throw new MetricProblem(`unable to calculate ready pods: ${NO_PODS}`);
  const ready = pods.filter((pod) => phaseOf(pod) === 'Running' && isReady(pod)).length;
  return {replicas: Math.ceil(ratio * ready), usage};
}

/** `AverageValue` targets of External and Object metrics: no pods are looked at. `current` is what the scale's status counts. */
export function fromAverage(
  usage: number,
  {target, current}: {readonly target: number; readonly current: number},
  tolerance: Tolerance,
): Proposal {
  const ratio = usage / (target * current);
  const replicas = within(ratio, tolerance) ? current : Math.ceil(usage / target);
  return {replicas, usage: current === 0 ? 0 : Math.ceil(usage / current)};
}

export interface PodsInput {
  readonly pods: readonly KubeObject[];
  readonly metrics: PodMetrics;
  readonly target: number;
  readonly current: number;
  /** CPU of pods that are still starting does not count as it is. */
  readonly starting?: {readonly now: number; readonly initialReadinessMs: number; readonly initializationMs: number};
  /** Requests by pod, for Utilization: the target is then in percent of them. */
  readonly requests?: ReadonlyMap<string, number>;
}

/** Metrics of the pods themselves: Pods and Resource. */
export function fromPods(input: PodsInput, tolerance: Tolerance): Proposal {
  const {pods, current} = input;
  if (pods.length === 0) throw new MetricProblem(NO_PODS);
  const {readyCount, unready, missing, metrics} = grouped(input);
  if (metrics.size === 0) throw new MetricProblem('did not receive metrics for targeted pods (pods might be unready)');
  const first = ratioOf(metrics, input);
  const usage = {usage: first.usage, ...(first.utilization === undefined ? {} : {utilization: first.utilization})};
  const upWithUnready = unready.length > 0 && first.ratio > 1;
  if (!upWithUnready && missing.length === 0) {
    return {replicas: within(first.ratio, tolerance) ? current : Math.ceil(first.ratio * readyCount), ...usage};
  }
  const all = new Map(metrics);
  // Missing pods are taken for what makes the change smaller.
  for (const pod of missing) all.set(pod, first.ratio < 1 ? atTarget(pod, input) : 0);
  if (upWithUnready) for (const pod of unready) all.set(pod, 0);
  return {replicas: cautious(first.ratio, {ratio: ratioOf(all, input).ratio, pods: all.size, current}, tolerance), ...usage};
}

/** At the target; for Utilization at 100 % of the request where the target is lower. */
function atTarget(pod: string, {target, requests}: PodsInput): number {
  return requests === undefined ? target : ((requests.get(pod) ?? 0) * Math.max(100, target)) / 100;
}

/** With assumed values in it: no scaling that turns around, or goes the other way than the values that are known. */
function cautious(
  known: number,
  {ratio, pods, current}: {readonly ratio: number; readonly pods: number; readonly current: number},
  tolerance: Tolerance,
): number {
  const turned = (known < 1 && ratio > 1) || (known > 1 && ratio < 1);
  if (within(ratio, tolerance) || turned) return current;
  const replicas = Math.ceil(ratio * pods);
  const wrongWay = (ratio < 1 && replicas > current) || (ratio > 1 && replicas < current);
  return wrongWay ? current : replicas;
}

interface Ratio {
  readonly ratio: number;
  readonly usage: number;
  readonly utilization?: number;
}

function ratioOf(metrics: ReadonlyMap<string, number>, {target, requests}: PodsInput): Ratio {
  const total = [...metrics.values()].reduce((sum, value) => sum + value, 0);
  const usage = Math.trunc(total / metrics.size);
  if (requests === undefined) return {ratio: usage / target, usage};
  const requested = [...metrics.keys()].reduce((sum, pod) => sum + (requests.get(pod) ?? 0), 0);
  if (requested === 0) throw new MetricProblem('no metrics returned matched known pods');
  const utilization = Math.trunc((total * 100) / requested);
  return {ratio: utilization / target, usage, utilization};
}

interface Grouped {
  readonly readyCount: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  /** Of the pods that count as they are. */
  readonly metrics: ReadonlyMap<string, number>;
}

function grouped({pods, metrics, starting}: PodsInput): Grouped {
  const unready: string[] = [];
  const missing: string[] = [];
  const counted = new Map<string, number>();
  for (const pod of pods) {
    const {name} = pod.metadata;
    if (isTerminating(pod) || phaseOf(pod) === 'Failed') continue;
    const metric = metrics.get(name);
    if (phaseOf(pod) === 'Pending') unready.push(name);
    else if (metric === undefined) missing.push(name);
    else if (starting !== undefined && isStarting(pod, metric, starting)) unready.push(name);
    else counted.set(name, metric.value);
  }
  return {readyCount: counted.size, unready, missing, metrics: counted};
}

/** While it may still be initialising: not ready, or not for a whole window of the metric. Later: not ready, and it never was. */
function isStarting(pod: KubeObject, metric: PodMetric, options: NonNullable<PodsInput['starting']>): boolean {
  const startTime = asObject(pod['status'])['startTime'];
  const readiness = readinessOf(pod);
  if (typeof startTime !== 'string' || readiness === undefined) return true;
  const startedAt = Date.parse(startTime);
  const {ready, since} = readiness;
  if (startedAt + options.initializationMs > options.now) return !ready || metric.timestamp < since + metric.windowMs;
  return !ready && startedAt + options.initialReadinessMs > since;
}
