/**
 * What answers are taken from: the pods of an RSG as they were when a round of scrapes began, with what that round has brought. A pod that
 * has gone since is still in it, since what it held has not been seen elsewhere yet; without this, load would dip with each pod that goes.
 */
import type {EngineStates} from './engine-states.ts';
import type {DemandState, PodState, RsgModel} from './model.ts';
import type {Plan} from './targets.ts';

export interface Snapshot {
  readonly model: RsgModel;
  /** By the key of a pod's target. */
  readonly engines: ReadonlyMap<string, PodState>;
  readonly demands: ReadonlyMap<string, DemandState>;
}

export interface Snapshots {
  /** Undefined before the first round has ended. */
  of(key: string): Snapshot | undefined;
  /** A round begins on these pods. */
  begin(key: string, plan: Plan): void;
  /** Its answers are in the states. `plan` is what is known of the pods by now. */
  end(key: string, plan: Plan): void;
  forget(key: string): void;
}

export function createSnapshots(states: EngineStates): Snapshots {
  const known = new Map<string, Snapshot>();
  const begun = new Map<string, RsgModel>();
  return {
    of: (key) => known.get(key),
    begin: (key, {model}) => {
      begun.set(key, model);
    },
    end: (key, plan) => {
      const model = readyBy(begun.get(key), plan.model);
      if (model !== undefined) known.set(key, {model, ...taken(model, {states, before: known.get(key)})});
    },
    forget: (key) => {
      known.delete(key);
      begun.delete(key);
    },
  };
}

/** Watches lag behind: a pod that is known to be Ready only now may have been so, with requests, when it was scraped. */
function readyBy(begun: RsgModel | undefined, {pods}: RsgModel): RsgModel | undefined {
  if (begun === undefined) return undefined;
  const ready = new Set(pods.flatMap((pod) => (pod.ready ? [pod.target] : [])));
  return {...begun, pods: begun.pods.map((pod) => (ready.has(pod.target) ? {...pod, ready: true} : pod))};
}

interface Sources {
  readonly states: EngineStates;
  readonly before: Snapshot | undefined;
}

/** Of a pod that has gone since the round began, what it said before. */
function taken({pods, demand}: RsgModel, {states, before}: Sources): Omit<Snapshot, 'model'> {
  const engines = new Map<string, PodState>();
  for (const {target} of pods) {
    const state = states.engine(target) ?? before?.engines.get(target);
    if (state !== undefined) engines.set(target, state);
  }
  const demands = new Map<string, DemandState>();
  for (const {target} of demand?.pods ?? []) {
    const state = states.demand(target) ?? before?.demands.get(target);
    if (state !== undefined) demands.set(target, state);
  }
  return {engines, demands};
}
