/**
 * How many pods each ReplicaSet of a Deployment should have now (rolling.go, sync.go): a rollout moves them from old to new within
 * maxSurge and maxUnavailable, a change of `replicas` during one is shared out in proportion. Pure.
 */
import type {ReplicaSet} from '../workload-schema.ts';
import {desiredOf, surgeOf, total, unavailableOf, type Rollout} from './replica-sets.ts';

/** New sizes of ReplicaSets; one that is not named keeps its size. */
export type Sizes = ReadonlyMap<ReplicaSet, number>;

const NONE: Sizes = new Map();
const specified = (set: ReplicaSet): number => set.spec.replicas;
const available = (set: ReplicaSet): number => set.status.availableReplicas;

/** Replicas for the newest ReplicaSet, whose size is `has` now (NewRSNewReplicas). */
export function sizeOfNew({deployment, current, old}: Rollout): number {
  const {replicas, strategy} = deployment.spec;
  const has = current?.spec.replicas ?? 0;
  if (strategy.type === 'Recreate') return replicas;
  const room = replicas + surgeOf(deployment) - total(old, specified) - has;
  return room <= 0 ? has : has + Math.min(room, replicas - has);
}

/** Whether `replicas` changed since the sizes were last set: then only they are adapted. */
export function isScaling({deployment, current, old}: Rollout): boolean {
  const active = [...old, ...(current === undefined ? [] : [current])].filter((set) => set.spec.replicas > 0);
  return active.some((set) => desiredOf(set) !== undefined && desiredOf(set) !== deployment.spec.replicas);
}

/** After a change of `replicas`, or while paused. */
export function scaleSizes(rollout: Rollout): Sizes {
  const {deployment, current, old} = rollout;
  const {replicas} = deployment.spec;
  const all = [...old, ...(current === undefined ? [] : [current])];
  const active = all.filter((set) => set.spec.replicas > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? current ?? old.at(-1));
  if (only !== undefined) return only.spec.replicas === replicas ? NONE : new Map([[only, replicas]]);
  if (current !== undefined && current.spec.replicas === replicas && current.status.availableReplicas === replicas) {
    return new Map(old.filter((set) => set.spec.replicas > 0).map((set) => [set, 0]));
  }
  return deployment.spec.strategy.type === 'Recreate' ? NONE : inProportion(rollout, active);
}

/** The larger sets first; what rounding leaves over goes to the largest. */
function inProportion({deployment}: Rollout, active: readonly ReplicaSet[]): Sizes {
  const {replicas} = deployment.spec;
  const before = total(active, specified);
  const allowed = replicas > 0 ? replicas + surgeOf(deployment) : 0;
  const toAdd = allowed - before;
  const sorted = [...active].sort((a, b) => b.spec.replicas - a.spec.replicas);
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of sorted) {
    const share = Math.round((set.spec.replicas * allowed) / before) - set.spec.replicas;
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    sizes.set(set, set.spec.replicas + part);
    added += part;
  }
  const [largest] = sorted;
  if (largest !== undefined && added !== toAdd) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

/** One step of a rolling update: first the new set grows, then, in a later round, old ones shrink. */
export function rollingSizes(rollout: Rollout & {readonly current: ReplicaSet}): Sizes {
  const {deployment, current} = rollout;
  const wanted = current.spec.replicas > deployment.spec.replicas ? deployment.spec.replicas : sizeOfNew(rollout);
  return wanted === current.spec.replicas ? shrinkOld(rollout) : new Map([[current, wanted]]);
}

function shrinkOld({deployment, current, old}: Rollout & {readonly current: ReplicaSet}): Sizes {
  const withPods = old.filter((set) => set.spec.replicas > 0);
  const minAvailable = deployment.spec.replicas - unavailableOf(deployment);
  const newUnavailable = current.spec.replicas - current.status.availableReplicas;
  const most = total(withPods, specified) + current.spec.replicas - minAvailable - newUnavailable;
  if (withPods.length === 0 || most <= 0) return NONE;
  const sizes = new Map<ReplicaSet, number>();
  // Unhealthy old pods go first: they serve nobody.
  let budget = most;
  for (const set of withPods) {
    const cut = Math.min(budget, set.spec.replicas - set.status.availableReplicas);
    if (cut > 0) sizes.set(set, set.spec.replicas - cut);
    budget -= Math.max(0, cut);
  }
  let spare = total(withPods, available) + current.status.availableReplicas - minAvailable;
  for (const set of withPods) {
    const has = sizes.get(set) ?? set.spec.replicas;
    const cut = Math.min(has, Math.max(0, spare));
    if (cut > 0) sizes.set(set, has - cut);
    spare -= cut;
  }
  return sizes;
}
