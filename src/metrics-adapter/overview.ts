/** Everything about one RSG in one value: groups, roles, signals, what is missing. Pure. */
import {bottleneckOf, loadOf, signalOver, utilizationOf} from './aggregate.ts';
import {activeFrom, mean, shareOf, type View} from './answers.ts';
import type {Cells} from './cells.ts';
import {isUnknown, type Measured, type RoleModel, type Unknown} from './model.ts';
import {SIGNALS} from './presets/preset.ts';
import type {GroupOverview, MissingSignal, Reading, RoleOverview, RsgOverview, SignalName} from './query.ts';

export function overviewFrom(view: View): RsgOverview {
  const {cells, demand} = view;
  const {model} = cells.situation;
  const bottleneck = bottleneckOf(cells);
  const loads = model.roles.map((role) => ({role, load: loadOf(cells, role)}));
  return {
    namespace: model.namespace,
    name: model.name,
    timestampMs: oldestOf(loads.map(({load}) => load)),
    groups: model.groups.map((group): GroupOverview => ({...group, roles: model.roles.map((role) => roleOverview(cells, role, group.id))})),
    roles: model.roles.map((role) => roleOverview(cells, role)),
    bottleneck: isUnknown(bottleneck) ? undefined : bottleneck.role.role,
    imbalance: isUnknown(bottleneck) ? {} : perRole(loads, (_role, load) => shareOf(load, bottleneck.load)),
    levelledRatio: isUnknown(bottleneck)
      ? {}
      : perRole(loads, (role, load) => Math.round(role.replicas * shareOf(load, bottleneck.load) * 100) / 100),
    demand: demand === undefined ? undefined : reading(demand.waiting),
    active: activeFrom(view),
    missing: missingFrom(cells),
  };
}

function roleOverview(cells: Cells, role: RoleModel, group?: string): RoleOverview {
  const load = group === undefined ? loadOf(cells, role) : utilizationOf(cells, role, group);
  const signal = (name: SignalName): Reading => reading(signalOver(cells, {roles: [role], signal: name, group}));
  return {
    role: role.role,
    utilization: reading(group === undefined ? mean(load, cells.situation.model) : load),
    load: reading(load),
    signals: {
      queue: signal('queue'),
      running: signal('running'),
      kvUsage: signal('kvUsage'),
      promptTokens: signal('promptTokens'),
      generationTokens: signal('generationTokens'),
      requests: signal('requests'),
      ttft: signal('ttft'),
      itl: signal('itl'),
      queueTime: signal('queueTime'),
    },
  };
}

function reading(result: Measured | Unknown): Reading {
  return isUnknown(result) ? result : {value: result.value};
}

function oldestOf(results: readonly (Measured | Unknown)[]): number | undefined {
  const known = results.flatMap((result) => (isUnknown(result) ? [] : [result.oldestMs]));
  return known.length === 0 ? undefined : Math.min(...known);
}

function perRole(
  loads: readonly {readonly role: RoleModel; readonly load: Measured | Unknown}[],
  value: (role: RoleModel, load: Measured) => number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(loads.flatMap(({role, load}): [string, number][] => (isUnknown(load) ? [] : [[role.role, value(role, load)]])));
}

/**
 * What keeps the load from being known, by Ready pod of the groups that count: pods that do not answer, and saturation signals that a
 * pod which does answer lacks. Empty when every pod answers with all of them.
 */
export function missingFrom(cells: Cells): readonly MissingSignal[] {
  const found = new Map<string, MissingSignal>();
  for (const role of cells.situation.model.roles) {
    const needed = SIGNALS.filter((signal) => role.saturation.some((one) => one.signal === signal));
    for (const signal of needed) {
      for (const {pod, reason, silent} of cells.part(role, signal).missing) {
        const before = found.get(pod.target);
        const signals = silent ? 'all' : [...(before === undefined || before.signals === 'all' ? [] : before.signals), signal];
        found.set(pod.target, {group: pod.group, role: pod.role, pod: pod.name, signals, reason: before?.reason ?? reason});
      }
    }
  }
  return [...found.values()];
}
