/**
 * What the demo claims, each checked on what was observed: objects as the API server served them, requests as the router counted them.
 * Nothing here knows what the controller meant to do. Pure.
 */
import type {Drain} from './drains.ts';
import {EXISTING, isComplete, replicasIn, type GroupSeen, type Observation} from './observation.ts';
import {RATIO, REMOVAL_ORDER, UTILIZATION} from './settings.ts';

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
  readonly figure: string;
}

export interface Requests {
  readonly sent: number;
  readonly finished: number;
  readonly inFlight: number;
  readonly waitingInFront: number;
  readonly cut: number;
  /** Each removal of a group that was drained. */
  readonly drains: readonly Drain[];
}

export interface Evidence {
  readonly observations: readonly Observation[];
  /** Undefined where the demo plays no engines. */
  readonly requests: Requests | undefined;
  /** Load in groups while it was steady, measured at the engines, at each observation. */
  readonly steadyLoad: readonly {readonly at: number; readonly load: number}[];
}

export function claims({observations, requests, steadyLoad}: Evidence): Claim[] {
  const order = removals(observations);
  return [
    ratioHeld(observations),
    scaledOut(observations, requests !== undefined),
    inOrder(order),
    neverRestarted(observations),
    parkedAndRestored(observations),
    ...(requests === undefined ? [] : [noneCut(requests, order.length), drained(requests.drains)]),
    ...(steadyLoad.length === 0 ? [] : [settled(observations, steadyLoad)]),
  ];
}

function ratioHeld(observations: readonly Observation[]): Claim {
  const complete = observations.flatMap(({groups}) => groups.filter(isComplete));
  const wrong = complete.filter((group) => replicasIn(group, 'prefill') * RATIO.decode !== replicasIn(group, 'decode') * RATIO.prefill);
  const ratio = `${String(RATIO.prefill)}:${String(RATIO.decode)}`;
  return {
    text: `the ratio ${ratio} held in every complete group at every observation`,
    holds: wrong.length === 0 && complete.length > 0,
    figure: `${String(complete.length - wrong.length)} of ${String(complete.length)} complete groups in ${String(observations.length)} observations`,
  };
}

function scaledOut(observations: readonly Observation[], byHpa: boolean): Claim {
  const most = Math.max(0, ...observations.map(({available}) => available));
  return {
    text: `${byHpa ? 'the HPA scaled out under load' : 'more groups were wanted'}, and whole groups became available`,
    holds: most > 2,
    figure: `up to ${String(most)} groups`,
  };
}

export interface RemovalSeen {
  readonly gone: readonly string[];
  readonly expected: readonly string[];
}

/** Each time that groups stopped existing: which, and which the list and then the rule (not ready, then newest, originals last) name. */
export function removals(observations: readonly Observation[]): RemovalSeen[] {
  return observations.flatMap((now, at) => {
    const before = observations[at - 1];
    if (before === undefined) return [];
    const existing = before.groups.filter(({phase}) => EXISTING.has(phase));
    const gone = existing.filter(({id}) => !now.groups.some((group) => group.id === id && EXISTING.has(group.phase))).map(({id}) => id);
    if (gone.length === 0) return [];
    const expected = [...existing].sort(removedFirst).map(({id}) => id);
    // One observation cannot tell which of several went first: they are shown as the list has them.
    const inOrder = expected.filter((id) => gone.includes(id));
    return [{gone: inOrder, expected: expected.slice(0, gone.length)}];
  });
}

function removedFirst(a: GroupSeen, b: GroupSeen): number {
  const [inList, other] = [listed(a), listed(b)];
  if (inList !== other) return inList - other;
  return (
    Number(a.origin) - Number(b.origin) || Number(a.phase === 'Available') - Number(b.phase === 'Available') || indexOf(b) - indexOf(a)
  );
}

function listed({id}: GroupSeen): number {
  const at = REMOVAL_ORDER.indexOf(id);
  return at === -1 ? REMOVAL_ORDER.length : at;
}

const indexOf = ({id}: GroupSeen): number => Number(/\d+$/u.exec(id)?.[0] ?? 0);

function inOrder(seen: readonly RemovalSeen[]): Claim {
  const right = seen.filter(({gone, expected}) => gone.join() === expected.join());
  const all = seen.flatMap(({gone}) => gone);
  return {
    text: `groups were chosen to go in the listed order (${REMOVAL_ORDER.join(', ')})`,
    holds: seen.length > 0 && right.length === seen.length,
    figure: `chosen ${String(all.length)} times, those that stayed after all included: ${all.join(', ')}`,
  };
}

