import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {actDeps} from '../../../src/controller/act.ts';
import {createGroups} from '../../../src/controller/create.ts';
import {createRefusals} from '../../../src/controller/refusals.ts';
import {createSyncMemory} from '../../../src/controller/sync-memory.ts';
import type {KubeClient, WriteOptions} from '../../../src/kube/client.ts';
import {KubeError} from '../../../src/kube/errors.ts';
import {createStore} from '../../../src/kube/store.ts';
import type {Watches} from '../../../src/kube/watches.ts';
import {createLimit} from '../../../src/runtime/limit.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

/** Creates so many groups, of which one may have been refused before, against a server that answers only when told. */
function creating(
  count: number,
  {membersEach = 1, refused}: {membersEach?: number; refused?: {ofPods: boolean}} = {},
): {open: (() => void)[]; refuse: Set<string>; asked: string[]; done: Promise<void>} {
  const cluster = new ModelCluster({ratio: [1]});
  const open: (() => void)[] = [];
  const asked: string[] = [];
  const refuse = new Set<string>();
  const client = {
    create: async (_type: unknown, object: KubeObject, {dryRun}: WriteOptions) => {
      if (dryRun === true) return object;
      asked.push(object.metadata.name);
      await new Promise<void>((resolve) => open.push(resolve));
      if (refuse.has(object.metadata.name)) throw new KubeError('no', {code: 'Forbidden', status: 403});
      return {...object, metadata: {...object.metadata, uid: `uid-${object.metadata.name}`}};
    },
  } as Partial<KubeClient> as KubeClient;
  const from = {clock: new FakeClock(), random: () => 1};
  const watches = {apply: () => undefined, remove: () => undefined} as Partial<Watches> as Watches;
  const memory = {refusals: createRefusals(from), memory: createSyncMemory(from), tried: new Set<string>()};
  if (refused !== undefined) memory.refusals.add(cluster.rsg.metadata.uid, 'group9', {message: 'no', ...refused});
  const {signal} = new AbortController();
  const deps = actDeps({client, watches, rsgs: createStore(), ...memory, oneOfFew: createLimit(8), signal});
  const groups = Array.from({length: count}, (_, at) => {
    const id = `group${String(at + 1)}`;
    const object = cluster.workload(id, 1);
    const named = (name: string): KubeObject => ({...object, metadata: {...object.metadata, name}});
    return {
      id,
      members: Array.from({length: membersEach}, (_, member) => ({type: DEPLOYMENT, object: named(`${id}${'-too'.repeat(member)}`)})),
    };
  });
  return {open, refuse, asked, done: createGroups(cluster.rsg, groups, deps)};
}

/** Answers all that is asked now. */
async function answer(open: (() => void)[]): Promise<number> {
  await settle();
  const now = open.splice(0);
  for (const one of now) one();
  return now.length;
}

const REFUSED = {refused: {ofPods: false}};

describe('groups are made', () => {
  test('one alone, then a hundred at a time', async () => {
    const {open, asked, done} = creating(220);
    const waves = [];
    for (let wave = 0; wave < 4; wave += 1) waves.push(await answer(open));
    await done;
    assert.deepEqual(waves, [1, 100, 100, 19]);
    assert.equal(new Set(asked).size, 220);
  });

  test('each that is done makes room for another, without waiting for the others', async () => {
    const {open, asked, done} = creating(220);
    await answer(open);
    await settle();
    open.shift()?.();
    await settle();
    assert.equal(open.length, 100);
    assert.equal(asked.length, 102);
    while ((await answer(open)) > 0);
    await done;
  });

  test('the members of the first group at once, and no other group yet', async () => {
    const {open, asked, done} = creating(5, {membersEach: 3});
    await settle();
    assert.deepEqual(asked, ['group1', 'group1-too', 'group1-too-too']);
    while ((await answer(open)) > 0);
    await done;
    assert.equal(new Set(asked).size, 15);
  });

  test('none when the first is refused', async () => {
    const {open, refuse, asked, done} = creating(20, {membersEach: 2});
    refuse.add('group1').add('group1-too');
    while ((await answer(open)) > 0);
    await done;
    assert.deepEqual(asked, ['group1', 'group1-too']);
  });

  test('until one is refused: what was begun ends, and no other is begun', async () => {
    const {open, refuse, asked, done} = creating(220);
    refuse.add('group2');
    while ((await answer(open)) > 0);
    await done;
    assert.equal(asked.length, 101);
  });

  test('slowly while something is refused: 1, 2, 4, … at a time', async () => {
    const {open, asked, done} = creating(20, REFUSED);
    const waves = [];
    for (let wave = 0; wave < 5; wave += 1) waves.push(await answer(open));
    await done;
    assert.deepEqual(waves, [1, 2, 4, 8, 5]);
    assert.equal(new Set(asked).size, 20);
  });

  test('slowly, each that goes well makes room for two more, without waiting for the others', async () => {
    const {open, done} = creating(20, REFUSED);
    await answer(open);
    await settle();
    open.shift()?.();
    await settle();
    assert.equal(open.length, 3);
    while ((await answer(open)) > 0);
    await done;
  });

  test('slowly, until one is refused', async () => {
    const {open, refuse, asked, done} = creating(20, REFUSED);
    refuse.add('group2');
    while ((await answer(open)) > 0);
    await done;
    assert.deepEqual(asked, ['group1', 'group2', 'group3']);
  });

  test('not slowly when it is pods that are refused: that says nothing of workloads', async () => {
    const {open, done} = creating(20, {refused: {ofPods: true}});
    assert.deepEqual([await answer(open), await answer(open)], [1, 19]);
    await done;
  });
});
