/** `plan` names exactly what then happens: the forecast against a model cluster that the same number is then really given to. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {forecast} from '../../../src/cli/forecast.ts';
import {ModelCluster} from '../../support/model-cluster.ts';

const scenario = fc.record({
  ratio: fc.constantFrom<readonly number[]>([1, 1], [2, 4], [3], [1, 2, 3]),
  scaleIn: fc.record({
    whenListEnds: fc.constantFrom('NotReadyFirst', 'Newest', 'Oldest', 'Hold'),
    originPolicy: fc.constantFrom('Park', 'Keep'),
    minAvailableGroups: fc.constantFrom(0, 0, 1, 2),
    cooldownSeconds: fc.constantFrom(0, 0, 45),
    drain: fc.record({timeoutSeconds: fc.constantFrom(0, 0, 20)}),
  }),
  list: fc.array(fc.integer({min: 0, max: 6}), {maxLength: 5}),
  /** Numbers of groups that the past wanted, and whether its pods became ready in between. */
  past: fc.array(fc.tuple(fc.integer({min: 0, max: 6}), fc.boolean()), {maxLength: 4}),
  wanted: fc.integer({min: 0, max: 6}),
  foreign: fc.option(fc.integer({min: 1, max: 8})),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function clusterAfter({ratio, scaleIn, list, past, foreign}: Scenario): ModelCluster {
  const sortedGroupList = list.map((index) => `group${String(index)}`);
  const cluster = new ModelCluster({ratio, spec: {scaleIn, scalingGroupTask: {sortedGroupList}}});
  if (foreign !== null) cluster.put(cluster.workload(`member0-group${String(foreign)}`, 1));
  cluster.reconcile();
  for (const [replicas, ready] of past) {
    cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas}};
    cluster.reconcile();
    if (ready) cluster.becomeReady();
    cluster.now += 7000;
    cluster.reconcile();
  }
  return cluster;
}

/** What really happens, in the order in which it happens; groups that only come back from a cancelled drain are not news. */
function happen(cluster: ModelCluster, wanted: number): {created: string[]; removed: string[]; to: number} {
  cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas: wanted}};
  const created = new Set<string>();
  const removed = new Set<string>();
  for (let turn = 0; turn < 60; turn += 1) {
    cluster.reconcile(({actions}) => {
      for (const action of actions) {
        if (action.do === 'create') for (const {id} of action.groups) created.add(id);
        if (action.do === 'restore') created.add('group0');
        if (action.do === 'park') removed.add('group0');
        if (action.do === 'delete') removed.add(action.group);
      }
    });
    cluster.becomeReady();
    cluster.now += 10_000;
  }
  return {created: [...created], removed: [...removed], to: cluster.reconcile().status.replicas ?? 0};
}

describe('plan names exactly what then happens', () => {
  test('in random cases', () => {
    fc.assert(
      fc.property(scenario, (one) => {
        const cluster = clusterAfter(one);
        const told = forecast(cluster.snapshot(), one.wanted, cluster.now);
        const {created, removed, to} = happen(cluster, one.wanted);
        assert.deepEqual([...told.created].sort(), created.sort(), 'created');
        assert.deepEqual([...told.removed].sort(), removed.sort(), 'removed');
        assert.equal(told.to, to, 'groups in the end');
        assert.equal(told.held.length > 0, to !== one.wanted, 'held without a reason, or a reason without holding');
      }),
      {numRuns: Number(process.env['RSG_PROPERTY_RUNS'] ?? 100)},
    );
  });
});
