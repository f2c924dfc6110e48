/**
 * Which roles are asked, where and for what: the RSG's `metrics` with the presets' defaults. Pure.
 *
 * A role has an engine when `metrics.roles` names it, or when it is prefill or decode and `metrics.engine` is given; other members of
 * such a group (a router) have none. Where nothing is called prefill or decode and no role is named, every role runs the engine.
 */
import type {Rsg} from '../api/schema.ts';
import {enginePreset, type EngineName, type MetricsSpec} from './presets/catalogue.ts';
import type {Endpoint} from './presets/preset.ts';
import {DEFAULT_QUANTILE} from './aggregate.ts';
import type {RoleModel, Saturation} from './model.ts';

export interface RolePlan extends RoleModel {
  readonly endpoint: Endpoint;
}

type RoleSpec = NonNullable<MetricsSpec['roles']>[string];

const PREFILL: readonly Saturation[] = [{signal: 'queue', target: 8, quantile: DEFAULT_QUANTILE}];
const OTHERWISE: readonly Saturation[] = [{signal: 'kvUsage', target: 1, quantile: DEFAULT_QUANTILE}, ...PREFILL];

/** In the order of the targets. Empty until the status tells the members. */
export function rolePlans(rsg: Rsg): RolePlan[] {
  const {metrics} = rsg.spec;
  if (metrics === undefined) return [];
  const replicas = replicasByRole(rsg);
  const named = [...replicas.keys()].some((role) => kindOf(role) !== undefined || metrics.roles?.[role] !== undefined);
  return [...replicas].flatMap(([role, count]) => {
    const spec = metrics.roles?.[role];
    const engine = spec?.engine ?? metrics.engine;
    if (engine === undefined || (spec === undefined && named && kindOf(role) === undefined)) return [];
    return [planOf(metrics, {role, engine, spec, replicas: count})];
  });
}

interface Found {
  readonly role: string;
  readonly engine: EngineName;
  readonly spec: RoleSpec | undefined;
  readonly replicas: number;
}

function planOf(metrics: MetricsSpec, {role, engine, spec, replicas}: Found): RolePlan {
  const preset = enginePreset(engine, metrics.names);
  // What is said of the group's engine does not hold for a role with another one.
  const shared = engine === metrics.engine || metrics.engine === undefined ? metrics : {};
  const endpoint: Endpoint = {
    port: spec?.port ?? shared.port ?? preset.endpoint.port,
    path: spec?.path ?? shared.path ?? preset.endpoint.path,
    scheme: spec?.scheme ?? shared.scheme ?? preset.endpoint.scheme,
  };
  const defaults = kindOf(role) === 'prefill' ? PREFILL : OTHERWISE;
  const saturation = spec?.saturation?.map(({signal, target, quantile}): Saturation => ({
    signal,
    target,
    quantile: quantile === undefined ? DEFAULT_QUANTILE : Number(quantile),
  }));
  return {role, engine, preset, endpoint, replicas, saturation: saturation ?? defaults};
}

/** Two targets of one role are told apart by number: `decode`, `decode-2`. */
function kindOf(role: string): 'prefill' | 'decode' | undefined {
  const kind = role.replace(/-\d+$/u, '');
  return kind === 'prefill' || kind === 'decode' ? kind : undefined;
}

/** The sources' replicas, remembered ones where the originals are parked; where there are no originals, what the clones have. */
function replicasByRole({status}: Rsg): ReadonlyMap<string, number> {
  const groups = status.groups ?? [];
  const origin = groups.find((group) => group.origin === true)?.members ?? [];
  const wanted = (status.ratio?.wanted ?? '').split(':').flatMap((count) => (/^\d+$/u.test(count) ? [Number(count)] : []));
  const result = new Map<string, number>();
  if (wanted.length === origin.length) origin.forEach(({role}, at) => result.set(role, wanted[at] ?? 0));
  for (const {role, replicas} of groups.flatMap(({members}) => members)) {
    if (!(wanted.length === origin.length && origin.some((one) => one.role === role))) {
      result.set(role, Math.max(replicas, result.get(role) ?? 0));
    }
  }
  return result;
}
