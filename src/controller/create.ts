/**
 * Makes groups: whole or not at all, one alone at first, so that what refuses one member is not asked a hundred times. Then many at once:
 * what follows on the first ones, such as their pods, would otherwise keep the API server from the last.
 */
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
/** Members that are being made at once: below what a client may have at the API server (`src/kube/flow.ts`), so that none of them waits. */
const AT_ONCE = 100;

export async function createGroups(rsg: Rsg, groups: readonly NewGroup[], deps: ActDeps): Promise<void> {
  const uid = rsg.metadata.uid;
  if (!(await dryRun(rsg, groups, deps))) return;
  const members = groups.flatMap(({id, members: all}) => all.map((member): Member => ({...member, group: id})));
  const made: Member[] = [];
  const failed = new Map<string, unknown>();
  const make = async (member: Member): Promise<boolean> => {
    try {
      made.push(await createMember(rsg, member, deps));
    } catch (error) {
      failed.set(member.group, error);
    }
    return failed.size === 0;
  };
  const first = groups[0]?.members.length ?? 0;
  const isRefused = [...deps.refusals.of(uid).values()].some(({ofPods}) => !ofPods);
  await (isRefused ? feelingTheWay(members, first, make) : atOnce(members, first, make));
  for (const {id} of groups) if (!failed.has(id)) deps.refusals.created(uid, id);
  for (const [group, error] of failed) {
    // Not refused, only not answered: what was made stays, and the rest follows.
    if (isUnanswered(error)) throw error;
    deps.refusals.add(uid, group, {message: messageOf(error), ofPods: false});
    await Promise.all(made.filter((member) => member.group === group).map((member) => deps.remove(member)));
  }
}

type Run<T> = (item: T) => Promise<boolean>;

/** The first ones, then many. After one that did not go well, no other is begun. */
async function atOnce<T>(items: readonly T[], first: number, run: Run<T>): Promise<void> {
  const goesWell = await Promise.all(items.slice(0, first).map(run));
  if (!goesWell.every(Boolean)) return;
  let next = first;
  const some = async (): Promise<void> => {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      next += 1;
      if (!(await run(item))) return;
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, some));
}

/**
 * While something is refused: the first ones, and two more after each that went well. Of the room that a quota leaves, many at once would
 * each take a part, and no group be whole.
 */
async function feelingTheWay<T>(items: readonly T[], first: number, run: Run<T>): Promise<void> {
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
