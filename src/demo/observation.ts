/** What can be seen of the demo at one moment: read from the objects that the API server serves, and from the requests that the router counts. Pure. */
import {asObject, asObjects} from '../api/json.ts';
import {LABELS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import {parseRsg} from '../api/schema.ts';
import {ROLES, type Role} from './settings.ts';

export interface Seen {
  readonly rsgs: readonly KubeObject[];
  readonly workloads: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly hpas: readonly KubeObject[];
}

export interface MemberSeen {
  readonly role: Role;
  readonly replicas: number;
  readonly ready: number;
  readonly terminating: boolean;
}

export interface GroupSeen {
  readonly id: string;
  readonly origin: boolean;
  /** As the RSG's status says; `Gone` where it no longer lists the group. */
  readonly phase: string;
  readonly members: readonly MemberSeen[];
}

export interface OriginalPod {
  readonly uid: string;
  readonly restarts: number;
}

export interface Observation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly wanted: number;
  readonly actual: number;
  readonly available: number;
  readonly groups: readonly GroupSeen[];
  readonly originalPods: readonly OriginalPod[];
  readonly nextVictims: readonly string[];
  readonly plan: string;
  readonly hpa: {readonly desired: number; readonly metric: string; readonly active: string};
}

/** Phases in which a group counts as existing. */
export const EXISTING: ReadonlySet<string> = new Set(['Creating', 'Available', 'Degraded']);

/** Undefined until the RSG is there and the controller has seen it. */
export function observe({rsgs, workloads, pods, hpas}: Seen, at: number): Observation | undefined {
  const parsed = rsgs[0] === undefined ? undefined : parseRsg(rsgs[0]);
  if (parsed === undefined || 'problem' in parsed) return undefined;
  const {spec, status} = parsed.rsg;
  const groups = (status.groups ?? []).map(({id, phase, origin}): GroupSeen => {
    const members = workloads.filter((object) => groupOf(object, spec.group.groupID) === id);
    return {id, phase, origin: origin === true, members: members.flatMap((object) => memberOf(object))};
  });
  return {
    at,
    wanted: spec.replicas,
    actual: status.replicas ?? 0,
    available: status.availableReplicas ?? 0,
    groups,
    originalPods: pods.filter((pod) => pod.metadata.labels?.[LABELS.group] === undefined).map(originalPod),
    nextVictims: status.plan?.nextVictims ?? [],
    plan: status.plan?.summary ?? '',
    hpa: hpaOf(hpas[0]),
  };
}

function groupOf({metadata}: KubeObject, originals: string): string {
  return metadata.labels?.[LABELS.group] ?? originals;
}

function memberOf(object: KubeObject): MemberSeen[] {
  const role = ROLES.find((one) => object.metadata.name === one || object.metadata.name.startsWith(`${one}-`));
  if (role === undefined) return [];
  const terminating = object.metadata.deletionTimestamp !== undefined;
  const {replicas} = asObject(object['spec']);
  const {readyReplicas} = asObject(object['status']);
  return [{role, replicas: Number(replicas ?? 1), ready: Number(readyReplicas ?? 0), terminating}];
}

function originalPod({metadata, ...rest}: KubeObject): OriginalPod {
  const containers = asObjects(asObject(rest['status'])['containerStatuses']);
  return {uid: metadata.uid ?? '', restarts: containers.reduce((sum, one) => sum + Number(one['restartCount'] ?? 0), 0)};
}

function hpaOf(object: KubeObject | undefined): Observation['hpa'] {
  const status = asObject(object?.['status']);
  const [metric] = asObjects(status['currentMetrics']);
  const average = asObject(asObject(metric?.['external'])['current'])['averageValue'];
  const active = asObjects(status['conditions']).find((condition) => condition['type'] === 'ScalingActive');
  return {
    desired: Number(status['desiredReplicas'] ?? 0),
    metric: typeof average === 'string' ? average : '–',
    active: active === undefined ? 'not evaluated yet' : active['status'] === 'True' ? 'active' : String(active['message']),
  };
}

/** Both members are there with all their replicas ready: what must have the ratio. */
export function isComplete({members}: GroupSeen): boolean {
  return (
    ROLES.every((role) => members.some((one) => one.role === role)) &&
    members.every((one) => !one.terminating && one.replicas > 0 && one.ready === one.replicas)
  );
}

export function replicasIn({members}: GroupSeen, role: Role): number {
  return members.find((one) => one.role === role)?.replicas ?? 0;
}
