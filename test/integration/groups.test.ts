/** The main job, the order of removal, parking and draining: the composed controller over HTTP on the sandbox with its simulators. */
import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {RSG_TYPE} from '../../src/api/labels.ts';
import {startEmbedded, type Embedded} from '../support/embedded.ts';
import {eventually} from '../support/wait.ts';
import {pair, rsgOf} from '../support/workloads.ts';

const service = (app: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name: app, namespace: 'default'},
  spec: {selector: {app}, ports: [{port: 8000, protocol: 'TCP'}]},
});

describe('groups on the sandbox', () => {
  let cluster: Embedded;
  beforeEach(async () => {
    cluster = await startEmbedded();
  });
  afterEach(() => cluster.stop());

  test('1 → 3 → 1: clones in the same ratio, the originals untouched until they are parked, then back as they were', async () => {
    await cluster.create(...pair(), rsgOf('llama', {scalingGroupTask: {sortedGroupList: ['group0']}}));
    await cluster.settled(1);
    const originals = await cluster.originalPods();
    assert.equal(originals.length, 6);
    await cluster.scale(3);
    await cluster.settled(3);
    const three = {decode: 4, 'decode-group1': 4, 'decode-group2': 4, prefill: 2, 'prefill-group1': 2, 'prefill-group2': 2};
    assert.deepEqual(await cluster.replicas(), three);
    assert.deepEqual(await cluster.originalPods(), originals, 'the same pods');
    await cluster.scale(1);
    await cluster.settled(1);
    assert.deepEqual(await cluster.replicas(), {decode: 0, 'decode-group1': 4, prefill: 0, 'prefill-group1': 2});
    await cluster.scale(2);
    await cluster.settled(2);
    assert.deepEqual(await cluster.replicas(), {decode: 4, 'decode-group1': 4, prefill: 2, 'prefill-group1': 2});
  });

  test('groups go in the order of the list, then not ready, newest first; what the list does not know is reported', async () => {
    const list = ['group3', 'group0', 'ghost', 'group3', 'group1'];
    await cluster.create(...pair([1, 2]), rsgOf('llama', {replicas: 5, scalingGroupTask: {sortedGroupList: list}}));
    await cluster.settled(5);
    const {plan, sortedGroupList} = (await cluster.rsg()).status;
    assert.deepEqual(plan?.nextVictims, ['group3', 'group0', 'group1', 'group4', 'group2']);
    assert.deepEqual(sortedGroupList, {unknown: ['ghost'], duplicates: ['group3']});
    await cluster.scale(2);
    await cluster.settled(2);
    assert.deepEqual((await cluster.rsg()).status.history?.at(-1)?.removed, ['group3', 'group0', 'group1']);
    assert.deepEqual(Object.keys(await cluster.replicas()), [
      'decode',
      'decode-group2',
      'decode-group4',
      'prefill',
      'prefill-group2',
      'prefill-group4',
    ]);
  });

  test('0 parks everything and 1 brings it back', async () => {
    await cluster.create(...pair([1, 2]), rsgOf('llama', {replicas: 2}));
    await cluster.settled(2);
    await cluster.scale(0);
    await eventually('nothing runs', async () => (await cluster.originalPods()).length + (await cluster.podsOf('group1')).length === 0);
    assert.deepEqual(await cluster.replicas(), {decode: 0, prefill: 0});
    await cluster.scale(1);
    await cluster.settled(1);
    assert.deepEqual(await cluster.replicas(), {decode: 2, prefill: 1});
  });

  test('a drain takes the live pods out of the Service at once, and a cancelled one puts the same pods back', async () => {
    await cluster.create(service('decode'), ...pair([1, 2]));
    await cluster.create(rsgOf('llama', {replicas: 2, scaleIn: {drain: {timeoutSeconds: 60}}}));
    await cluster.settled(2);
    const pods = await cluster.podsOf('group1');
    assert.equal(pods.length, 3);
    await eventually('both groups serve', async () => (await cluster.endpoints('decode')).length === 4);
    await cluster.scale(1);
    await eventually('the victim is out of traffic', async () => (await cluster.endpoints('decode')).length === 2);
    assert.deepEqual(await cluster.podsOf('group1'), pods, 'no pod was replaced');
    await cluster.scale(2);
    await eventually('it serves again', async () => (await cluster.endpoints('decode')).length === 4);
    assert.deepEqual(await cluster.podsOf('group1'), pods, 'the same pods');
  });

  test('deleting the RSG restores parked originals and takes the clones', async () => {
    await cluster.create(...pair([1, 2]), rsgOf('llama', {replicas: 2, scalingGroupTask: {sortedGroupList: ['group0']}}));
    await cluster.settled(2);
    await cluster.scale(1);
    await cluster.settled(1);
    await cluster.client.delete({type: RSG_TYPE, namespace: 'default', name: 'llama'}, {propagation: 'Background'});
    await eventually('only the originals are left', async () => JSON.stringify(await cluster.replicas()) === '{"decode":2,"prefill":1}');
  });
});
