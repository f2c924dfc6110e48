import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {ANNOTATIONS} from '../../../src/api/labels.ts';
import {isContested, parkedReplicasOf, rememberedText, replicasPatch, withReplicas} from '../../../src/controller/parking.ts';
import {LEADER_WORKER_SET, leaderWorkerSet, ROLE_BASED_GROUP, roleBasedGroup} from '../../support/kinds.ts';

function annotated(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return {...object, metadata: {...object.metadata, annotations}};
}
const lws = (replicas: number, annotations: Record<string, string> = {}): {type: typeof LEADER_WORKER_SET; object: KubeObject} => ({
  type: LEADER_WORKER_SET,
  object: annotated(leaderWorkerSet('decode', replicas), annotations),
});
const rbg = (
  counts: Record<string, number>,
  annotations: Record<string, string> = {},
): {type: typeof ROLE_BASED_GROUP; object: KubeObject} => ({
  type: ROLE_BASED_GROUP,
  object: annotated(roleBasedGroup('llm', counts), annotations),
});
const counts = (patch: object): unknown => JSON.parse(JSON.stringify(patch).replaceAll(/,"standalonePattern":\{.*?\}\]\}\}\}/gu, ''));

describe('parking', () => {
  test('remembers one count as a number, several by name', () => {
    assert.equal(rememberedText(lws(4)), '4');
    assert.equal(rememberedText(rbg({prefill: 2, decode: 4})), 'prefill=2,decode=4');
  });

  test('scales one field to 0, or every item of the list', () => {
    assert.deepEqual(replicasPatch(lws(4), 0), {spec: {replicas: 0}});
    assert.deepEqual(counts(replicasPatch(rbg({prefill: 2, decode: 4}), 0)), {
      spec: {
        roles: [
          {name: 'prefill', replicas: 0},
          {name: 'decode', replicas: 0},
        ],
      },
    });
  });

  test('brings back what is remembered', () => {
    const parked = rbg({prefill: 0, decode: 0}, {[ANNOTATIONS.parkedReplicas]: 'prefill=2,decode=4'});
    assert.equal(parkedReplicasOf(parked), 6);
    assert.deepEqual(counts(replicasPatch(parked, 6)), {
      spec: {
        roles: [
          {name: 'prefill', replicas: 2},
          {name: 'decode', replicas: 4},
        ],
      },
    });
    assert.deepEqual(replicasPatch(lws(0, {[ANNOTATIONS.parkedReplicas]: '3'}), 3), {spec: {replicas: 3}});
  });

  test('a clone of a parked original has the remembered counts', () => {
    const parked = rbg({prefill: 0, decode: 0}, {[ANNOTATIONS.parkedReplicas]: 'prefill=2,decode=4'});
    assert.equal(rememberedText({type: ROLE_BASED_GROUP, object: annotated(withReplicas(parked, 6), {})}), 'prefill=2,decode=4');
  });

  test('what something sets on one item while it is parked is remembered, the others stay', () => {
    const contested = rbg({prefill: 3, decode: 0}, {[ANNOTATIONS.parkedReplicas]: 'prefill=2,decode=4'});
    assert.equal(rememberedText(contested), 'prefill=3,decode=4');
  });

  test('three contests make it contested', () => {
    const annotations = {[ANNOTATIONS.parkedReplicas]: '3', [ANNOTATIONS.parkContests]: '3'};
    assert.equal(isContested(lws(2, annotations)), true);
    assert.equal(isContested(lws(0, annotations)), false);
    assert.equal(isContested(lws(2, {...annotations, [ANNOTATIONS.parkContests]: '2'})), false);
  });

  test('announced and at 0 is parked, announced and still serving is not: the controller may die in between', () => {
    assert.equal(parkedReplicasOf(lws(0, {[ANNOTATIONS.parking]: '3'})), 3);
    assert.equal(parkedReplicasOf(lws(3, {[ANNOTATIONS.parking]: '3'})), undefined);
  });

  test('an annotation that is no count is none', () => {
    for (const text of ['', 'x', '-1', '1,2', 'a=', 'a=1,']) {
      assert.equal(parkedReplicasOf(lws(0, {[ANNOTATIONS.parkedReplicas]: text})), undefined, text);
    }
  });
});
