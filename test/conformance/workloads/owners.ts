/** What becomes of the pods when their workload is deleted, and whose pods are when another one comes. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Json} from '../../../src/api/json.ts';
import {eventually} from '../../support/wait.ts';
import {metadataOf} from '../cases/objects.ts';
import {deployment, DEPLOYMENTS, PODS, REPLICA_SETS, STATEFUL_SETS, statefulSet, type World} from './world.ts';

export function ownerCases(world: World): void {
  const uids = async (path: string, app: string): Promise<string[]> =>
    (await world.list(path, app)).map((object) => String(metadataOf(object)['uid'])).sort();
  const owners = async (path: string, app: string): Promise<unknown[]> =>
    (await world.list(path, app)).map((object) => metadataOf(object)['ownerReferences']);
  const controllers = async (path: string, app: string): Promise<string[]> =>
    (await world.list(path, app)).map((object) => String((metadataOf(object)['ownerReferences'] as Json[] | undefined)?.[0]?.['uid']));
  const noPods = (app: string): Promise<unknown> => eventually('its pods are gone', async () => (await world.podNames(app)).length === 0);

  test('deleted in the foreground a Deployment stays until its pods are gone', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'own-fore', replicas: 2, terminateAfter: '4s'}));
    await world.settles(DEPLOYMENTS, 'own-fore', {availableReplicas: 2});
    await world.remove(DEPLOYMENTS, 'own-fore', 'Foreground');
    await eventually('its pods are ending', async () =>
      (await world.list(PODS, 'own-fore')).every((pod) => metadataOf(pod)['deletionTimestamp'] !== undefined),
    );
    const waiting = (await world.find(DEPLOYMENTS, 'own-fore')) ?? {};
    assert.deepEqual(metadataOf(waiting)['finalizers'], ['foregroundDeletion']);
    await world.gone(DEPLOYMENTS, 'own-fore');
    assert.deepEqual(await world.podNames('own-fore'), []);
    assert.deepEqual(await world.list(REPLICA_SETS, 'own-fore'), []);
  });
  test('deleted in the foreground a StatefulSet stays until its pods are gone', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'own-sfore', replicas: 2, terminateAfter: '4s'}));
    await world.settles(STATEFUL_SETS, 'own-sfore', {readyReplicas: 2});
    await world.remove(STATEFUL_SETS, 'own-sfore', 'Foreground');
    await eventually('its pods are ending', async () =>
      (await world.list(PODS, 'own-sfore')).every((pod) => metadataOf(pod)['deletionTimestamp'] !== undefined),
    );
    assert.notEqual(await world.find(STATEFUL_SETS, 'own-sfore'), undefined);
    await world.gone(STATEFUL_SETS, 'own-sfore');
    assert.deepEqual(await world.podNames('own-sfore'), []);
  });
  test('deleted in the background it is gone at once, its pods later', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'own-back', replicas: 1, terminateAfter: '4s'}));
    await world.settles(STATEFUL_SETS, 'own-back', {readyReplicas: 1});
    await world.remove(STATEFUL_SETS, 'own-back', 'Background');
    assert.equal(await world.find(STATEFUL_SETS, 'own-back'), undefined);
    assert.equal((await world.podNames('own-back')).length, 1);
    await noPods('own-back');
  });
  test('an orphaned Deployment leaves ReplicaSet and pods, and one with the same template takes them over', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'own-orphan', replicas: 2}));
    await world.settles(DEPLOYMENTS, 'own-orphan', {availableReplicas: 2});
    const [pods, sets] = [await uids(PODS, 'own-orphan'), await uids(REPLICA_SETS, 'own-orphan')];
    await world.remove(DEPLOYMENTS, 'own-orphan', 'Orphan');
    await world.gone(DEPLOYMENTS, 'own-orphan');
    assert.deepEqual(await owners(REPLICA_SETS, 'own-orphan'), [undefined]);
    assert.deepEqual(await uids(PODS, 'own-orphan'), pods);
    const again = await world.create(DEPLOYMENTS, deployment({name: 'own-orphan', replicas: 2}));
    await world.settles(DEPLOYMENTS, 'own-orphan', {observedGeneration: 1, availableReplicas: 2, updatedReplicas: 2});
    assert.deepEqual(await controllers(REPLICA_SETS, 'own-orphan'), [metadataOf(again)['uid']]);
    assert.deepEqual([await uids(PODS, 'own-orphan'), await uids(REPLICA_SETS, 'own-orphan')], [pods, sets]);
  });
  test('an orphaned StatefulSet leaves its pods, and a new one of its name takes them over', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'own-sorphan', replicas: 2}));
    await world.settles(STATEFUL_SETS, 'own-sorphan', {readyReplicas: 2});
    const pods = await uids(PODS, 'own-sorphan');
    await world.remove(STATEFUL_SETS, 'own-sorphan', 'Orphan');
    await world.gone(STATEFUL_SETS, 'own-sorphan');
    assert.deepEqual(await owners(PODS, 'own-sorphan'), [undefined, undefined]);
    const again = await world.create(STATEFUL_SETS, statefulSet({name: 'own-sorphan', replicas: 2}));
    await world.settles(STATEFUL_SETS, 'own-sorphan', {observedGeneration: 1, readyReplicas: 2, updatedReplicas: 2});
    const {uid} = metadataOf(again);
    assert.deepEqual([await controllers(PODS, 'own-sorphan'), await uids(PODS, 'own-sorphan')], [[uid, uid], pods]);
  });
}
