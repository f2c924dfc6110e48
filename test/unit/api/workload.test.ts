import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {isAvailable, isReady, type Workload} from '../../../src/api/workload.ts';
import {STATEFUL_SET} from '../../support/kinds.ts';

const workload = (status: object, spec: object = {}): Workload => ({
  type: STATEFUL_SET,
  object: {apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: {name: 'decode', generation: 2}, spec: {replicas: 2, ...spec}, status},
});
const settled = {observedGeneration: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2};
const partition = (count: number): object => ({updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: count}}});

describe('when a workload counts as ready', () => {
  const ROWS: readonly [string, object, object, boolean][] = [
    ['all replicas ready at the latest generation', settled, {}, true],
    ['its controller has not seen the latest generation', {...settled, observedGeneration: 1}, {}, false],
    ['no pod of a new rollout is there yet, so the count is left out', {...settled, updatedReplicas: undefined}, {}, false],
    ['half of a rollout is done', {...settled, updatedReplicas: 1}, {}, false],
    ['pods below the partition stay old on purpose', {...settled, updatedReplicas: 1}, partition(1), true],
    ['pods above the partition are not updated yet', {...settled, updatedReplicas: undefined}, partition(1), false],
    [
      'pods are only updated when somebody deletes them',
      {...settled, updatedReplicas: undefined},
      {updateStrategy: {type: 'OnDelete'}},
      true,
    ],
    ['one replica is not ready', {...settled, readyReplicas: 1}, {}, false],
  ];
  for (const [what, status, spec, ready] of ROWS) {
    test(`${what}: ${ready ? 'ready' : 'not ready'}`, () => {
      assert.equal(isReady(workload(status, spec)), ready);
    });
  }

  test('a workload scaled to 0 is never ready, and one that is ready may not be available yet', () => {
    assert.equal(isReady(workload({observedGeneration: 2}, {replicas: 0})), false);
    assert.equal(isAvailable(workload({...settled, availableReplicas: 1})), false);
    assert.equal(isAvailable(workload(settled)), true);
  });
});