/** Until they are parked, which is when their pods are meant to go. */
function neverRestarted(observations: readonly Observation[]): Claim {
  const parkedAt = observations.findIndex(({groups}) => groups.some((group) => group.origin && isOnItsWayOut(group)));
  const until = parkedAt === -1 ? observations : observations.slice(0, parkedAt);
  const first = new Set(until[0]?.originalPods.map(({uid}) => uid));
  const same = until.every(
    ({originalPods}) => originalPods.length === first.size && originalPods.every(({uid, restarts}) => first.has(uid) && restarts === 0),
  );
  return {
    text: "the originals' pods were the same ones, with no restart, from binding until they were parked",
    holds: same && first.size === RATIO.prefill + RATIO.decode,
    figure: `${String(first.size)} pods in ${String(until.length)} observations`,
  };
}

/** Undrained originals are at 0 before the status of the RSG says that they are parked. */
function isOnItsWayOut({phase, members}: GroupSeen): boolean {
  return !EXISTING.has(phase) || members.some(({replicas}) => replicas === 0);
}

function parkedAndRestored(observations: readonly Observation[]): Claim {
  const origin = observations.map(({groups}) => groups.find((group) => group.origin));
  const parked = origin.findIndex((group) => group?.phase === 'Parked' && group.members.every(({replicas}) => replicas === 0));
  const restored = parked === -1 ? undefined : origin.slice(parked).find((group) => group !== undefined && isComplete(group));
  const replicas =
    restored === undefined ? 'not restored' : `${String(replicasIn(restored, 'prefill'))}:${String(replicasIn(restored, 'decode'))}`;
  return {
    text: 'the originals were parked at 0 and came back with the replicas they had',
    holds: replicas === `${String(RATIO.prefill)}:${String(RATIO.decode)}`,
    figure: parked === -1 ? 'never parked' : `parked, then ${replicas}`,
  };
}

function noneCut({sent, finished, inFlight, waitingInFront, cut}: Requests, removed: number): Claim {
  const accounted = finished + inFlight + waitingInFront + cut === sent;
  return {
    text: 'no request was cut by a scale-in',
    holds: cut === 0 && accounted && sent > 0 && removed > 0,
    figure: `${String(sent)} sent, ${String(finished)} finished, ${String(inFlight + waitingInFront)} on their way, ${String(cut)} cut${accounted ? '' : ', NOT ALL ACCOUNTED FOR'}`,
  };
}

/** The pods of a group go only when the last request has ended that it held when it was marked. */
function drained(drains: readonly Drain[]): Claim {
  const sum = (count: (drain: Drain) => number): number => drains.reduce((total, drain) => total + count(drain), 0);
  const [inFlight, ended, cut, early] = [
    sum((one) => one.inFlight),
    sum((one) => one.ended),
    sum((one) => one.cut),
    sum((one) => one.heldAtTheEnd),
  ];
  const longest = Math.max(0, ...drains.map(({lastedMs}) => lastedMs)) / 1000;
  return {
    text: 'a group that goes was let go only when the last request that it held had ended',
    holds: inFlight > 0 && ended === inFlight && cut === 0 && early === 0,
    figure: `${String(drains.length)} drains: ${String(inFlight)} in flight when marked, ${String(ended)} ended, the last ${longest.toFixed(1)} s later, ${String(cut)} cut`,
  };
}

const SETTLED_MS = 5000;

function settled(observations: readonly Observation[], steadyLoad: Evidence['steadyLoad']): Claim {
  const end = observations.at(-1)?.at ?? 0;
  const last = observations.filter(({at}) => at > end - SETTLED_MS);
  const loads = steadyLoad.filter(({at}) => at > end - SETTLED_MS).map(({load}) => load);
  const mean = loads.reduce((sum, load) => sum + load, 0) / Math.max(1, loads.length);
  const expected = Math.ceil(mean / UTILIZATION);
  const wanted = [...new Set(last.map((one) => one.wanted))];
  return {
    text: 'under steady load the HPA settled at load ÷ target, rounded up, and stayed there',
    holds: loads.length > 0 && wanted.length === 1 && wanted[0] === expected && last.every(({available}) => available === expected),
    figure: `load ${mean.toFixed(2)} ÷ ${String(UTILIZATION)} → ${String(expected)} groups; wanted ${wanted.join(', ')} in the last ${String(SETTLED_MS / 1000)} s`,
  };
}
