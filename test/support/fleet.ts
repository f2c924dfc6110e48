/** An RSG as the aggregation sees it, from a few words: groups of pods and what each reports. */
import {createCells, type Cells} from '../../src/metrics-adapter/cells.ts';
import type {View} from '../../src/metrics-adapter/answers.ts';
import type {Demand} from '../../src/metrics-adapter/demand.ts';
import {histogramOf, type Histogram} from '../../src/metrics-adapter/histogram.ts';
import type {PodModel, PodState, RoleModel, Saturation} from '../../src/metrics-adapter/model.ts';
import {vllm} from '../../src/metrics-adapter/presets/vllm.ts';
import type {Phase} from '../../src/api/schema.ts';
import {advance} from '../../src/metrics-adapter/window.ts';

export const NOW_MS = Date.parse('2026-01-01T00:10:00Z');
export const FRESH_MS = 45_000;

export interface FleetPod {
  readonly queue?: number;
  readonly running?: number;
  readonly kvUsage?: number;
  /** Seconds to the first token of requests that ended within the window. */
  readonly ttft?: readonly number[];
  readonly ready?: boolean;
  /** It is being deleted. */
  readonly leaving?: boolean;
  readonly ageMs?: number;
  /** Nobody has listened since. */
  readonly gone?: boolean;
  /** It does not answer, and this is why. */
  readonly problem?: string;
}

export interface FleetGroup {
  readonly phase?: Phase;
  /** By role. */
  readonly pods: Readonly<Record<string, readonly FleetPod[]>>;
}

export interface Fleet {
  /** Source replicas by role; default: as many as the first group has pods. */
  readonly replicas?: Readonly<Record<string, number>>;
  readonly saturation?: Readonly<Record<string, readonly Saturation[]>>;
  readonly groups: readonly FleetGroup[];
  readonly representatives?: number;
  readonly demand?: Demand;
  readonly coverage?: number;
}

const COUNTED: readonly Phase[] = ['Available', 'Degraded', 'Draining'];
const QUEUE: Saturation = {signal: 'queue', target: 8, quantile: 0.95};
const KV: Saturation = {signal: 'kvUsage', target: 1, quantile: 0.95};

export function cellsOf(fleet: Fleet): Cells {
  const groups = fleet.groups.map(({phase = 'Available'}, at) => ({id: `group${String(at)}`, phase, counted: COUNTED.includes(phase)}));
  const states = new Map<string, PodState>();
  const pods = fleet.groups.flatMap((group, at) =>
    Object.entries(group.pods).flatMap(([role, list]) =>
      list.map((pod, index): PodModel => {
        const name = `${role}-${String(at)}-${String(index)}`;
        states.set(name, stateOf(pod));
        return {
          target: name,
          name,
          group: `group${String(at)}`,
          role,
          ready: pod.leaving !== true && (pod.ready ?? true),
          leaving: pod.leaving === true,
        };
      }),
    ),
  );
  const names = [...new Set(fleet.groups.flatMap((group) => Object.keys(group.pods)))];
  const roles = names.map((role): RoleModel => {
    const replicas = fleet.replicas?.[role] ?? fleet.groups[0]?.pods[role]?.length ?? 0;
    const saturation = fleet.saturation?.[role] ?? (role === 'prefill' ? [QUEUE] : [KV, QUEUE]);
    return {role, engine: 'vllm', preset: vllm, replicas, saturation};
  });
  const representatives = fleet.representatives ?? groups.filter(({counted, phase}) => counted && phase !== 'Draining').length;
  const existing = groups.filter(({phase}) => ['Creating', 'Available', 'Degraded'].includes(phase)).length;
  const model = {namespace: 'default', name: 'llama', roles, groups, existing, wanted: existing, pods, representatives};
  return createCells({
    model,
    stateOf: (target) => states.get(target),
    nowMs: NOW_MS,
    freshMs: FRESH_MS,
    coverage: fleet.coverage ?? 0.8,
  });
}

export function viewOf(fleet: Fleet): View {
  return {cells: cellsOf(fleet), demand: fleet.demand};
}

function stateOf({queue, running, kvUsage, ttft, ageMs = 1000, problem, gone = false}: FleetPod): PodState {
  if (problem !== undefined) return {problem};
  const gauges = {
    ...(queue === undefined ? {} : {queue}),
    ...(running === undefined ? {} : {running}),
    ...(kvUsage === undefined ? {} : {kvUsage}),
  };
  const reading = (seen: readonly number[]): Parameters<typeof advance>[1] => ({
    gauges,
    counters: {},
    histograms: ttft === undefined ? {} : {ttft: new Map([['', seconds(seen)]])},
  });
  const before = advance(undefined, reading([]), {atMs: NOW_MS - ageMs - 15_000, windowMs: 60_000});
  return {window: advance(before, reading(ttft ?? []), {atMs: NOW_MS - ageMs, windowMs: 60_000}), gone};
}

const BOUNDS = [0.5, 1, 2, 4, Number.POSITIVE_INFINITY];

function seconds(observed: readonly number[]): Histogram {
  const made = histogramOf(new Map(BOUNDS.map((bound) => [bound, observed.filter((one) => one <= bound).length])));
  if (made === undefined) throw new Error('the bounds of a test must end with +Inf');
  return made;
}
