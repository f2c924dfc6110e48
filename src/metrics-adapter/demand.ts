/**
 * Demand in front of the groups: requests that wait at a router, gateway or endpoint picker. It is what may wake an RSG from 0, and the
 * only thing that may call it inactive. Pure.
 */
import type {Sample} from './exposition-line.ts';
import type {Situation} from './gather.ts';
import type {DemandModel, DemandState, Measured, Unknown} from './model.ts';
import type {DemandPreset} from './presets/preset.ts';
import {groupByName, readGauge} from './signals.ts';

const WHOLE = {repeats: [], mean: false};

/** What one scrape of a pod in front of the groups says; a part that it lacks is absent. */
export function readDemand(samples: readonly Sample[], preset: DemandPreset): Pick<DemandState, 'waiting' | 'inFlight'> {
  const byName = groupByName(samples);
  const waiting = readGauge(byName, preset.waiting, WHOLE);
  const inFlight = preset.inFlight === undefined ? undefined : readGauge(byName, preset.inFlight, WHOLE);
  return {...(waiting === undefined ? {} : {waiting}), ...(inFlight === undefined ? {} : {inFlight})};
}

export interface Demand {
  readonly waiting: Measured | Unknown;
  /** True as soon as one pod reports a request; false when all of them are known to have none. */
  readonly any: boolean | undefined;
}

type Place = Pick<Situation, 'nowMs' | 'freshMs' | 'coverage'>;

/** Over its pods, of which at least the share `coverage` must have a fresh sample; the others are taken to be like them. */
export function demandOver(
  model: DemandModel,
  stateOf: (target: string) => DemandState | undefined,
  {nowMs, freshMs, coverage}: Place,
): Demand {
  if (model.problem !== undefined) return {waiting: {unknown: model.problem}, any: undefined};
  if (model.pods.length === 0) return {waiting: {unknown: 'metrics.demand: no pod in front of the groups is Ready'}, any: undefined};
  const missing: string[] = [];
  const answers: {readonly waiting: number; readonly busy: boolean; readonly atMs: number}[] = [];
  for (const pod of model.pods) {
    const state = stateOf(pod.target);
    if (state?.atMs === undefined || nowMs - state.atMs > freshMs) missing.push(`${pod.name} (${state?.problem ?? 'not scraped yet'})`);
    else if (state.waiting === undefined) missing.push(`${pod.name} (its metrics have no number of waiting requests)`);
    else answers.push({waiting: state.waiting, busy: state.waiting > 0 || (state.inFlight ?? 0) > 0, atMs: state.atMs});
  }
  const busy = answers.some((answer) => answer.busy);
  const any = busy ? true : missing.length === 0 ? false : undefined;
  if (answers.length === 0 || answers.length < coverage * model.pods.length) {
    const all = `${String(missing.length)} of ${String(model.pods.length)}`;
    return {waiting: {unknown: `metrics.demand: ${all} pods give no answer: ${missing.slice(0, 5).join(', ')}`}, any};
  }
  const mean = answers.reduce((sum, answer) => sum + answer.waiting, 0) / answers.length;
  return {waiting: {value: mean * model.pods.length, oldestMs: Math.min(...answers.map(({atMs}) => atMs)), spanSeconds: 0}, any};
}
