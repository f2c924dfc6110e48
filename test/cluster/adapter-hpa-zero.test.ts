/** A real HPA with `minReplicas: 0` on an RSG with a demand source: to zero, back at the first demand, and never to zero on a guess. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {registerApis, startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {llamaHpa} from '../support/llama-hpa.ts';
import {startSharedLoad, type SharedLoad} from '../support/shared-load.ts';
import {eventually, never} from '../support/wait.ts';
import {getRsg, pair, rsgOf, workload} from '../support/workloads.ts';

const SLOWLY = {timeoutMs: 90_000, intervalMs: 250};
/** Several syncs of the HPA, which are 2 s here, and more than a sample is fresh (3 s). */
const STAYS_MS = 8000;

describe('an HPA that may scale to zero', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let adapter: AdapterProcess;
  let load: SharedLoad;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    [controller, adapter, load] = await Promise.all([startController(cluster), startAdapter(cluster), startSharedLoad(cluster)]);
    await registerApis(cluster, adapter);
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), load.close()]);
    await cluster.stop();
  });

  const wanted = async (): Promise<number> => (await getRsg(cluster, 'llama')).spec.replicas;
  /** Requests that wait at the gateway, and what the groups hold, in groups. */
  const play = (demand: number, groups: number): void => {
    load.totals.set('gateway', {waiting: demand, kvUsage: 0});
    load.totals.set('prefill', {waiting: groups * 8, kvUsage: 0});
    load.totals.set('decode', {waiting: 0, kvUsage: 0});
  };

  test('at zero while nobody asks, back at the first demand, and held while it is not known whether anybody does', async () => {
    play(0, 0);
    await cluster.apply([...pair([1, 2]), workload({name: 'gateway', replicas: 1})]);
    const demand = {podSelector: {app: 'gateway'}, port: load.port, metric: 'vllm:num_requests_waiting'};
    await cluster.apply(rsgOf('llama', {metrics: {engine: 'vllm', port: load.port, demand}, scaleIn: {drain: {timeoutSeconds: 0}}}));
    await cluster.apply(llamaHpa(['demand', 'external'], {minReplicas: 0}));
    await eventually('no group is wanted', async () => (await wanted()) === 0, SLOWLY);
    await never('a group is wanted', async () => (await wanted()) > 0, STAYS_MS);

    play(20, 2.5);
    await eventually('ceil(2.5 / 0.7) groups are wanted', async () => (await wanted()) === 4, SLOWLY);
    await eventually('they are there', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === 4, SLOWLY);

    load.fault = () => 'refuse';
    play(0, 0);
    await never('fewer are wanted', async () => (await wanted()) < 4, STAYS_MS);
    load.fault = () => undefined;
    await eventually('no group is wanted again', async () => (await wanted()) === 0, SLOWLY);
    const parked = (await cluster.kubectlOk('get', 'deployment', 'prefill', '-o', 'jsonpath={.spec.replicas}')).trim();
    assert.equal(parked, '0');
  });
});
