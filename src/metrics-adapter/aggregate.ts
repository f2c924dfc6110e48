/**
 * From signals to load. Utilisation of a role in a group: the largest, over its saturation signals, of the sum over its pods divided by
 * (source replicas × target), so that lost pods never lower it. Load: the sum over groups, in groups; groups that start, end or are parked
 * add what their pods hold. With a fixed ratio a fleet needs ceil(load of the bottleneck ÷ target utilisation) groups. Whatever cannot be
 * known is `Unknown`, never 0. Pure.
 */
import type {Cells} from './cells.ts';
import {extrapolated, joinAll, uncovered} from './gather.ts';
import {quantileOf, type Histogram} from './histogram.ts';
import {isUnknown, type Measured, type RoleModel, type Saturation, type Unknown} from './model.ts';
import {isHistogram} from './signals.ts';
import type {SignalName} from './query.ts';

export const DEFAULT_QUANTILE = 0.95;

type Result = Measured | Unknown;

const NO_GROUP: Unknown = {unknown: 'no group serves: none has been available yet, or all are parked or being deleted'};
const NO_ENGINE: Unknown = {unknown: 'no role has an engine (spec.metrics.engine)'};

/** Of a role in one group. Whether it is known depends on the whole role: a group may be without samples while most have them. */
export function utilizationOf(cells: Cells, role: RoleModel, group: string): Result {
  if (role.replicas <= 0) return {unknown: `${role.role}: its replicas per group are not known yet`};
  let largest: Measured | undefined;
  for (const saturation of role.saturation) {
    const value = perReplica(cells, role, {...saturation, group});
    if (isUnknown(value)) return value;
    const saturated = {...value, value: value.value / saturation.target};
    largest = largest === undefined ? saturated : withSample({...largest, value: Math.max(largest.value, saturated.value)}, saturated);
  }
  return largest ?? {unknown: `${role.role}: no saturation signal is given`};
}

/** Sum of the utilisations over the groups. */
export function loadOf(cells: Cells, role: RoleModel): Result {
  if (!anyCounted(cells)) return NO_GROUP;
  let total: Measured | undefined;
  for (const {id, counted} of cells.situation.model.groups) {
    if (!counted && !holdsAnything(cells, role, id)) continue;
    const one = utilizationOf(cells, role, id);
    if (isUnknown(one)) return one;
    total = total === undefined ? one : withSample({...total, value: total.value + one.value}, one);
  }
  return total ?? NO_GROUP;
}

export interface Bottleneck {
  readonly role: RoleModel;
  readonly load: Measured;
}

/** The role with the largest load. While that of one role is unknown, so is the largest. */
export function bottleneckOf(cells: Cells): Bottleneck | Unknown {
  if (!anyCounted(cells)) return NO_GROUP;
  let found: Bottleneck | undefined;
  for (const role of cells.situation.model.roles) {
    const load = loadOf(cells, role);
    if (isUnknown(load)) return load;
    if (found === undefined || load.value > found.load.value) found = {role, load};
  }
  return found ?? NO_ENGINE;
}

export interface SignalPart {
  readonly roles: readonly RoleModel[];
  readonly signal: SignalName;
  readonly group?: string | undefined;
  readonly quantile?: number | undefined;
}

/** A signal over roles and groups: the total, for `kvUsage` the mean over Ready pods, for seconds the quantile. */
export function signalOver(cells: Cells, part: SignalPart): Result {
  const {roles, signal, group, quantile = DEFAULT_QUANTILE} = part;
  if (!anyCounted(cells)) return NO_GROUP;
  const {coverage} = cells.situation;
  const parts = roles.map((role) => ({role, cell: cells.part(role, signal, group)}));
  // A quantile is not a total: a role whose engine does not report it takes nothing away.
  const told = parts.filter(({cell}) => cell.pods > 0 || cell.missing.some(({silent}) => silent));
  const relevant = isHistogram(signal) && told.length > 0 ? told : parts;
  for (const {role, cell} of relevant) {
    const bare = uncovered(cell, {role: role.role, signal, coverage});
    if (bare !== undefined) return bare;
  }
  const all = joinAll(relevant.map(({cell}) => cell));
  if (all.pods === 0) return NO_ENGINE;
  if (signal === 'kvUsage') return measured(all.neededSum / all.neededPods, all);
  if (!isHistogram(signal)) return measured(total(cells, part, roles), all);
  const seconds = secondsAt(all.histogram, quantile);
  if (seconds !== undefined) return measured(seconds, all);
  const idle = relevant.every(({role}) => isIdle(cells, role, group));
  return idle ? measured(0, all) : nothingObserved(relevant.map(({role}) => role.role).join(', '), signal);
}

/** Group by group, so that a silent pod is taken to be like its own group's. */
function total(cells: Cells, {signal, group}: SignalPart, roles: readonly RoleModel[]): number {
  let sum = 0;
  for (const role of roles) {
    const whole = cells.part(role, signal);
    for (const [id, cell] of cells.of(role, signal)) if (group === undefined || id === group) sum += extrapolated(cell, whole);
  }
  return sum;
}

/** Of a group that does not count: whether a pod of it is in traffic, or not out of it yet. */
function holdsAnything(cells: Cells, role: RoleModel, group: string): boolean {
  return role.saturation.some(({signal}) => cells.of(role, signal).has(group));
}

function anyCounted({situation}: Cells): boolean {
  return situation.model.groups.some(({counted}) => counted);
}

function perReplica(cells: Cells, role: RoleModel, {signal, quantile, group}: Saturation & {readonly group: string}): Result {
  const whole = cells.part(role, signal);
  const bare = uncovered(whole, {role: role.role, signal, coverage: cells.situation.coverage});
  if (bare !== undefined) return bare;
  const cell = cells.of(role, signal).get(group);
  if (cell === undefined) {
    if (holdsAnything(cells, role, group)) return measured(0, whole);
    return {unknown: `${group} does not count: it has not been available, is parked or being deleted`};
  }
  if (!isHistogram(signal)) return measured(extrapolated(cell, whole) / role.replicas, whole);
  // Of a busy group that finished nothing lately, the others tell.
  const seconds = secondsAt(cell.histogram, quantile) ?? (isIdle(cells, role, group) ? 0 : secondsAt(whole.histogram, quantile));
  return seconds === undefined ? nothingObserved(role.role, signal) : measured(seconds, whole);
}

/** Zero seconds are right only for pods that are known to have nothing to do. */
function isIdle(cells: Cells, role: RoleModel, group: string | undefined): boolean {
  return (['queue', 'running'] as const).every((signal) => {
    const cell = cells.part(role, signal, group);
    return cell.pods > 0 && cell.missing.length === 0 && cell.sum === 0;
  });
}

function secondsAt(histogram: Histogram | undefined, quantile: number): number | undefined {
  return histogram === undefined ? undefined : quantileOf(histogram, quantile);
}

function nothingObserved(roles: string, signal: SignalName): Unknown {
  return {unknown: `${roles}: no ${signal} was observed lately, though requests are waiting or running`};
}

function measured(value: number, {oldestMs, spanSeconds}: Pick<Measured, 'oldestMs' | 'spanSeconds'>): Measured {
  return {value, oldestMs, spanSeconds};
}

/** The first, with the sample of the second in it. */
export function withSample(one: Measured, {oldestMs, spanSeconds}: Measured): Measured {
  return {...one, oldestMs: Math.min(one.oldestMs, oldestMs), spanSeconds: Math.max(one.spanSeconds, spanSeconds)};
}
