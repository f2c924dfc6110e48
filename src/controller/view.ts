/** The groups as they are: what the objects of a snapshot add up to. Pure. */
import type {KubeObject} from '../api/objects.ts';
import {LABELS} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {sourceHash, sourceName} from './clone.ts';
import {frozenReplicas} from './conflict.ts';
import {indexOf} from './group-id.ts';
import type {Clone, Live, Removal, Snapshot, Target} from './model.ts';
import {removalsOf} from './removal-marks.ts';
import {isContested, parkedReplicasOf} from './parking.ts';
import {lastGood} from './revisions.ts';
import {isAvailable, isReady, kindOf, losesVolumesWhenParked, podsOf, replicasOf} from '../api/workload.ts';

/** An original that this RSG has claimed, or, while it is gone, what it was like last. */
export interface Source extends Live {
  readonly role: string;
  /** The workloads of all targets, as far as they are known. */
  readonly siblings: readonly Live[];
  /** False: the original does not exist, and `object` is its last good form. */
  readonly live: boolean;
  readonly name: string;
  /** What clones get: its own count, or the remembered one while it is parked. */
  readonly replicas: number;
  readonly parked: boolean;
  /** Over all that reaches its clones. */
  readonly hash: string;
}

export interface Group {
  readonly id: string;
  readonly origin: boolean;
  readonly index: number;
  /** Clones that are not being deleted; none for the originals. */
  readonly clones: readonly Clone[];
  readonly terminating: readonly Clone[];
  /** Sources of which it has no clone. */
  readonly missing: readonly Source[];
  /** Clones of workloads that are no longer targets. */
  readonly leftovers: readonly Clone[];
  /** Its ID is reserved, and it was never complete. */
  readonly pending: boolean;
  readonly removal: Removal | undefined;
  readonly ready: boolean;
  readonly available: boolean;
}

export interface View {
  readonly rsg: Rsg;
  readonly originId: string;
  /** In the order of the targets; those that are gone in their last good form. */
  readonly sources: readonly Source[];
  /** The originals that exist: sources that can be parked and restored. */
  readonly originals: readonly Source[];
  /** Every target is there, usable and claimed. */
  readonly bound: boolean;
  readonly groups: readonly Group[];
  /** Groups that count: neither pending, being removed, gone nor parked. */
  readonly existing: readonly Group[];
  readonly origin: 'none' | 'serving' | 'parked' | 'partly-parked' | 'contested';
  readonly removals: readonly Removal[];
}

export function isClaimedBy(rsg: Rsg, object: KubeObject): boolean {
  return object.metadata.labels?.[LABELS.claimedBy] === rsg.metadata.uid;
}

export function viewOf(snapshot: Snapshot): View {
  const {rsg, targets} = snapshot;
  const originId = rsg.spec.group.groupID;
  const removals = removalsOf(rsg);
  const siblings = targets.flatMap((target) => siblingOf(snapshot, target) ?? []);
  const sources = targets.flatMap((target, position) => sourceOf(snapshot, target, {position, siblings}) ?? []);
  const originals = sources.filter(({live}) => live);
  const bound = originals.length === targets.length;
  const origin = originState(originals);
  const originGroup = groupOfOriginals(rsg, {originId, sources: originals, removals});
  const clones = cloneGroups(snapshot, {originId, sources, removals});
  const groups = [...(originGroup === undefined ? [] : [originGroup]), ...clones];
  const existing = groups.filter((group) => {
    if (group.removal !== undefined) return false;
    if (group.origin) return origin === 'serving' || origin === 'contested';
    return !group.pending && group.clones.length > 0;
  });
  return {rsg, originId, sources, originals, bound, groups, existing, origin, removals};
}

/** While an original is gone its last good form says what the others call it. */
function siblingOf({revisions}: Snapshot, target: Target): Live | undefined {
  const name = targetName(target);
  const object = target.object ?? (name === undefined ? undefined : lastGood(revisions, name));
  return target.type === undefined || object === undefined ? undefined : {type: target.type, object};
}

interface Among {
  readonly position: number;
  readonly siblings: readonly Live[];
}

function sourceOf(snapshot: Snapshot, target: Target, {position, siblings}: Among): Source | undefined {
  const {type, object, problem, role} = target;
  const {rsg} = snapshot;
  if (type === undefined) return undefined;
  if (object === undefined || problem !== undefined)
    return problem?.reason === 'TargetNotFound' ? lostSource(snapshot, target, siblings) : undefined;
  if (!isClaimedBy(rsg, object)) return undefined;
  const name = sourceName(object);
  const remembered = parkedReplicasOf({type, object});
  const contested = isContested({type, object});
  const replicas =
    remembered === undefined || contested ? (frozenReplicas(snapshot, {member: name, position}) ?? replicasOf({type, object})) : remembered;
  const parked = remembered !== undefined && !contested;
  const hash = sourceHash(rsg, {role, type, object, siblings}, replicas);
  return {type, object, role, siblings, name, live: true, parked, replicas, hash};
}

