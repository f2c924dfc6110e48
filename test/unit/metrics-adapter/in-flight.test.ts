/** Requests in flight of a group, asked of just its pods. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {createInFlightProbe, type InFlight, type RolePod} from '../../../src/metrics-adapter/in-flight.ts';
import {createLog} from '../../../src/runtime/log.ts';
import {aPod, anRsg, type PodShape} from '../../support/adapter-objects.ts';
import {startEngines, type Engine, type Engines} from '../../support/engines.ts';
import {FakeClock} from '../../support/fake-clock.ts';

const IPS = ['127.64.77.1', '127.64.77.2'] as const;
const busy: Engine = {waiting: 2, running: 3, kvUsage: 0.1};

describe('requests in flight', () => {
  let engines: Engines;
  before(async () => {
    engines = await startEngines();
  });
  after(async () => {
    await engines.close();
  });
  const ask = (pods: readonly (PodShape & {readonly role?: string})[], metrics: object = {}): Promise<InFlight> => {
    const probe = createInFlightProbe({allowHostNetwork: false, timeoutMs: 1000}, {clock: new FakeClock(), log: createLog('silent')});
    const rolePods = pods.map(({role = 'prefill', ...shape}): RolePod => ({role, pod: aPod(shape)}));
    const rsg = anRsg({metrics: {engine: 'vllm', port: engines.port, ...metrics}});
    return probe(rsg, rolePods, new AbortController().signal);
  };
  const [one, two] = [
    {name: 'a', ip: IPS[0]},
    {name: 'b', ip: IPS[1], role: 'decode'},
  ];

  const ROWS: readonly [string, (ip: string) => Engine, Parameters<typeof ask>[0], InFlight][] = [
    ['are the waiting and running ones of all pods', () => busy, [one, two], {requests: 10}],
    ['are 0 in an idle group', () => ({waiting: 0, running: 0}), [one, two], {requests: 0}],
    ['are 0 without pods', () => busy, [], {requests: 0}],
    [
      'are none in a pod that has not started or has ended',
      () => busy,
      [one, {name: 'c', phase: 'Pending', ip: ''}, {name: 'd', phase: 'Failed'}],
      {requests: 5},
    ],
    ['may still be in a pod that is being deleted', () => busy, [{...one, deleted: true}], {requests: 5}],
    ['are not asked of pods without an engine', () => busy, [one, {name: 'r', role: 'router', ip: '127.64.77.9'}], {requests: 5}],
    [
      'are unknown when one pod does not answer',
      (ip) => (ip === IPS[1] ? {fault: 'garbage'} : busy),
      [one, two],
      {unknown: 'pod b: line 1 of its metrics: "<html><body>Not found</body></html>" is not a sample'},
    ],
    ['are unknown when a pod does not tell', () => ({waiting: 1}), [one], {unknown: 'pod a: its metrics have no running'}],
    [
      'are unknown of a pod on the host network',
      () => busy,
      [{...one, hostNetwork: true}],
      {unknown: 'pod a: it is on its host network, which is not scraped unless the adapter is started with --allow-host-network'},
    ],
  ];
  for (const [what, answer, pods, expected] of ROWS) {
    test(what, async () => {
      engines.answer = answer;
      assert.deepEqual(await ask(pods), expected);
    });
  }
  test('are unknown without an engine', async () => {
    assert.deepEqual(await ask([one], {engine: undefined}), {unknown: 'no role has an engine (spec.metrics.engine)'});
  });
  test('are unknown where Prometheus is the source and none is given', async () => {
    assert.deepEqual(await ask([one], {source: 'prometheus'}), {unknown: 'its source is prometheus, and no --prometheus-url is given'});
  });
});
