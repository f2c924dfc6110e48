/**
 * What a wanted number of groups leads to: the controller's own `decide`, run again and again on a snapshot to which each of its actions
 * is applied as if it succeeded at once. What is created becomes ready, what is deleted is gone, and where only time is missing it passes.
 * Pure: nothing is sent.
 */
import {canonical} from '../api/canonical.ts';
import type {KubeObject} from '../api/objects.ts';
import type {RsgStatus} from '../api/schema.ts';
import {decide} from '../controller/decide.ts';
import type {Action, Decision, Snapshot} from '../controller/model.ts';
import {afterAction, afterReadiness, withStatus} from './pretend.ts';

export interface Step {
  /** Milliseconds from now; what waits for readiness takes no time here. */
  readonly afterMs: number;
  readonly do: 'create' | 'repair' | 'restore' | 'remove' | 'park' | 'take back';
  readonly group: string;
  /** What it creates, deletes or scales: `Deployment/prefill-group1`. */
  readonly objects: readonly string[];
  readonly reason: string;
}

export interface Forecast {
  /** Groups that count now, and at the end. */
  readonly from: number;
  readonly to: number;
  readonly wanted: number;
  readonly created: readonly string[];
  readonly removed: readonly string[];
  /** Those that are on their way out now, and stay. */
  readonly kept: readonly string[];
  readonly steps: readonly Step[];
  /** Why the wanted number is not reached; empty when it is. */
  readonly held: readonly string[];
  /** Replicas of the members in one group: `2:4`. */
  readonly ratio: string;
}

const MAX_ROUNDS = 1000;
/** As many as `status.history` names. */
const MAX_NAMED = 100;
const HORIZON_MS = 7 * 86_400_000;

/** `now` in milliseconds since the epoch. Without `replicas`: what the RSG wants by itself. */
export function forecast(live: Snapshot, replicas: number | undefined, now: number): Forecast {
  const wanted = replicas ?? live.rsg.spec.replicas;
  const rsg = {...live.rsg, spec: {...live.rsg.spec, replicas: wanted, paused: false}};
  const before = decide({...live, rsg: {...rsg, spec: {...rsg.spec, paused: true}}}, now).status;
  // Without pods: their labels move no group.
  const {status, steps} = untilSettled({...live, rsg, pods: []}, now);
  const groups = (...kinds: readonly Step['do'][]): string[] => [
    ...new Set(steps.filter((step) => kinds.includes(step.do)).map(({group}) => group)),
  ];
  const removed = groups('remove', 'park');
  return {
    from: before.replicas ?? 0,
    to: status.replicas ?? 0,
    wanted,
    created: groups('create', 'restore'),
    removed,
    kept: drainingIn(before).filter((id) => !removed.includes(id) && !drainingIn(status).includes(id)),
    steps,
    held: status.replicas === wanted ? [] : reasons(status),
    ratio: status.ratio?.wanted ?? '',
  };
}

const drainingIn = ({groups = []}: RsgStatus): string[] => groups.filter(({phase}) => phase === 'Draining').map(({id}) => id);

function untilSettled(start: Snapshot, startedAt: number): {status: RsgStatus; steps: Step[]} {
  const steps: Step[] = [];
  let snapshot = start;
  let now = startedAt;
  let before = '';
  let decision = decide(snapshot, now);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const asked = canonical([decision.actions, decision.status]);
    // The same again: something that changes no group, such as the content of a clone.
    if (decision.actions.length > 0 && asked !== before) {
      for (const action of decision.actions) {
        addSteps(steps, stepsOf(action, {snapshot, decision, afterMs: now - startedAt}));
        snapshot = afterAction(snapshot, action);
      }
      snapshot = withStatus(snapshot, {...snapshot.rsg.status, history: decision.status.history});
    } else {
      const settled = withStatus(snapshot, decision.status);
      const later = timeOf(decision, wantedOf(snapshot));
      snapshot = afterReadiness(settled) ?? settled;
      if (snapshot === settled) {
        if (later === undefined || now + later > startedAt + HORIZON_MS) break;
        now += later;
      }
    }
    before = asked;
    decision = decide(snapshot, now);
  }
  return {status: decision.status, steps};
}

const wantedOf = ({rsg}: Snapshot): number => rsg.spec.replicas;

/** Milliseconds after which time alone moves a group. */
function timeOf({requeueAfterMs, status}: Decision, wanted: number): number | undefined {
  const busy = status.replicas !== wanted || (status.plan?.remove ?? []).length > 0;
  return requeueAfterMs === undefined || !busy ? undefined : Math.max(requeueAfterMs, 1000);
}

interface Moment {
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  readonly afterMs: number;
}

function stepsOf(action: Action, {snapshot, decision: {status}, afterMs}: Moment): Step[] {
  const originals = snapshot.rsg.spec.group.groupID;
  const step = (what: Step['do'], group: string, objects: readonly KubeObject[], reason?: string): Step => ({
    afterMs,
    do: what,
    group,
    objects: objects.map(({kind, metadata}) => `${kind}/${metadata.name}`),
    reason: reason ?? reasonFor(status, group, what === 'create' || what === 'restore' ? 'added' : 'removed'),
  });
  switch (action.do) {
    case 'create':
      return action.groups.map(({id, members}) => {
        const objects = members.map(({object}) => object);
        const whole = !snapshot.clones.some(({group}) => group === id) || (snapshot.rsg.status.pendingGroups ?? []).includes(id);
        return whole ? step('create', id, objects) : step('repair', id, objects, 'a member of it is missing');
      });
    case 'delete': {
      const objects = action.clones.map(({object}) => object);
      return [step(action.refused === undefined ? 'remove' : 'take back', action.group, objects, action.refused)];
    }
    case 'park':
    case 'restore':
      return [step(action.do, originals, [action.on.object])];
    default:
      return [];
  }
}

/** The members of the originals are parked one by one: one step. */
function addSteps(steps: Step[], more: readonly Step[]): void {
  for (const step of more) {
    const at = steps.findIndex((one) => one.do === step.do && one.group === step.group && one.afterMs === step.afterMs);
    const known = steps[at];
    if (known === undefined) steps.push(step);
    else steps[at] = {...known, objects: [...known.objects, ...step.objects]};
  }
}

/** What the history says of a group, the newest first. An entry names a hundred groups at most; the others of the same scaling have its reason. */
function reasonFor({history = []}: RsgStatus, group: string, how: 'added' | 'removed'): string {
  const newest = history.toReversed();
  const entry =
    newest.find(({[how]: groups = []}) => groups.includes(group)) ?? newest.find(({[how]: groups = []}) => groups.length >= MAX_NAMED);
  return entry?.reason ?? 'it is not complete and no longer wanted';
}

const TELLING = new Set(['ScaleInHeld True', 'AutoscalerConflict True', 'OriginContested True', 'TargetsBound False']);

function reasons({conditions = [], plan}: RsgStatus): string[] {
  const bad = conditions.filter(({type, status}) => TELLING.has(`${type} ${status}`));
  const told = bad.map(({type, message}) => `${type}: ${message}`);
  return told.length > 0 ? told : [plan?.summary ?? 'no reason is known'];
}
