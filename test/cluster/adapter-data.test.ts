/** The adapter's data plane against real pods of a real control plane, whose engines one process plays. */
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, test} from 'node:test';
import {KubeConfig} from '@kubernetes/client-node';
import {createKubeClient, type KubeClient} from '../../src/kube/client.ts';
import {POD} from '../../src/kube/watches.ts';
import {createMetricSource, type Collector} from '../../src/metrics-adapter/collector.ts';
import {createInFlightProbe, type InFlight} from '../../src/metrics-adapter/in-flight.ts';
import type {MetricAnswer} from '../../src/metrics-adapter/query.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {createLog} from '../../src/runtime/log.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {startEngines, type Engine, type Engines} from '../support/engines.ts';
import {eventually, never} from '../support/wait.ts';
import {getRsg, items, pair, rsgOf, settledGroups, workload} from '../support/workloads.ts';

const INTERVAL_MS = 500;
const log = createLog('silent');

describe("the adapter's data plane", {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let engines: Engines;
  let client: KubeClient;
  let source: Collector;
  let stop: AbortController;
  let running: Promise<void>;
  let metrics: object;

  const startSource = (): void => {
    stop = new AbortController();
    const deps = {client, clock: systemClock, random: () => Math.random(), log};
    source = createMetricSource({scrapeIntervalMs: INTERVAL_MS, coverage: 0.8, allowHostNetwork: false}, deps);
    running = source.run(stop.signal);
  };
  const stopSource = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    controller = await startController(cluster);
    engines = await startEngines();
    metrics = {
      engine: 'vllm',
      port: engines.port,
      demand: {podSelector: {app: 'gateway'}, port: engines.port, metric: 'vllm:num_requests_waiting'},
    };
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    client = createKubeClient({config, requestTimeoutMs: 10_000, userAgent: 'rsg-metrics-adapter'}, {clock: systemClock});
    startSource();
    await cluster.apply([...pair(), workload({name: 'gateway', replicas: 2})]);
    await cluster.apply(rsgOf('llama', {replicas: 2, metrics}));
    await settledGroups(cluster, 'llama', 2);
  });
  after(async () => {
    await stopSource();
    client.close();
    await engines.close();
    await controller.stop();
    await cluster.stop();
  });

  const ask = (metric: string, more: object = {}): MetricAnswer => source.answer({namespace: 'default', rsg: 'llama', metric, ...more});
  const value = (metric: string, more: object = {}): number | undefined => {
    const answer = ask(metric, more);
    return answer.kind === 'value' ? Math.round(answer.value * 1000) / 1000 : undefined;
  };
  const error = (metric: string): string => {
    const answer = ask(metric);
    return answer.kind === 'error' ? answer.message : '';
  };
  /** What pods play, by the first part of their names; `known` is brought up to date by `pods`. */
  const known = new Map<string, string>();
  const pods = async (): Promise<void> => {
    for (const {metadata, status} of await items(cluster, 'pods')) known.set(String(status?.['podIP']), metadata.name);
  };
  const nameOf = (ip: string): string => known.get(ip) ?? '';
  const busy = (ip: string): Engine => {
    if (nameOf(ip).startsWith('prefill')) return {waiting: 8, running: 2, kvUsage: 0.1};
    return nameOf(ip).startsWith('decode') ? {waiting: 0, running: 10, kvUsage: 0.7} : {waiting: 0};
  };
  /** Once the numbers are as expected. */
  const settled = (expected: Readonly<Record<string, number | undefined>>): Promise<unknown> =>
    eventually(
      JSON.stringify(expected),
      async () => {
        await pods();
        return Object.entries(expected).every(([metric, number]) => value(metric) === number);
      },
      {timeoutMs: 20_000, intervalMs: 300},
    );

  beforeEach(async () => {
    await pods();
    engines.answer = busy;
    // Prefill: 2 pods × 8 waiting of 2 × 8; decode: 4 × 0.7 of 4 × 1; two groups.
    await settled({rsg_load: 2, rsg_kv_cache_usage: 0.5, rsg_running_requests: 88});
  });

  test('load is the sum over groups of the bottleneck role', () => {
    assert.equal(value('rsg_load', {role: 'decode'}), 1.4);
    assert.equal(value('rsg_utilization'), 1);
    assert.equal(value('rsg_queue_depth'), 32);
    assert.equal(value('rsg_running_requests', {role: 'decode', group: 'group1'}), 40);
    assert.equal(value('rsg_imbalance'), 0.7);
    const overview = source.overview('default', 'llama');
    assert.equal(overview?.bottleneck, 'prefill');
    assert.deepEqual(overview.missing, []);
    assert.deepEqual(source.rsgs(), [{namespace: 'default', name: 'llama'}]);
    assert.equal(source.notReady(), undefined);
  });

  for (const fault of ['refuse', 'silent', 'garbage', 'half-a-line', 'redirect', 'compressed', 'never-ends'] as const) {
    test(`half of the engines fail (${fault}): load becomes unknown and names pods, and is never another number`, async () => {
      engines.answer = (ip) => (nameOf(ip).includes('group1') ? {...busy(ip), fault} : busy(ip));
      await never('a number other than 2', () => Promise.resolve(![2, undefined].includes(value('rsg_load'))), 2500);
      await eventually('unknown', () => Promise.resolve(value('rsg_load') === undefined), {timeoutMs: 10_000});
      assert.match(error('rsg_load'), /of 4 Ready pods give no queue: prefill-group1-\S+ \(/u);
      assert.equal(source.overview('default', 'llama')?.missing.length, 6);
      assert.equal(source.active('default', 'llama'), true);
    });
  }

  test('one decode pod of eight fails: the others tell', async () => {
    engines.answer = (ip) => (nameOf(ip) === 'decode-0' ? {fault: 'refuse'} : busy(ip));
    await eventually('it is missed', () => Promise.resolve(source.overview('default', 'llama')?.missing.length === 1), {timeoutMs: 10_000});
    assert.equal(value('rsg_load', {role: 'decode'}), 1.4);
  });

  test('a restarted adapter says nothing until it has asked', async () => {
    await stopSource();
    startSource();
    await never('a number other than 2', () => Promise.resolve(![2, undefined].includes(value('rsg_load'))), 1500);
    await settled({rsg_load: 2});
  });

  test('rolling updates of every pod: load is never lower', async () => {
    // Addresses are used again by other pods, so here every pod plays the same.
    engines.answer = () => ({waiting: 8, running: 2, kvUsage: 0.7});
    await settled({rsg_queue_depth: 96});
    await cluster.kubectlOk('rollout', 'restart', 'deployment/prefill', 'deployment/prefill-group1', 'statefulset/decode');
    const rolled = cluster.kubectlOk('rollout', 'status', 'statefulset/decode', '--timeout=60s');
    await never('a lower number', () => Promise.resolve((value('rsg_load') ?? 2) < 2), 6000);
    await rolled;
    await settledGroups(cluster, 'llama', 2);
  });

  test('a failing decode pod under constant load: load is never lower', async () => {
    const failing = never('a lower number', () => Promise.resolve((value('rsg_load') ?? 2) < 2), 3000);
    await cluster.kubectlOk('delete', 'pod', 'decode-2', '--wait=false');
    await failing;
  });

  const inFlight = async (group: string): Promise<InFlight> => {
    const all = (await client.list({type: POD, namespace: 'default'})).items.filter(({metadata}) => metadata.name.includes(`-${group}-`));
    const probe = createInFlightProbe({allowHostNetwork: false, timeoutMs: 400}, {clock: systemClock, log});
    const rolePods = all.map((pod) => ({role: pod.metadata.name.startsWith('prefill') ? 'prefill' : 'decode', pod}));
    return probe(await getRsg(cluster, 'llama'), rolePods, new AbortController().signal);
  };

  test('requests in flight in a group are asked of just its pods, and unknown when one does not answer', async () => {
    assert.deepEqual(await inFlight('group1'), {requests: 2 * 10 + 4 * 10});
    engines.answer = (ip) => (nameOf(ip) === 'decode-group1-3' ? {fault: 'silent'} : busy(ip));
    assert.deepEqual(await inFlight('group1'), {unknown: 'pod decode-group1-3: no whole answer in 400 ms'});
  });

  test('demand in front of the groups, and what is active', async () => {
    assert.equal(value('rsg_demand'), 0);
    assert.equal(source.active('default', 'llama'), true);
    engines.answer = (ip) => (nameOf(ip).startsWith('gateway') ? {waiting: 3} : {waiting: 0, running: 0, kvUsage: 0});
    await settled({rsg_demand: 6, rsg_load: 0});
    assert.equal(source.active('default', 'llama'), true);
    engines.answer = () => ({waiting: 0, running: 0, kvUsage: 0});
    await settled({rsg_demand: 0, rsg_load: 0});
    await eventually('inactive', () => Promise.resolve(source.active('default', 'llama') === false));
    engines.answer = (ip) => (nameOf(ip).startsWith('gateway') ? {fault: 'refuse'} : {waiting: 0, running: 0, kvUsage: 0});
    await eventually('unknown', () => Promise.resolve(source.active('default', 'llama') === undefined), {timeoutMs: 10_000});
    assert.match(error('rsg_demand'), /metrics\.demand: \d of 2 pods give no answer/u);
  });

  test('a draining group counts until it ends; at 0 groups only demand is known', async () => {
    await cluster.kubectlOk(
      'patch',
      'rsg',
      'llama',
      '--type=merge',
      '-p',
      '{"spec":{"replicas":1,"scaleIn":{"drain":{"timeoutSeconds":6}}}}',
    );
    await eventually('draining', async () => (await getRsg(cluster, 'llama')).status.drainingReplicas === 1);
    await never(
      'a lower number while it drains',
      async () => {
        const draining = (await getRsg(cluster, 'llama')).status.drainingReplicas === 1;
        return draining && (value('rsg_load') ?? 2) < 2;
      },
      3000,
    );
    await settled({rsg_load: 1});
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=0');
    await eventually('unknown', () => Promise.resolve(value('rsg_load') === undefined), {timeoutMs: 30_000});
    await eventually('no group', () => Promise.resolve(error('rsg_load').startsWith('no group serves')));
    assert.equal(value('rsg_demand'), 0);
    assert.equal(value('rsg_groups'), 0);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settledGroups(cluster, 'llama', 2);
  });

  test('an RSG that is deleted is forgotten, and its pods are left alone', async () => {
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    await eventually('unknown', () => Promise.resolve(error('rsg_load').startsWith('there is no ResourceScalingGroup default/llama')));
    await eventually('no scrapes', async () => {
      const before = [...engines.scrapes.values()].reduce((sum, count) => sum + count, 0);
      await systemClock.sleep(2 * INTERVAL_MS);
      return [...engines.scrapes.values()].reduce((sum, count) => sum + count, 0) === before;
    });
  });
});