function lostSource({rsg, revisions}: Snapshot, target: Target, siblings: readonly Live[]): Source | undefined {
  const {type, role} = target;
  const name = targetName(target);
  const object = name === undefined ? undefined : lastGood(revisions, name);
  if (type === undefined || name === undefined || object === undefined) return undefined;
  const replicas = replicasOf({type, object});
  const hash = sourceHash(rsg, {role, type, object, siblings}, replicas);
  return {type, object, role, siblings, name, live: false, parked: false, replicas, hash};
}

/** As `sourceName` names its object; undefined while its kind is not known. */
export function targetName({type, namespace, name}: Target): string | undefined {
  return type === undefined ? undefined : `${type.kind}/${namespace}/${name}`;
}

function originState(sources: readonly Source[]): View['origin'] {
  if (sources.length === 0) return 'none';
  if (sources.some(isContested)) return 'contested';
  const parked = sources.filter((source) => source.parked).length;
  if (parked === 0) return 'serving';
  return parked === sources.length ? 'parked' : 'partly-parked';
}

interface Parts {
  readonly originId: string;
  readonly sources: readonly Source[];
  readonly removals: readonly Removal[];
}

function groupOfOriginals(rsg: Rsg, {originId, sources, removals}: Parts): Group | undefined {
  if (sources.length === 0) return undefined;
  const complete = sources.length === rsg.spec.group.targetResources.length;
  return {
    id: originId,
    origin: true,
    index: 0,
    clones: [],
    terminating: [],
    missing: [],
    leftovers: [],
    pending: false,
    removal: removals.find((removal) => removal.group === originId),
    ready: complete && sources.every(isReady),
    available: complete && sources.every(isAvailable),
  };
}

function cloneGroups({rsg, clones, targets}: Snapshot, {originId, sources, removals}: Parts): Group[] {
  const pending = rsg.status.pendingGroups ?? [];
  const ids = new Set([...clones.map((clone) => clone.group), ...pending, ...removals.map((removal) => removal.group)]);
  ids.delete(originId);
  const named = targets.map(targetName);
  // In the order of the targets: stores keep the order in which objects came, which is another one after a restart.
  const rank = ({source}: Clone): number => (named.includes(source) ? named.indexOf(source) : named.length);
  const byGroup = Map.groupBy(
    clones.toSorted((a, b) => rank(a) - rank(b)),
    (clone) => clone.group,
  );
  const isLeftover = ({source}: Clone): boolean => !named.includes(undefined) && !named.includes(source);
  const groups = [...ids].map((id): Group => {
    const all = byGroup.get(id) ?? [];
    const live = all.filter(({object}) => object.metadata.deletionTimestamp === undefined);
    const missing = sources.filter((source) => !live.some((clone) => clone.source === source.name));
    const leftovers = live.filter(isLeftover);
    const members = live.filter((clone) => !leftovers.includes(clone));
    const whole = members.length > 0 && missing.length === 0;
    const removal = removals.find((one) => one.group === id);
    return {
      id,
      origin: false,
      index: indexOf(originId, id) ?? 0,
      clones: live,
      terminating: all.filter((clone) => !live.includes(clone)),
      missing,
      leftovers,
      // One that is being removed was complete, though a crash may have kept the status from saying so.
      pending: pending.includes(id) && !whole && removal === undefined,
      removal,
      ready: whole && members.every(isReady),
      available: whole && members.every(isAvailable),
    };
  });
  return groups.sort((a, b) => a.index - b.index);
}

/** True while a parked original still has pods. */
export function hasPods(sources: readonly Source[]): boolean {
  return sources.some((source) => podsOf(source) > 0);
}

/** Why parking the originals is out of the question, if it is. */
export function originKept(view: View): {readonly reason: string; readonly message: string} | undefined {
  if (view.rsg.spec.scaleIn.originPolicy === 'Keep') {
    return {reason: 'OriginKept', message: `scaleIn.originPolicy is Keep: ${view.originId} is never taken`};
  }
  if (view.origin === 'contested') {
    return {reason: 'OriginContested', message: `something else keeps scaling the originals of ${view.originId} up`};
  }
  if (!view.bound)
    return {reason: 'TargetsNotBound', message: `not every target is bound, so ${view.originId} cannot be parked as a whole`};
  const fixed = view.originals.find((source) => kindOf(source).parking === 'never');
  if (fixed !== undefined) {
    return {
      reason: 'KindCannotPark',
      message: `${fixed.name} cannot be scaled to 0, being of kind ${fixed.type.kind}: ${view.originId} is kept`,
    };
  }
  const losing = view.originals.find(losesVolumesWhenParked);
  if (losing === undefined) return undefined;
  return {
    reason: 'VolumesWouldBeLost',
    message: `${losing.name} has persistentVolumeClaimRetentionPolicy.whenScaled Delete: parking it would destroy its volumes`,
  };
}
