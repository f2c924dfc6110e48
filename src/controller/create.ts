/** Makes groups: whole or not at all, one alone at first, so that what refuses one member is not asked a hundred times. */
import {ANNOTATIONS, LABELS, labelValue} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {isKubeError, isRetryable} from '../kube/errors.ts';
import {messageOf} from '../runtime/errors.ts';
import type {ActDeps} from './act-deps.ts';
import {written} from './act-sync.ts';
import type {Live, NewGroup} from './model.ts';

interface Member extends Live {
  readonly group: string;
}

/** Source hashes that a dry-run has taken; a changed source is tried anew. */
const MAX_TRIED = 4096;

export async function createGroups(rsg: Rsg, groups: readonly NewGroup[], deps: ActDeps): Promise<void> {
  const uid = rsg.metadata.uid;
  if (!(await dryRun(rsg, groups, deps))) return;
  const members = groups.flatMap(({id, members: all}) => all.map((member): Member => ({...member, group: id})));
  const made: Member[] = [];
  const failed = new Map<string, unknown>();
  await slowly(members, groups[0]?.members.length ?? 0, async (member) => {
    try {
      made.push(await createMember(rsg, member, deps));
    } catch (error) {
      failed.set(member.group, error);
    }
    return failed.size === 0;
  });
  for (const {id} of groups) if (!failed.has(id)) deps.refusals.created(uid, id);
  for (const [group, error] of failed) {
    // Not refused, only not answered: what was made stays, and the rest follows.
    if (isUnanswered(error)) throw error;
    deps.refusals.add(uid, group, {message: messageOf(error), ofPods: false});
    await Promise.all(made.filter((member) => member.group === group).map((member) => deps.remove(member)));
  }
}

/** The first ones, and two more after each that went well: 2, 4, 8, … at a time. After the first that did not, no other is begun. */
async function slowly<T>(items: readonly T[], first: number, run: (item: T) => Promise<boolean>): Promise<void> {
  let next = 0;
  let goesWell = true;
  const one = async (): Promise<void> => {
    const item = items[next];
    if (item === undefined || !goesWell) return;
    next += 1;
    goesWell = (await run(item)) && goesWell;
    await Promise.all([one(), one()]);
  };
  await Promise.all(Array.from({length: first}, one));
}

/** Not refused: the same create may succeed later. A conflict is what a quota answers that others are counted against at the same time. */
function isUnanswered(error: unknown): boolean {
  return isRetryable(error) || isKubeError(error, 'Aborted', 'Conflict');
}

/** The first group of a source that was not tried yet: false when it is refused, and nothing is to be created. */
async function dryRun(rsg: Rsg, groups: readonly NewGroup[], deps: ActDeps): Promise<boolean> {
  const hash = ({object}: Live): string =>
    `${rsg.metadata.uid} ${object.kind} ${object.metadata.annotations?.[ANNOTATIONS.sourceHash] ?? ''}`;
  const first = groups.find(({members}) => members.some((member) => !deps.tried.has(hash(member))));
  if (first === undefined) return true;
  try {
    await Promise.all(first.members.map(({type, object}) => deps.client.create(type, object, {dryRun: true, signal: deps.signal})));
  } catch (error) {
    if (isUnanswered(error)) throw error;
    if (!isKubeError(error, 'AlreadyExists')) {
      for (const {id} of groups) deps.refusals.add(rsg.metadata.uid, id, {message: messageOf(error), ofPods: false});
      return false;
    }
  }
  if (deps.tried.size > MAX_TRIED) deps.tried.clear();
  for (const member of first.members) deps.tried.add(hash(member));
  return true;
}

async function createMember(rsg: Rsg, member: Member, deps: ActDeps): Promise<Member> {
  const {client, watches, signal} = deps;
  const {type, object} = member;
  try {
    const created = await client.create(type, object, {signal});
    watches.apply(type, created);
    written(rsg, created, deps);
    return {...member, object: created};
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    // Ours from before a crash, or a foreign one, which the next decision sees and steps around.
    const live = await client.get({type, namespace: object.metadata.namespace, name: object.metadata.name}, signal);
    watches.apply(type, live);
    if (live.metadata.labels?.[LABELS.rsgUid] === labelValue(rsg.metadata.uid)) return {...member, object: live};
    throw error;
  }
}
