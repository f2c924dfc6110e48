/** A snapshot as it would be once an action, or the passing of time, has had its effect. Pure. */
import {canonical} from '../api/canonical.ts';
import {ANNOTATIONS, FINALIZER, LABELS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {RsgStatus} from '../api/schema.ts';
import {withAllReady} from '../api/workload-status.ts';
import type {Action, Clone, CloneChange, Live, NewGroup, Snapshot, Target} from '../controller/model.ts';
import {rememberedText, scaledTo} from '../controller/parking.ts';
import {removalsText} from '../controller/removal-marks.ts';
import {isClaimedBy} from '../controller/view.ts';

/** Later than anything that is looked at. */
const NEVER = Number.MAX_SAFE_INTEGER;

export function afterAction(snapshot: Snapshot, action: Action): Snapshot {
  switch (action.do) {
    case 'finalizer':
      return withMetadata(snapshot, {finalizers: [FINALIZER]});
    case 'reserve':
      return withStatus(snapshot, action.status);
    case 'mark': {
      const {[ANNOTATIONS.removing]: _before, ...others} = snapshot.rsg.metadata.annotations ?? {};
      const text = removalsText(action.removing);
      return withMetadata(snapshot, {annotations: text === null ? others : {...others, [ANNOTATIONS.removing]: text}});
    }
    case 'claim': {
      const labels = {...action.on.object.metadata.labels, [LABELS.claimedBy]: snapshot.rsg.metadata.uid};
      return withOriginal(snapshot, action.on, {metadata: {labels}});
    }
    case 'create': {
      const clones = action.groups.flatMap(clonesOf);
      const made: Snapshot = {...snapshot, clones: [...snapshot.clones, ...clones]};
      return clones.reduce((known, clone) => withCheck(known, {clone, wanted: clone.object, fields: []}), made);
    }
    case 'delete':
      return withRefusal({...snapshot, clones: snapshot.clones.filter((clone) => !action.clones.includes(clone))}, action);
    case 'park': {
      const annotations = {...action.on.object.metadata.annotations, [ANNOTATIONS.parkedReplicas]: rememberedText(action.on)};
      return withOriginal(snapshot, action.on, {metadata: {annotations}, replicas: 0});
    }
    case 'restore': {
      const {annotations: before = {}} = action.on.object.metadata;
      const {[ANNOTATIONS.parkedReplicas]: _parked, [ANNOTATIONS.parkContests]: _contests, ...annotations} = before;
      return withOriginal(snapshot, action.on, {metadata: {annotations}, replicas: action.replicas});
    }
    case 'replace':
      return {...snapshot, clones: snapshot.clones.filter((clone) => !action.clones.includes(clone))};
    case 'check':
      return action.clones.reduce(withCheck, snapshot);
    case 'update':
      return action.clones.reduce(withUpdate, snapshot);
    case 'remember': {
      const {name} = action.revision.metadata;
      return {...snapshot, revisions: [...snapshot.revisions.filter(({metadata}) => metadata.name !== name), action.revision]};
    }
    default:
      // What is let go, and labels on pods, move no group.
      return snapshot;
  }
}

/** What only a dry-run can tell is taken to be in sync. */
function withCheck(snapshot: Snapshot, {clone: {object}, wanted}: CloneChange): Snapshot {
  const {uid = '', generation = 0} = object.metadata;
  const hash = wanted.metadata.annotations?.[ANNOTATIONS.sourceHash] ?? '';
  return {...snapshot, findings: new Map([...snapshot.findings, [uid, {generation, hash, fields: []}]])};
}

function withUpdate(snapshot: Snapshot, {clone, wanted}: CloneChange): Snapshot {
  const object = {...wanted, metadata: {...wanted.metadata, generation: (clone.object.metadata.generation ?? 0) + 1}};
  const clones = snapshot.clones.map((one) => (one.object.metadata.uid === clone.object.metadata.uid ? {...one, object} : one));
  return withCheck({...snapshot, clones}, {clone: {...clone, object}, wanted, fields: []});
}

export function withStatus(snapshot: Snapshot, status: RsgStatus): Snapshot {
  return {...snapshot, rsg: {...snapshot.rsg, status}};
}

function withMetadata(snapshot: Snapshot, metadata: Partial<Snapshot['rsg']['metadata']>): Snapshot {
  return {...snapshot, rsg: {...snapshot.rsg, metadata: {...snapshot.rsg.metadata, ...metadata}}};
}

/** A group whose pods are refused is taken back, and tried again for as long as they are: here it counts as refused for good. */
function withRefusal(snapshot: Snapshot, {group, refused}: Extract<Action, {do: 'delete'}>): Snapshot {
  if (refused === undefined) return snapshot;
  return {...snapshot, refusals: new Map([...snapshot.refusals, [group, {message: refused, ofPods: true, retryAt: NEVER}]])};
}

function clonesOf({id, members}: NewGroup): Clone[] {
  return members.map(({type, object}, at) => {
    const {labels = {}, annotations = {}} = object.metadata;
    const metadata = {...object.metadata, uid: `${id}-${String(at)}-${object.metadata.name}`, generation: 1, resourceVersion: '1'};
    return {type, object: {...object, metadata}, group: id, role: labels[LABELS.role] ?? '', source: annotations[ANNOTATIONS.source] ?? ''};
  });
}

function withOriginal(snapshot: Snapshot, on: Live, {metadata, replicas}: {metadata: object; replicas?: number}): Snapshot {
  const {spec} = replicas === undefined ? on.object : scaledTo(on, replicas);
  const object: KubeObject = {...on.object, metadata: {...on.object.metadata, ...metadata}, spec};
  const same = (other: KubeObject | undefined): boolean => other?.metadata.uid === on.object.metadata.uid;
  const others = snapshot.claimed.filter((one) => !same(one.object));
  return {
    ...snapshot,
    targets: snapshot.targets.map((target) => (same(target.object) ? {...target, object} : target)),
    claimed: isClaimedBy(snapshot.rsg, object) ? [...others, {type: on.type, object}] : others,
  };
}

/** Every workload has all its pods and what is being deleted is gone; undefined when that is so already. */
export function afterReadiness(snapshot: Snapshot): Snapshot | undefined {
  const live = snapshot.clones.filter(({object}) => object.metadata.deletionTimestamp === undefined);
  const next: Snapshot = {
    ...snapshot,
    targets: snapshot.targets.map(readyTarget),
    claimed: snapshot.claimed.map((one) => ({...one, object: withAllReady(one)})),
    clones: live.map((clone) => ({...clone, object: withAllReady(clone)})),
    failedCreates: new Map(),
  };
  const workloads = ({clones, targets, claimed}: Snapshot): string => canonical({clones, targets, claimed});
  return workloads(next) === workloads(snapshot) ? undefined : next;
}

function readyTarget(target: Target): Target {
  const {type, object} = target;
  return type === undefined || object === undefined ? target : {...target, object: withAllReady({type, object})};
}
