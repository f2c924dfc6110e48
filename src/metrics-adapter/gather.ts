/**
 * One signal of one role, group by group, over pods that have been scraped lately. Requests count where they are held: by every pod of
 * a group that was available once, Ready or not, also in the last seconds of a pod that is being deleted; and by Ready pods of a group that
 * is still being created, which are in traffic before the group is complete, until they are gone. Needed to answer are the Ready pods of
 * groups that count: those without a sample are named, and may be a fifth (the flag `coverage`) of all; what they hold is taken to be like
 * the others'. Pure.
 */
import {add, type Histogram} from './histogram.ts';
import {isUnknown, type GroupModel, type PodModel, type PodState, type RoleModel, type RsgModel, type Unknown} from './model.ts';
import {isCounter, isHistogram} from './signals.ts';
import type {SignalName} from './query.ts';
import {observedIn, rateOf, type PodWindow} from './window.ts';

export interface Situation {
  readonly model: RsgModel;
  /** By the key of a pod's target. */
  readonly stateOf: (target: string) => PodState | undefined;
  readonly nowMs: number;
  /** A sample older than this is no sample. */
  readonly freshMs: number;
  /** Share of the Ready pods that must have one, 0–1. */
  readonly coverage: number;
}

export interface MissingPod {
  readonly pod: PodModel;
  /** Nothing at all is known of it, not only this signal. */
  readonly silent: boolean;
  readonly reason: string;
}

/** Part of a role's pods, as a rule those of one group. Filled in place here, since it is done for every pod several times a second. */
interface Filling {
  /** Over all pods with a sample. */
  sum: number;
  pods: number;
  /** Over those among them that are needed to answer. */
  neededSum: number;
  neededPods: number;
  /** Needed pods without a sample. */
  readonly missing: MissingPod[];
  histogram: Histogram | undefined;
  oldestMs: number;
  spanSeconds: number;
}

export type Cell = Readonly<Omit<Filling, 'missing'>> & {readonly missing: readonly MissingPod[]};

function emptyCell(): Filling {
  const oldestMs = Number.POSITIVE_INFINITY;
  return {sum: 0, pods: 0, neededSum: 0, neededPods: 0, missing: [], histogram: undefined, oldestMs, spanSeconds: 0};
}

/** Cells by group: of every group that counts, and of others that hold something. */
export function gather({model, ...situation}: Situation, role: RoleModel, signal: SignalName): ReadonlyMap<string, Cell> {
  const groups = new Map(model.groups.map((group) => [group.id, group]));
  const cells = new Map<string, Filling>();
  for (const {id, counted} of model.groups) if (counted) cells.set(id, emptyCell());
  const wanted = {role, signal, nowMs: situation.nowMs, freshMs: situation.freshMs};
  for (const pod of model.pods) {
    const group = pod.role === role.role ? groups.get(pod.group) : undefined;
    if (group === undefined) continue;
    const state = situation.stateOf(pod.target);
    if (holdsNothing(pod, group, state)) continue;
    const needed = group.counted && pod.ready;
    const sample = sampleOf(state, wanted);
    if (isUnknown(sample) && !needed) continue;
    const cell = cells.get(group.id) ?? emptyCell();
    cells.set(group.id, cell);
    if (isUnknown(sample)) cell.missing.push({pod, reason: sample.unknown, silent: sample.silent});
    else fill(cell, {...sample, needed});
  }
  return cells;
}

/** It has not been in traffic yet, or nobody listens any more. */
function holdsNothing({ready, leaving}: PodModel, {phase}: GroupModel, state: PodState | undefined): boolean {
  return !ready && (state?.gone === true || (phase === 'Creating' && !leaving));
}

function fill(cell: Filling, {value, histogram, oldestMs, spanSeconds, needed}: PodSample & {readonly needed: boolean}): void {
  cell.sum += value;
  cell.pods += 1;
  cell.neededSum += needed ? value : 0;
  cell.neededPods += needed ? 1 : 0;
  cell.histogram = together(cell.histogram, histogram);
  cell.oldestMs = Math.min(cell.oldestMs, oldestMs);
  cell.spanSeconds = Math.max(cell.spanSeconds, spanSeconds);
}

