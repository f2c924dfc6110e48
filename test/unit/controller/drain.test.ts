/** When a drain ends, and who goes first by load. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {ModelCluster} from '../../support/model-cluster.ts';

function draining(spec: object = {}): {cluster: ModelCluster; told: string[]; look: () => string | undefined} {
  const cluster = new ModelCluster({ratio: [1], spec: {replicas: 2, metrics: {engine: 'vllm'}, ...spec}});
  cluster.reconcile();
  cluster.becomeReady();
  cluster.reconcile();
  cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas: 1}};
  cluster.reconcile();
  const told: string[] = [];
  const look = (): string | undefined => {
    cluster.reconcile(({notices}) => told.push(...notices.map(({message}) => message)));
    return cluster.rsg.status.groups?.find(({id}) => id === 'group1')?.phase;
  };
  return {cluster, told, look};
}

/** Readings at seconds after the mark: a number of requests, or why it is unknown. */
function answer(cluster: ModelCluster, seconds: number, requests: number | string, startedAt: number): void {
  cluster.now = startedAt + seconds * 1000;
  const before = cluster.readings.get('group1');
  const latest = typeof requests === 'number' ? {at: cluster.now, requests} : {at: cluster.now, unknown: requests};
  const idleSince = requests === 0 ? (before?.idleSince ?? cluster.now) : undefined;
  cluster.readings.set('group1', {latest, ...(idleSince === undefined ? {} : {idleSince})});
}

describe('a drain with engines that can be asked', () => {
  const ROWS: readonly [string, readonly (readonly [number, number | string])[], string][] = [
    ['one report of zero is not enough', [[20, 0]], 'Draining'],
    [
      'two reports of zero a scrape interval apart end it',
      [
        [20, 0],
        [35, 0],
      ],
      'Deleting',
    ],
    [
      'two reports of zero closer together do not',
      [
        [20, 0],
        [25, 0],
      ],
      'Draining',
    ],
    [
      'zeros before it has been out of traffic for settleSeconds do not',
      [
        [0, 0],
        [15, 0],
      ],
      'Draining',
    ],
    [
      'zeros that began earlier count once it has',
      [
        [2, 0],
        [17, 0],
      ],
      'Deleting',
    ],
    [
      'zeros from before the drain do not',
      [
        [-60, 0],
        [20, 0],
      ],
      'Draining',
    ],
    [
      'a request in between starts the count anew',
      [
        [20, 0],
        [30, 1],
        [35, 0],
      ],
      'Draining',
    ],
    [
      'unknown is not zero',
      [
        [20, 0],
        [35, 'no answer'],
      ],
      'Draining',
    ],
    [
      'unknown in between starts the count anew',
      [
        [20, 0],
        [30, 'no answer'],
        [40, 0],
      ],
      'Draining',
    ],
  ];
  for (const [what, readings, phase] of ROWS) {
    test(what, () => {
      const {cluster, look} = draining();
      const startedAt = cluster.now;
      for (const [seconds, requests] of readings) answer(cluster, seconds, requests, startedAt);
      assert.equal(look(), phase);
    });
  }

  test('it is asked at once, and again a scrape interval later', () => {
    const {cluster} = draining();
    assert.deepEqual(
      cluster.reconcile().probes.map(({group}) => group),
      ['group1'],
    );
    answer(cluster, 1, 3, cluster.now);
    assert.deepEqual(cluster.reconcile().probes, []);
    cluster.now += 15_000;
    assert.deepEqual(
      cluster.reconcile().probes.map(({group}) => group),
      ['group1'],
    );
  });

  test('at its timeout the event says how many requests are cut', () => {
    const {cluster, told, look} = draining({scaleIn: {drain: {timeoutSeconds: 60}}});
    answer(cluster, 50, 7, cluster.now);
    cluster.now += 11_000;
    assert.equal(look(), 'Deleting');
    assert.ok(told.includes('group1 was drained for 60 s, its timeout; 7 of its requests are cut'));
  });
});

describe('LeastLoaded', () => {
  const four = (): ModelCluster => {
    const cluster = new ModelCluster({
      ratio: [1],
      spec: {replicas: 4, metrics: {engine: 'vllm'}, scaleIn: {whenListEnds: 'LeastLoaded', drain: {timeoutSeconds: 0}}},
    });
    cluster.reconcile();
    cluster.becomeReady();
    cluster.reconcile();
    cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas: 3}};
    return cluster;
  };
  const loads = (cluster: ModelCluster, requests: readonly (number | undefined)[]): void => {
    requests.forEach((count, at) => {
      cluster.readings.set(`group${String(at + 1)}`, {
        latest: {at: cluster.now, ...(count === undefined ? {unknown: 'no answer'} : {requests: count})},
      });
    });
  };
  const removed = (cluster: ModelCluster): string[] | undefined => cluster.rsg.status.history?.at(-1)?.removed;

  test('the groups are asked first, and nothing goes before they have answered', () => {
    const cluster = four();
    const decision = cluster.reconcile();
    assert.deepEqual(
      decision.probes.map(({group}) => group),
      ['group1', 'group2', 'group3'],
    );
    assert.equal(cluster.rsg.status.replicas, 4);
    assert.match(cluster.rsg.status.plan?.summary ?? '', /ask the groups how many requests they hold/u);
  });

  test('then the one with the fewest requests goes', () => {
    const cluster = four();
    loads(cluster, [5, 2, 9]);
    cluster.reconcile();
    assert.deepEqual(removed(cluster), ['group2']);
    assert.equal(cluster.rsg.status.history?.at(-1)?.reason, 'by LeastLoaded');
  });

  test('where one does not answer it falls back to NotReadyFirst and says so', () => {
    const cluster = four();
    loads(cluster, [5, undefined, 9]);
    cluster.reconcile();
    assert.deepEqual(removed(cluster), ['group3']);
    assert.match(cluster.rsg.status.history?.at(-1)?.reason ?? '', /NotReadyFirst \(LeastLoaded needs the load of every group/u);
  });

  test('what the list names goes without asking, and the plan names no group by load', () => {
    const cluster = four();
    const {spec} = cluster.rsg;
    cluster.rsg = {...cluster.rsg, spec: {...spec, scalingGroupTask: {sortedGroupList: ['group1']}}};
    cluster.reconcile();
    assert.deepEqual(removed(cluster), ['group1']);
    assert.equal(cluster.rsg.status.plan?.nextVictims, undefined);
    assert.equal(cluster.rsg.status.plan?.thenBy, 'LeastLoaded, chosen when needed');
  });
});
