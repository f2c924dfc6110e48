/**
 * Real HPAs on an RSG through the real aggregation layer: real adapter, real controller, engines played by one process. Numbers in names
 * are those of the conformance checklist.
 */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {z} from 'zod';
import {registerApis, startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {llamaHpa} from '../support/llama-hpa.ts';
import {startSharedLoad, type LoadedPod, type SharedLoad} from '../support/shared-load.ts';
import {eventually, never} from '../support/wait.ts';
import {getRsg, pair, rsgOf} from '../support/workloads.ts';

/** Load in groups; at 0.7 a group that is `GROUPS` groups. */
const LOAD = 2.5;
const GROUPS = 4;

const scaleSchema = z.object({spec: z.object({replicas: z.number()}), status: z.object({selector: z.string()})});
const hpaSchema = z.object({
  status: z
    .object({conditions: z.array(z.object({type: z.string(), status: z.string(), message: z.string()})).default([])})
    .default({conditions: []}),
});

describe('an HPA on the load of an RSG', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let adapter: AdapterProcess;
  let load: SharedLoad;
  before(async () => {
    cluster = await startControlPlane({audit: true});
    await installCrd(cluster);
    [controller, adapter, load] = await Promise.all([startController(cluster), startAdapter(cluster), startSharedLoad(cluster)]);
    await registerApis(cluster, adapter);
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), load.close()]);
    await cluster.stop();
  });
  afterEach(async () => {
    load.fault = () => undefined;
    await cluster.kubectl('delete', 'hpa,rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });

  const bind = async (ratio: readonly [number, number], replicas = 1): Promise<void> => {
    // Prefill is the bottleneck: its queue of 8 a pod is what a group takes.
    load.totals.set('prefill', {waiting: LOAD * 8 * ratio[0], kvUsage: 0});
    load.totals.set('decode', {waiting: 0, kvUsage: 0.5});
    await cluster.apply(pair(ratio));
    await cluster.apply(rsgOf('llama', {replicas, metrics: {engine: 'vllm', port: load.port}, scaleIn: {drain: {timeoutSeconds: 0}}}));
    await eventually('the load is known', async () => (await external()).status === 200);
  };
  const external = (): Promise<{status: number; body: string}> =>
    cluster.get('/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3Dllama');
  const groups = async (): Promise<number> => (await getRsg(cluster, 'llama')).spec.replicas;
  const settles = (): Promise<unknown> =>
    eventually(`${String(GROUPS)} groups`, async () => (await getRsg(cluster, 'llama')).status.availableReplicas === GROUPS);
  const scalingActive = async (): Promise<string> => {
    const {status} = hpaSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'hpa', 'llama', '-o', 'json')));
    const found = status.conditions.find(({type}) => type === 'ScalingActive');
    return `${found?.status ?? 'none'}: ${found?.message ?? ''}`;
  };
  const isActive = (): Promise<unknown> => eventually('the HPA has its metric', async () => (await scalingActive()).startsWith('True'));

  for (const ratio of [
    [1, 1],
    [2, 4],
    [3, 1],
  ] as const) {
    test(`27: External rsg_load 700m, groups of ${ratio.join(':')}: ceil(${String(LOAD)} / 0.7) groups, and stays`, async () => {
      await bind(ratio);
      await cluster.apply(llamaHpa('external'));
      await settles();
      await never('another number', async () => (await groups()) !== GROUPS, 5000);
    });
  }

  test('26: while nothing changes no sync of the HPA makes anybody write the RSG', async () => {
    await bind([1, 1]);
    await cluster.apply(llamaHpa('external'));
    await settles();
    await isActive();
    const writes = async (): Promise<number> =>
      (await cluster.auditWrites()).filter(({resource}) => resource === 'resourcescalinggroups').length;
    const before = await writes();
    await never('a write', async () => (await writes()) !== before, 8000);
  });

  test('23, 24, 25: the scale subresource, as HPAs and kubectl use it', async () => {
    await bind([1, 1]);
    const path = '/apis/resourcescalinggroup.com/v1/namespaces/default/resourcescalinggroups/llama/scale';
    const {body} = await cluster.get(path);
    const stale = scaleSchema.parse(JSON.parse(body));
    assert.deepEqual([stale.spec.replicas, stale.status.selector], [1, 'resourcescalinggroup.com/representative=llama']);
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":2}}');
    const refused = await cluster.kubectlWith(body, 'replace', '--raw', path, '-f', '-');
    assert.match(refused.stderr, /the object has been modified/u);
    const scale = ['scale', 'rsg', 'llama', '--timeout=60s'];
    assert.notEqual((await cluster.kubectl(...scale, '--replicas=3', '--current-replicas=7')).code, 0);
    await cluster.kubectlOk(...scale, '--replicas=1', '--current-replicas=2');
    await cluster.kubectlOk(...scale, '--replicas=2');
    assert.equal((await getRsg(cluster, 'llama')).status.replicas, 2);
  });

  test('8, 27: the same with an Object metric on the RSG', async () => {
    await bind([2, 4]);
    await cluster.apply(llamaHpa('object'));
    await settles();
    await never('another number', async () => (await groups()) !== GROUPS, 5000);
  });

  test('28: the same with Value on rsg_utilization, since the selector matches one pod per group', async () => {
    await bind([2, 4]);
    await cluster.apply(llamaHpa('value'));
    await settles();
    await never('another number', async () => (await groups()) !== GROUPS, 5000);
  });

  const faults: Readonly<Record<string, SharedLoad['fault']>> = {
    'all engines refuse': () => 'refuse',
    'all engines answer garbage': () => 'garbage',
    'no scrape ever ends': () => 'never-ends',
    'half of the engines refuse': ({ip}: LoadedPod) => (Number(ip.split('.')[3]) % 2 === 0 ? 'refuse' : undefined),
  };

  test(`11: ${Object.keys(faults).join('; ')}; the adapter is gone: each time ScalingActive is False and nothing scales in`, async () => {
    await bind([2, 4], GROUPS);
    await cluster.apply(llamaHpa('external'));
    await settles();
    await isActive();
    // What the engines would say now is a reason to scale in.
    load.totals.set('prefill', {waiting: 0, kvUsage: 0});
    load.totals.set('decode', {waiting: 0, kvUsage: 0});
    load.fault = () => 'refuse';
    for (const [what, fault] of Object.entries(faults)) {
      load.fault = fault;
      await eventually(`${what}: inactive`, async () => (await scalingActive()).startsWith('False: the HPA was unable to compute'));
      await never(`${what}: a scale-in`, async () => (await groups()) !== GROUPS, 4000);
    }
    const {status, body} = await external();
    assert.equal(status, 503);
    assert.match(body, /prefill|decode/u);
    await adapter.kill();
    await eventually('without an adapter: inactive', async () => (await scalingActive()).startsWith('False'));
    await never('without an adapter: a scale-in', async () => (await groups()) !== GROUPS, 3000);
    load.fault = () => undefined;
    load.totals.set('prefill', {waiting: LOAD * 8 * 2, kvUsage: 0});
    await adapter.start();
    await isActive();
    await never('after a restart: another number', async () => (await groups()) !== GROUPS, 4000);
  });
});
