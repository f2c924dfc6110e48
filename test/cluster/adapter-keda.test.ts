/**
 * The real KEDA on an RSG: over gRPC (`external`, `external-push`) and JSON (`metrics-api`), from zero, back, and while engines fail.
 * Numbers in names are those of the conformance checklist.
 */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {apiService, startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {kedaSkip, startKeda, type Keda} from '../support/keda.ts';
import {startSharedLoad, type SharedLoad} from '../support/shared-load.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, pair, rsgOf, workload} from '../support/workloads.ts';

const RSG = {apiVersion: 'resourcescalinggroup.com/v1', kind: 'ResourceScalingGroup', name: 'llama'};

/** With `metrics-api` an outage must be shorter than `cooldownPeriod`: see docs/guides/keda.md. */
function scaledObject(trigger: {type: string; metadata: object}, target: object = RSG): object {
  const at = {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]};
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: {name: 'llama', namespace: 'default'},
    spec: {
      scaleTargetRef: target,
      ...{pollingInterval: 1, cooldownPeriod: trigger.type === 'metrics-api' ? 25 : 2, minReplicaCount: 0, maxReplicaCount: 6},
      advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: at, scaleDown: at}}},
      triggers: [trigger],
    },
  };
}

describe('KEDA on the load of an RSG', {skip: controlPlaneSkip() || kedaSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let adapter: AdapterProcess;
  let load: SharedLoad;
  let keda: Keda;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    [keda, controller, adapter, load] = await Promise.all([
      startKeda(cluster),
      startController(cluster),
      startAdapter(cluster),
      startSharedLoad(cluster),
    ]);
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), load.close(), keda.stop()]);
    await cluster.stop();
  });
  afterEach(async () => {
    load.fault = () => undefined;
    load.totals.clear();
    await cluster.kubectl('delete', 'scaledobjects,rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });

  /** A gateway whose queue is the demand, and load on prefill in groups. */
  const traffic = (demand: number, groups: number): void => {
    load.totals.set('gateway', {waiting: demand, kvUsage: 0});
    load.totals.set('prefill', {waiting: groups * 8, kvUsage: 0});
    load.totals.set('decode', {waiting: 0, kvUsage: 0});
  };
  const bind = async (): Promise<void> => {
    traffic(0, 0);
    await cluster.apply([...pair([1, 2]), workload({name: 'gateway', replicas: 1})]);
    const demand = {podSelector: {app: 'gateway'}, port: load.port, metric: 'vllm:num_requests_waiting'};
    await cluster.apply(rsgOf('llama', {metrics: {engine: 'vllm', port: load.port, demand}, scaleIn: {drain: {timeoutSeconds: 0}}}));
    // An error may be inactive to KEDA, and a ScaledObject that was never active has no cooldown: see docs/guides/keda.md.
    for (const metric of ['rsg_demand', 'rsg_load']) {
      await eventually(`${metric} is known`, async () => (await fetch(value(metric))).status === 200);
    }
  };
  const value = (metric: string): string => `http://${adapter.httpAddress}/v1/namespaces/default/rsgs/llama/${metric}`;
  const groups = async (): Promise<number> => (await getRsg(cluster, 'llama')).spec.replicas;
  const becomes = (count: number, why: string): Promise<unknown> =>
    eventually(`${String(count)} groups ${why}`, async () => (await groups()) === count, {timeoutMs: 90_000});

  const external = {rsg: 'llama', metric: 'rsg_load', target: '0.7'};
  const triggers = {
    external: () => ({type: 'external', metadata: {scalerAddress: adapter.kedaAddress, ...external}}),
    'external-push': () => ({type: 'external-push', metadata: {scalerAddress: adapter.kedaAddress, ...external}}),
    'metrics-api': () => ({
      type: 'metrics-api',
      metadata: {url: value('rsg_demand'), valueLocation: 'value', targetValue: '5'},
    }),
  };

  for (const [type, trigger] of Object.entries(triggers)) {
    test(`30, 31, 32: ${type}: 1→0 without traffic, 0→N on demand, held while engines fail, and back to 0`, async () => {
      await bind();
      await cluster.apply(scaledObject(trigger()));
      await becomes(0, 'without traffic');
      // 2.5 / 0.7, or 20 / 5.
      traffic(20, 2.5);
      await becomes(4, 'on demand');
      await eventually('all are available', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === 4);
      load.fault = () => 'refuse';
      traffic(0, 0);
      await eventually('unknown', async () => (await fetch(value('rsg_demand'))).status === 503);
      const held = await groups();
      assert.ok(held > 1);
      const fewer = async (): Promise<string | undefined> => {
        const now = await groups();
        return now < held ? `from ${String(held)} to ${String(now)}` : undefined;
      };
      await never('a scale-in while nothing is known', fewer, 8000);
      load.fault = () => undefined;
      await becomes(0, 'when the traffic is over');
    });
  }

  test('external over TLS, with the CA that the adapter keeps in its Secret', async () => {
    await bind();
    const secure = await startAdapter(cluster, ['--keda-tls=true']);
    const ca = await cluster.kubectlOk('get', 'secret', 'rsg-metrics-adapter-tls', '-o', 'jsonpath={.data.ca\\.crt}');
    const secret = {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'rsg-ca', namespace: 'default'}, data: {'ca.crt': ca}};
    const authentication = {
      ...{apiVersion: 'keda.sh/v1alpha1', kind: 'TriggerAuthentication', metadata: {name: 'rsg', namespace: 'default'}},
      spec: {secretTargetRef: [{parameter: 'caCert', name: 'rsg-ca', key: 'ca.crt'}]},
    };
    await cluster.apply([secret, authentication]);
    const scalerAddress = secure.kedaAddress.replace('127.0.0.1', 'localhost');
    const trigger = {type: 'external', metadata: {scalerAddress, ...external}, authenticationRef: {name: 'rsg'}};
    traffic(20, 2.5);
    await cluster.apply(scaledObject(trigger));
    await becomes(4, 'on demand');
    await cluster.kubectlOk('delete', 'scaledobject', 'llama', '--timeout=60s');
    await secure.stop();
  });

  test('metrics-api with activationTargetValue -1: without traffic the last group stays, though minReplicaCount is 0', async () => {
    await bind();
    const trigger = triggers['metrics-api']();
    const metadata = {...trigger.metadata, url: value('rsg_load'), targetValue: '0.7', activationTargetValue: '-1'};
    await cluster.apply(scaledObject({...trigger, metadata}));
    await eventually('KEDA has its HPA', async () => (await cluster.kubectlOk('get', 'hpa', '-o', 'name')) !== '');
    await never('zero groups', async () => (await groups()) < 1, 10_000);
    traffic(20, 2.5);
    await becomes(4, 'under load');
  });

  test('29: a ScaledObject on a member is told as a conflict', async () => {
    await bind();
    const member = {apiVersion: 'apps/v1', kind: 'Deployment', name: 'prefill'};
    const metadata = {url: value('rsg_demand'), valueLocation: 'value', targetValue: '5'};
    await cluster.apply(scaledObject({type: 'metrics-api', metadata}, member));
    await eventually('a conflict', async () => conditionOf(await getRsg(cluster, 'llama'), 'AutoscalerConflict').startsWith('True'));
    const message = (await getRsg(cluster, 'llama')).status.conditions?.find(({type}) => type === 'AutoscalerConflict')?.message ?? '';
    assert.match(message, /prefill/u);
  });

  test('33: a pause of KEDA changes nothing on the RSG', async () => {
    await bind();
    traffic(20, 2.5);
    await cluster.apply(scaledObject(triggers.external()));
    await becomes(4, 'on demand');
    await cluster.kubectlOk('annotate', 'scaledobject', 'llama', 'autoscaling.keda.sh/paused=true');
    await eventually('the HPA is gone', async () => (await cluster.kubectlOk('get', 'hpa', '-o', 'name')) === '');
    traffic(0, 0);
    await never('a change', async () => (await groups()) !== 4, 5000);
  });

  test("22: KEDA's own APIService is left alone", async () => {
    const name = 'v1beta1.external.metrics.k8s.io';
    const before = await cluster.kubectlOk('get', 'apiservice', name, '-o', 'jsonpath={.spec.caBundle}{.spec.service.name}');
    // One of ours beside it makes the adapter write.
    await cluster.apply(apiService({group: 'custom.metrics.k8s.io', version: 'v1beta2', port: adapter.securePort}));
    const bundle = (): Promise<string> =>
      cluster.kubectlOk('get', 'apiservice', 'v1beta2.custom.metrics.k8s.io', '-o', 'jsonpath={.spec.caBundle}');
    await eventually('ours has a CA', async () => (await bundle()) !== '');
    assert.equal(await cluster.kubectlOk('get', 'apiservice', name, '-o', 'jsonpath={.spec.caBundle}{.spec.service.name}'), before);
    await cluster.kubectlOk('delete', 'apiservice', 'v1beta2.custom.metrics.k8s.io');
  });
});
