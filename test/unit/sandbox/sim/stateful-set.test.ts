/** The simulated StatefulSet controller: order, rollout, partition, volume claims. */
import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {asObject} from '../../../../src/api/json.ts';
import {PERSISTENT_VOLUME_CLAIM, POD, STATEFUL_SET} from '../../../../src/sandbox/resource-types.ts';
import {images, setImage, simulatedCluster, type SimulatedCluster} from '../../../support/simulated-cluster.ts';
import {workload} from '../../../support/workloads.ts';

let cluster: SimulatedCluster;
beforeEach(() => {
  cluster = simulatedCluster();
});
afterEach(() => cluster.stop());

const statusOf = (name: string): Readonly<Record<string, unknown>> => asObject(cluster.find(STATEFUL_SET, name)['status']);

describe('a StatefulSet', () => {
  const set = (spec: object = {}, replicas = 3): object =>
    workload({name: 'decode', kind: 'StatefulSet', replicas, spec: {podManagementPolicy: 'OrderedReady', ...spec}});

  test('makes its pods in order, each once the one before is ready', async () => {
    cluster.apply(set());
    await cluster.advance(500);
    assert.deepEqual(cluster.pods(), ['decode-0']);
    await cluster.advance(1000);
    assert.deepEqual(cluster.pods(), ['decode-0', 'decode-1']);
    await cluster.advance(3000);
    assert.deepEqual(cluster.readyPods(), ['decode-0', 'decode-1', 'decode-2']);
    const {replicas, readyReplicas, availableReplicas, currentReplicas, updatedReplicas, currentRevision, updateRevision} =
      statusOf('decode');
    assert.deepEqual([replicas, readyReplicas, availableReplicas, currentReplicas, updatedReplicas], [3, 3, 3, 3, 3]);
    assert.equal(currentRevision, updateRevision);
  });

  test('Parallel makes and takes them all at once', async () => {
    cluster.apply(set({podManagementPolicy: 'Parallel'}));
    await cluster.advance(100);
    assert.equal(cluster.pods().length, 3);
    await cluster.advance(2000);
    cluster.scale(STATEFUL_SET, 'decode', 0);
    await cluster.advance(100);
    assert.deepEqual(cluster.pods(), []);
  });

  test('is scaled in from the top, one after the other', async () => {
    cluster.apply(set());
    await cluster.advance(5000);
    cluster.scale(STATEFUL_SET, 'decode', 1);
    await cluster.advance(100);
    assert.deepEqual(cluster.pods(), ['decode-0', 'decode-1']);
    await cluster.advance(2000);
    assert.deepEqual(cluster.pods(), ['decode-0']);
  });

  test('rolls from the top, one at a time, never two away', async () => {
    cluster.apply(set());
    await cluster.advance(5000);
    setImage(cluster, STATEFUL_SET, 'decode', 'engine:2');
    await cluster.advance(100);
    assert.deepEqual(cluster.pods(), ['decode-0', 'decode-1']);
    for (let at = 0; at < 100; at += 1) {
      await cluster.advance(100);
      assert.ok(cluster.readyPods().length >= 2);
    }
    assert.deepEqual(images(cluster), Array(3).fill('engine:2'));
    const {currentRevision, updateRevision} = statusOf('decode');
    assert.equal(currentRevision, updateRevision);
  });

  test('with a partition only pods from it on are updated, and a lost lower one comes back as it was', async () => {
    cluster.apply(set({updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 2}}}));
    await cluster.advance(5000);
    setImage(cluster, STATEFUL_SET, 'decode', 'engine:2');
    await cluster.advance(5000);
    assert.deepEqual(images(cluster), ['engine', 'engine', 'engine:2']);
    cluster.store.delete(POD, {namespace: 'default', name: 'decode-0'});
    await cluster.advance(5000);
    assert.deepEqual(images(cluster), ['engine', 'engine', 'engine:2']);
  });

  for (const [policy, left] of [
    ['Retain', ['data-decode-0', 'data-decode-1', 'data-decode-2']],
    ['Delete', ['data-decode-0']],
  ] as const) {
    test(`volume claims of pods scaled away: whenScaled ${policy}`, async () => {
      const volumeClaimTemplates = [
        {metadata: {name: 'data'}, spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}}},
      ];
      cluster.apply(set({volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: {whenScaled: policy, whenDeleted: 'Retain'}}));
      await cluster.advance(5000);
      assert.equal(cluster.store.list(PERSISTENT_VOLUME_CLAIM).length, 3);
      cluster.scale(STATEFUL_SET, 'decode', 1);
      await cluster.advance(5000);
      assert.deepEqual(
        cluster.store
          .list(PERSISTENT_VOLUME_CLAIM)
          .map(({metadata}) => metadata.name)
          .sort(),
        left,
      );
    });
  }
});