function together(one: Histogram | undefined, other: Histogram | undefined): Histogram | undefined {
  return one === undefined || other === undefined ? (one ?? other) : add(one, other);
}

export function joinAll(cells: Iterable<Cell>): Cell {
  const all = emptyCell();
  for (const cell of cells) {
    all.sum += cell.sum;
    all.pods += cell.pods;
    all.neededSum += cell.neededSum;
    all.neededPods += cell.neededPods;
    all.missing.push(...cell.missing);
    all.histogram = together(all.histogram, cell.histogram);
    all.oldestMs = Math.min(all.oldestMs, cell.oldestMs);
    all.spanSeconds = Math.max(all.spanSeconds, cell.spanSeconds);
  }
  return all;
}

interface PodSample {
  readonly value: number;
  readonly histogram: Histogram | undefined;
  readonly oldestMs: number;
  readonly spanSeconds: number;
}

interface Wanted {
  readonly role: RoleModel;
  readonly signal: SignalName;
  readonly nowMs: number;
  readonly freshMs: number;
}

/** A pod's sample of a signal, if it is fresh. */
export function sampleOf(
  state: PodState | undefined,
  {role, signal, nowMs, freshMs}: Wanted,
): PodSample | (Unknown & {readonly silent: boolean}) {
  const window = state?.window;
  if (window === undefined) return {unknown: state?.problem ?? 'not scraped yet', silent: true};
  const ageMs = nowMs - window.atMs;
  if (ageMs > freshMs) {
    return {unknown: `${state?.problem ?? 'not answered'}; last seen ${String(Math.round(ageMs / 1000))} s ago`, silent: true};
  }
  if (role.preset.signals[signal] === undefined) return {unknown: `engine ${role.engine} has no ${signal}`, silent: false};
  const sample = read(window, signal);
  return sample ?? {unknown: whyAbsent(window, signal), silent: false};
}

function read(window: PodWindow, signal: SignalName): PodSample | undefined {
  const oldestMs = window.atMs;
  if (isHistogram(signal)) {
    const seen = observedIn(window, signal);
    return seen === undefined ? undefined : {value: 0, histogram: seen.value, oldestMs, spanSeconds: seen.seconds};
  }
  if (isCounter(signal)) {
    const rate = rateOf(window, signal);
    return rate === undefined ? undefined : {value: rate.value, histogram: undefined, oldestMs, spanSeconds: rate.seconds};
  }
  const value = window.gauges[signal];
  return value === undefined ? undefined : {value, histogram: undefined, oldestMs, spanSeconds: 0};
}

function whyAbsent(window: PodWindow, signal: SignalName): string {
  const begun = isHistogram(signal) ? window.histograms[signal] : isCounter(signal) ? window.counters[signal] : undefined;
  return begun === undefined ? `its metrics have no ${signal}` : `no rate of ${signal} until its next scrape`;
}

/** The sum over a cell's pods, those without a sample taken to be like the others: of the cell, else of the whole role. */
export function extrapolated(cell: Cell, whole: Cell): number {
  const like = cell.neededPods > 0 ? cell : whole;
  const mean = like.neededPods > 0 ? like.neededSum / like.neededPods : 0;
  return cell.sum + cell.missing.length * mean;
}

/** Why a cell is not to be answered from, if it is not. */
export function uncovered(cell: Cell, {role, signal, coverage}: {role: string; signal: SignalName; coverage: number}): Unknown | undefined {
  const ready = cell.neededPods + cell.missing.length;
  if (ready === 0) return {unknown: `${role}: no pod is Ready`};
  if (cell.neededPods > 0 && cell.neededPods >= coverage * ready) return undefined;
  return {unknown: `${role}: ${String(cell.missing.length)} of ${String(ready)} Ready pods give no ${signal}: ${named(cell.missing)}`};
}

const MAX_NAMED = 5;

function named(missing: readonly MissingPod[]): string {
  const shown = missing.slice(0, MAX_NAMED).map(({pod, reason}) => `${pod.name} (${reason})`);
  const rest = missing.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${String(rest)} more`;
}
