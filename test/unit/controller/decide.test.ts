/** Rules of time and of restarts, which the property test does not look at one by one. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {decide} from '../../../src/controller/decide.ts';
import type {Decision} from '../../../src/controller/model.ts';
import {STATEFUL_SET} from '../../support/kinds.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

function at(cluster: ModelCluster, replicas: number): void {
  cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas}};
}
function settled(spec: object, groups: number, type = DEPLOYMENT): ModelCluster {
  const cluster = new ModelCluster({ratio: [1, 2], spec, type});
  at(cluster, groups);
  cluster.reconcile();
  cluster.becomeReady();
  cluster.reconcile();
  return cluster;
}
const conditionOf = (cluster: ModelCluster, type: string): string => {
  const found = cluster.rsg.status.conditions?.find((one) => one.type === type);
  return `${found?.status ?? ''} ${found?.reason ?? ''}`;
};

describe('a restart', () => {
  test('finds the same status to write, in whatever order the lists bring the clones', () => {
    const cluster = settled({}, 3);
    const {status} = decide(cluster.snapshot(), cluster.now);
    const reversed = {...cluster.snapshot(), clones: cluster.clones.toReversed()};
    assert.deepEqual(decide(reversed, cluster.now).status, status);
  });
});

describe('time', () => {
  test('within the cooldown the next scale-in waits, across a restart, and is then carried out', () => {
    const cluster = settled({scaleIn: {cooldownSeconds: 60}}, 4);
    at(cluster, 3);
    cluster.reconcile();
    cluster.becomeReady();
    cluster.now += 20_000;
    at(cluster, 1);
    const {requeueAfterMs} = cluster.reconcile();
    assert.equal(requeueAfterMs, 40_000);
    assert.equal(conditionOf(cluster, 'ScaleInHeld'), 'True CooldownActive');
    assert.equal(cluster.rsg.status.replicas, 3);
    cluster.now += 40_000;
    cluster.reconcile();
    cluster.becomeReady();
    cluster.reconcile();
    assert.equal(cluster.rsg.status.replicas, 1);
    assert.equal(conditionOf(cluster, 'ScaleInHeld'), 'False NothingHeld');
  });

  test('a group that is late is reported, and stays', () => {
    const cluster = new ModelCluster({ratio: [1, 2], spec: {scaleOut: {readyTimeoutSeconds: 60}}});
    at(cluster, 2);
    cluster.reconcile();
    assert.equal(conditionOf(cluster, 'Progressing'), 'True Scaling');
    cluster.now += 61_000;
    const {notices} = cluster.reconcile();
    assert.equal(conditionOf(cluster, 'Progressing'), 'False ReadyTimeout');
    assert.equal(cluster.rsg.status.replicas, 2);
    assert.ok(notices.some(({reason, message}) => reason === 'ReadyTimeout' && message.includes('group1')));
    cluster.becomeReady();
    cluster.reconcile();
    assert.equal(conditionOf(cluster, 'Progressing'), 'False Settled');
  });

  test('a drain ends at its timeout, and says that what was cut is unknown', () => {
    const cluster = settled({scaleIn: {drain: {timeoutSeconds: 30}}}, 2);
    at(cluster, 1);
    cluster.reconcile();
    assert.equal(cluster.rsg.status.drainingReplicas, 1);
    cluster.now += 30_000;
    cluster.reconcile();
    assert.equal(cluster.rsg.status.drainingReplicas, 1, 'earlier than its timeout');
    cluster.now += 1000;
    const told: string[] = [];
    cluster.reconcile(({notices}) => told.push(...notices.map(({reason}) => reason)));
    assert.ok(told.includes('DrainTimedOut'));
    assert.equal(cluster.rsg.status.terminatingReplicas, 1);
  });

  test('a drain is cancelled by scaling up, last chosen first', () => {
    const cluster = settled({scaleIn: {whenListEnds: 'Oldest', drain: {timeoutSeconds: 30}}}, 4);
    at(cluster, 1);
    cluster.reconcile();
    at(cluster, 2);
    cluster.reconcile();
    const draining = cluster.rsg.status.groups?.filter(({phase}) => phase === 'Draining').map(({id}) => id);
    assert.deepEqual(draining, ['group1', 'group2']);
    assert.equal(cluster.rsg.status.nextGroupIndex, 4, 'nothing new was made');
  });

  test('a StatefulSet whose volumes parking would destroy keeps the originals', () => {
    const cluster = settled({}, 1, STATEFUL_SET);
    const member = cluster.workloads.get('member1');
    assert.ok(member !== undefined);
    const policy = {persistentVolumeClaimRetentionPolicy: {whenScaled: 'Delete'}};
    cluster.put({...member, spec: {...(member['spec'] ?? {}), ...policy}});
    cluster.becomeReady();
    at(cluster, 0);
    cluster.reconcile();
    assert.equal(cluster.rsg.status.replicas, 1);
    assert.equal(conditionOf(cluster, 'ScaleInHeld'), 'True VolumesWouldBeLost');
  });

  test('a restored backup has no status: IDs go on above the highest clone', () => {
    const cluster = settled({}, 3);
    cluster.rsg = {...cluster.rsg, status: {}};
    at(cluster, 4);
    cluster.reconcile();
    assert.ok(cluster.clones.some(({group}) => group === 'group3'));
    assert.equal(cluster.clones.length, 6);
  });
});

describe('a controller that dies before it writes the status', () => {
  /** Its group is complete, and the status still calls it reserved. */
  function dyingAfterCreate(): ModelCluster {
    const cluster = settled({}, 1);
    at(cluster, 2);
    cluster.reconcile(undefined, 2);
    assert.deepEqual(cluster.rsg.status.pendingGroups, ['group1']);
    cluster.becomeReady();
    return cluster;
  }

  const DEATHS = [1, 2, 3, 4].flatMap((first) => [0, 1, 2].map((second) => [first, second] as const));
  for (const [first, second] of DEATHS)
    test(`a removed ID does not come back: dies after ${String(first)} writes, and again after ${String(second)}`, () => {
      const cluster = dyingAfterCreate();
      at(cluster, 1);
      cluster.reconcile(undefined, first);
      cluster.becomeReady();
      cluster.reconcile(undefined, second);
      cluster.becomeReady();
      at(cluster, 2);
      const isThere = cluster.clones.length > 0;
      const created: string[] = [];
      const look = ({actions}: Decision): void => {
        for (const action of actions) if (action.do === 'create') created.push(...action.groups.map(({id}) => id));
      };
      for (let turn = 0; turn < 3; turn += 1) {
        cluster.reconcile(look);
        cluster.becomeReady();
      }
      assert.deepEqual(created, ['group2'], `group1 was ${isThere ? 'going' : 'gone'}`);
    });
});
