/** Conditions and events as sentences: what is wrong, since when, what tells more. Pure. */
import type {ConditionType} from '../api/conditions.ts';
import {KIND} from '../api/labels.ts';
import type {Condition, GroupStatus, Rsg} from '../api/schema.ts';
import type {SeenEvent} from './events.ts';

export interface Finding {
  readonly level: 'problem' | 'note';
  readonly sentence: string;
  readonly condition: string;
  /** RFC 3339. */
  readonly since: string;
  readonly events: readonly SeenEvent[];
}

export interface Explanation {
  readonly name: string;
  readonly namespace: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** Recent events that no finding has taken. */
  readonly events: readonly SeenEvent[];
}

/** Which status of a condition is worth a word, and what it is called. */
const WORDS: Readonly<Record<ConditionType, {readonly bad: Condition['status']; readonly says: string; readonly level: Finding['level']}>> =
  {
    TargetsBound: {bad: 'False', says: 'Not every target is bound', level: 'problem'},
    Available: {bad: 'False', says: 'Not every wanted group is available', level: 'problem'},
    Progressing: {bad: 'True', says: 'Groups are being made or removed', level: 'note'},
    Synced: {bad: 'False', says: 'Clones differ from their originals', level: 'note'},
    ScaleInHeld: {bad: 'True', says: 'A scale-in is held back', level: 'problem'},
    AutoscalerConflict: {bad: 'True', says: 'Another autoscaler targets a member', level: 'problem'},
    OriginContested: {bad: 'True', says: 'Something else scales the parked originals', level: 'problem'},
    SyncContested: {bad: 'True', says: 'Something else keeps changing clones', level: 'problem'},
    MetricsAvailable: {bad: 'False', says: 'The load is not known', level: 'problem'},
    Paused: {bad: 'True', says: 'It is paused', level: 'note'},
  };
/** A stopped progress that has a reason to be looked at. */
const STOPPED = new Set(['CreateRefused', 'ReadyTimeout']);
const MAX_EVENTS = 5;

export function explain(rsg: Rsg, events: readonly SeenEvent[]): Explanation {
  const {name, namespace, uid} = rsg.metadata;
  // One of the same name that was deleted has left events too.
  const own = events.filter((event) => event.about === `${KIND}/${name}` && (event.uid === '' || event.uid === uid));
  const starting = isStarting(rsg);
  const taken = new Set<SeenEvent>();
  const take = (wanted: readonly SeenEvent[]): SeenEvent[] => {
    const found = wanted.filter((event) => !taken.has(event)).slice(0, MAX_EVENTS);
    for (const event of found) taken.add(event);
    return found;
  };
  const findings = (rsg.status.conditions ?? []).flatMap((condition): Finding[] => {
    const word = wordFor(condition);
    if (word === undefined) return [];
    const {type, reason, message, lastTransitionTime: since} = condition;
    const ofCondition = own.filter((event) => event.reason === reason || event.message === message);
    const ofMembers = type === 'Available' ? memberEvents(rsg.status.groups ?? [], events) : [];
    return [
      {
        level: type === 'Available' && starting ? 'note' : word.level,
        sentence: `${word.says} (${reason}): ${message}.`,
        condition: type,
        since,
        events: take([...ofCondition, ...ofMembers]),
      },
    ];
  });
  return {name, namespace, summary: summaryOf(rsg, findings), findings: problemsFirst(findings), events: take(own)};
}

/** Groups that come up are not available yet, which is no fault; one that was and is no longer is. */
function isStarting({status: {conditions = [], groups = []}}: Rsg): boolean {
  const progressing = conditions.some(({type, status}) => type === 'Progressing' && status === 'True');
  return progressing && !groups.some(({phase}) => phase === 'Degraded');
}

function wordFor({type, status, reason}: Condition): {says: string; level: Finding['level']} | undefined {
  if (type === 'Progressing' && STOPPED.has(reason)) return {says: 'New groups do not come up', level: 'problem'};
  const known = Object.entries(WORDS).find(([name]) => name === type)?.[1];
  if (known === undefined || known.bad !== status) return undefined;
  return reason === 'Allowed' ? {...known, level: 'note'} : known;
}

/** Warnings about the workloads of groups that are not available, and about what these own: their names begin with the workload's. */
function memberEvents(groups: readonly GroupStatus[], events: readonly SeenEvent[]): SeenEvent[] {
  const names = groups
    .filter(({phase}) => phase === 'Creating' || phase === 'Degraded')
    .flatMap(({members}) => members.map((one) => one.name));
  return events.filter(({type, about}) => {
    const name = about.split('/')[1] ?? '';
    return type === 'Warning' && names.some((member) => name === member || name.startsWith(`${member}-`));
  });
}

const problemsFirst = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => Number(a.level === 'note') - Number(b.level === 'note'));

function summaryOf({metadata, spec, status}: Rsg, findings: readonly Finding[]): string {
  if (metadata.deletionTimestamp !== undefined)
    return `It is being deleted: ${status.plan?.summary ?? 'waiting for the controller'}. Where no controller runs any more, kubectl rsg release ${metadata.name} lets it go.`;
  if (status.observedGeneration === undefined)
    return 'No controller has looked at it yet: is one running, and does it watch this namespace?';
  const behind = status.observedGeneration < (metadata.generation ?? 0) ? ' The controller has not seen the last change yet.' : '';
  const problems = findings.filter(({level}) => level === 'problem').length;
  const counts = `${String(spec.replicas)} wanted, ${String(status.replicas ?? 0)} there, ${String(status.availableReplicas ?? 0)} available`;
  return `${counts}; ${problems === 0 ? 'nothing needs attention' : 'this needs attention'}. Plan: ${status.plan?.summary ?? 'none'}.${behind}`;
}
