/** What the audit log must show of a controller's writes, whatever happened. Answers what is wrong, a sentence each. */
import type {AuditedRequest} from '../control-plane.ts';
import {RSG_NAME, SHAPES, SOAK_AGENT} from './world.ts';

export interface AuditReport {
  readonly wrong: readonly string[];
  readonly groupsMade: number;
  readonly groupsRemoved: number;
  /** Of the controller, by `verb resource`. */
  readonly writes: ReadonlyMap<string, number>;
}

const CONTROLLER = 'rsg-controller';
const WORKLOADS = ['deployments', 'statefulsets'];
const CLONE = /^(?<member>[a-z]+)-(?<group>group\d+)$/u;

/** What one RSG has had, from its creation to its end: a new one of the same name starts over. */
interface Life {
  /** Names of clones. */
  readonly made: Set<string>;
  /** Names of clones that nobody has deleted yet. */
  readonly live: Set<string>;
  /**
   * IDs of groups that had all members when a status was written. One that a death kept from being recorded, and that somebody then takes a
   * member from, cannot be told from one that was never whole, which is tried again under its ID.
   */
  readonly whole: Set<string>;
  /** IDs of those that were removed. */
  readonly removed: Set<string>;
  /** By group, a few words on each write to its members. */
  readonly told: Map<string, string[]>;
}

const newLife = (): Life => ({made: new Set(), live: new Set(), whole: new Set(), removed: new Set(), told: new Map()});

export function checkAudit(log: readonly AuditedRequest[]): AuditReport {
  const lives = new Map<string, Life>();
  const wrong: string[] = [];
  const writes = new Map<string, number>();
  let [groupsMade, groupsRemoved] = [0, 0];
  const end = ({made, removed}: Life): void => {
    groupsMade += new Set([...made].map((name) => CLONE.exec(name)?.groups?.['group'])).size;
    groupsRemoved += removed.size;
  };
  for (const write of log.filter(({code}) => code >= 200 && code < 300)) {
    const life = lives.get(write.namespace) ?? newLife();
    lives.set(write.namespace, life);
    if (startsLife(write)) {
      end(life);
      lives.set(write.namespace, newLife());
    }
    if (write.resource === 'resourcescalinggroups' && write.subresource === 'status') record(life, write.namespace);
    tell(write, life);
    if (!write.userAgent.startsWith(CONTROLLER)) continue;
    const kind = `${write.verb} ${write.resource}${write.subresource === '' ? '' : `/${write.subresource}`}`;
    writes.set(kind, (writes.get(kind) ?? 0) + 1);
    wrong.push(...wrongOf(write, life));
  }
  for (const life of lives.values()) end(life);
  return {wrong, groupsMade, groupsRemoved, writes};
}

function startsLife({userAgent, verb, resource, name}: AuditedRequest): boolean {
  return (
    userAgent.startsWith(SOAK_AGENT) && verb === 'create' && resource === 'resourcescalinggroups' && (name === RSG_NAME || name === '')
  );
}

function record({live, whole}: Life, namespace: string): void {
  const members = Object.keys(SHAPES.find((shape) => shape.namespace === namespace)?.members ?? {});
  const groups = new Set([...live].map((name) => CLONE.exec(name)?.groups?.['group'] ?? ''));
  for (const group of groups) if (members.every((member) => live.has(`${member}-${group}`))) whole.add(group);
}

function tell({userAgent, verb, resource, name, at}: AuditedRequest, {told, live}: Life): void {
  const group = WORKLOADS.includes(resource) ? CLONE.exec(name)?.groups?.['group'] : undefined;
  if (group === undefined || !['create', 'delete'].includes(verb)) return;
  if (verb === 'create') live.add(name);
  else live.delete(name);
  told.set(group, [...(told.get(group) ?? []), `${at.slice(11, 23)} ${userAgent.split('/')[0] ?? ''} ${verb} ${name}`]);
}

function wrongOf({verb, resource, name, namespace, at}: AuditedRequest, life: Life): string[] {
  const group = CLONE.exec(name)?.groups?.['group'];
  const where = `${verb} ${resource} ${namespace}/${name} at ${at}`;
  if (name === 'bystander') return [`${where}: it is nobody's`];
  if (resource === 'pods' && verb === 'delete') return [`${where}: pods are not deleted`];
  if (!WORKLOADS.includes(resource)) return [];
  if (group === undefined) return verb === 'patch' ? [] : [`${where}: an original is only ever patched`];
  if (verb === 'delete' && life.whole.has(group)) life.removed.add(group);
  if (verb !== 'create') return [];
  life.made.add(name);
  return life.removed.has(group) ? [`${where}: the ID of a removed group is used again: ${(life.told.get(group) ?? []).join(', ')}`] : [];
}
