import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {asObject} from '../../../src/api/json.ts';
import {
  isAvailable,
  isInTemplate,
  isReady,
  podsOf,
  readyReplicasOf,
  replicasOf,
  selectorOf,
  templateLabels,
} from '../../../src/api/workload.ts';
import {LEADER_WORKER_SET, leaderWorkerSet, ROLE_BASED_GROUP, roleBasedGroup} from '../../support/kinds.ts';

const pod = (labels: Record<string, string>): KubeObject => ({apiVersion: 'v1', kind: 'Pod', metadata: {name: 'p', labels}});

describe('a LeaderWorkerSet', () => {
  const lws = (status: object): {type: typeof LEADER_WORKER_SET; object: KubeObject} => {
    const object = leaderWorkerSet('decode', 2);
    return {
      type: LEADER_WORKER_SET,
      object: {...object, metadata: {...object.metadata, generation: 1}, status: {observedGeneration: 1, ...status}},
    };
  };

  test('is available when its replicas, leaders and workers, are ready: it reports no more', () => {
    assert.equal(isAvailable(lws({replicas: 2, readyReplicas: 2, updatedReplicas: 2})), true);
    assert.equal(isAvailable(lws({replicas: 2, readyReplicas: 1, updatedReplicas: 2})), false);
  });

  test('tells the template of a pod by its place in the replica', () => {
    const leader = pod({'leaderworkerset.sigs.k8s.io/worker-index': '0'});
    const worker = pod({'leaderworkerset.sigs.k8s.io/worker-index': '2'});
    assert.equal(templateLabels(lws({}), leader)['part'], 'leader');
    assert.equal(templateLabels(lws({}), worker)['part'], 'worker');
    const plain = {type: LEADER_WORKER_SET, object: leaderWorkerSet('decode', 2, {leader: false})};
    assert.equal(templateLabels(plain, leader)['part'], 'worker');
  });

  test('selects for an HPA what its status says', () => {
    const hpaPodSelector = 'leaderworkerset.sigs.k8s.io/name=decode,leaderworkerset.sigs.k8s.io/worker-index=0';
    assert.deepEqual(selectorOf(lws({hpaPodSelector})), {
      'leaderworkerset.sigs.k8s.io/name': 'decode',
      'leaderworkerset.sigs.k8s.io/worker-index': '0',
    });
    assert.equal(selectorOf(lws({})), undefined);
    assert.equal(selectorOf(lws({hpaPodSelector: 'a in (b,c)'})), undefined);
  });

  test('restarts pods when a template changes, not when its count does', () => {
    assert.equal(isInTemplate(lws({}), 'spec.leaderWorkerTemplate.workerTemplate.spec.containers[engine].image'), true);
    assert.equal(isInTemplate(lws({}), 'spec.leaderWorkerTemplate'), true);
    assert.equal(isInTemplate(lws({}), 'spec.replicas'), false);
  });
});

describe('a RoleBasedGroup', () => {
  const roles = (ready: Record<string, number>): KubeObject => {
    const object = roleBasedGroup('llm', {prefill: 2, decode: 4});
    const roleStatuses = Object.entries(ready).map(([name, n]) => ({name, replicas: n, readyReplicas: n, updatedReplicas: n}));
    return {...object, metadata: {...object.metadata, generation: 1}, status: {observedGeneration: 1, roleStatuses}};
  };

  test('counts the replicas of all its roles', () => {
    const workload = {type: ROLE_BASED_GROUP, object: roles({prefill: 2, decode: 3})};
    assert.deepEqual([replicasOf(workload), readyReplicasOf(workload), podsOf(workload)], [6, 5, 5]);
  });

  test('is ready when every role is: too many of one do not stand in for another', () => {
    assert.equal(isReady({type: ROLE_BASED_GROUP, object: roles({prefill: 2, decode: 4})}), true);
    assert.equal(isReady({type: ROLE_BASED_GROUP, object: roles({prefill: 4, decode: 2})}), false);
    assert.equal(isReady({type: ROLE_BASED_GROUP, object: roles({prefill: 6})}), false);
  });

  test('tells the template of a pod by the role that the pod names', () => {
    const workload = {type: ROLE_BASED_GROUP, object: roles({})};
    assert.equal(templateLabels(workload, pod({'rbg.workloads.x-k8s.io/role-name': 'decode'}))['app'], 'decode');
    assert.deepEqual(asObject(templateLabels(workload, pod({}))), {});
  });
});
