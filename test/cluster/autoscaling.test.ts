/**
 * Real HPAs on an RSG: their arithmetic comes out in groups, whatever the ratio inside a group; and HPAs on members do no harm. Numbers in
 * names are those of the conformance checklist.
 */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {serveMetricsApis, type MetricsApis} from '../support/metrics-apis.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf} from '../support/workloads.ts';

/** Load 300 at 100 per group. */
const TOTAL = 300;
const TARGET = 100;
const GROUPS = 3;

const METRICS: readonly (readonly [string, object])[] = [
  [
    'External, AverageValue',
    {type: 'External', external: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: String(TARGET)}}},
  ],
  ['External, Value', {type: 'External', external: {metric: {name: 'load'}, target: {type: 'Value', value: String(TARGET)}}}],
  ['Pods, AverageValue', {type: 'Pods', pods: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: String(TARGET)}}}],
  ['Resource, AverageValue', {type: 'Resource', resource: {name: 'cpu', target: {type: 'AverageValue', averageValue: String(TARGET)}}}],
  ['Resource, Utilization', {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: TARGET * 100}}}],
];

function hpa(name: string, target: object, metric: object, maxReplicas = 20): object {
  const up = {scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 100, periodSeconds: 1}]}};
  const spec = {scaleTargetRef: target, minReplicas: 1, maxReplicas, metrics: [metric], behavior: up};
  return {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {name, namespace: 'default'}, spec};
}
const RSG = {apiVersion: 'resourcescalinggroup.com/v1', kind: 'ResourceScalingGroup', name: 'llama'};

describe('autoscaling', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let metrics: MetricsApis;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    controller = await startController(cluster);
    metrics = await serveMetricsApis(cluster);
  });
  after(async () => {
    await controller.stop();
    await metrics.close();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'hpa,rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });
  const labelled = async (): Promise<string[]> => {
    const pods = await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/representative=llama');
    return pods.map((pod) => pod.metadata.labels['resourcescalinggroup.com/group'] ?? 'group0').sort();
  };

  for (const ratio of [
    [1, 1],
    [2, 4],
  ] as const) {
    for (const [name, metric] of METRICS) {
      test(`${name}, groups of ${ratio.join(':')}: ${String(TOTAL)} at ${String(TARGET)} per group is ${String(GROUPS)} groups, and stays`, async () => {
        const perGroup = async (): Promise<number> => TOTAL / Math.max(1, (await labelled()).length);
        metrics.perPod = perGroup;
        metrics.external = name === 'External, Value' ? perGroup : () => Promise.resolve(TOTAL);
        await cluster.apply(pair(ratio));
        await cluster.apply(rsgOf('llama'));
        await eventually('one group', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === 1);
        await cluster.apply(hpa('llama', RSG, metric));
        await eventually('three groups', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === GROUPS, {
          timeoutMs: 60_000,
        });
        await never('another number', async () => (await getRsg(cluster, 'llama')).spec.replicas !== GROUPS, 7000);
        assert.deepEqual(await labelled(), ['group0', 'group1', 'group2']);
      });
    }
  }

  test('the label moves to a Ready pod when its pod goes, and there is never more than one per group', async () => {
    await cluster.apply(pair());
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await eventually('both groups are labelled', async () => (await labelled()).length === 2);
    for (let turn = 0; turn < 3; turn += 1) {
      const [pod] = await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/representative=llama');
      await cluster.kubectlOk('delete', 'pod', pod?.metadata.name ?? '', '--wait=false');
      await eventually('a successor', async () => {
        const now = await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/representative=llama');
        return now.length === 2 && !now.some((one) => one.metadata.uid === pod?.metadata.uid);
      });
    }
    await cluster.kubectlOk('rollout', 'restart', 'deployment/prefill');
    await cluster.kubectlOk('rollout', 'status', 'deployment/prefill', '--timeout=60s');
    await eventually('one per group', async () => JSON.stringify(await labelled()) === '["group0","group1"]');
  });

  test('29: an HPA on an original is named, multiplies nothing, and both HPAs keep working', async () => {
    metrics.external = () => Promise.resolve(120);
    metrics.perPod = () => Promise.resolve(120);
    await cluster.apply(pair());
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await eventually('two groups', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === 2);
    const external = {type: 'External', external: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: '30'}}};
    const pods = {type: 'Pods', pods: {metric: {name: 'load'}, target: {type: 'AverageValue', averageValue: '100'}}};
    await cluster.apply(hpa('member', {apiVersion: 'apps/v1', kind: 'Deployment', name: 'prefill'}, pods, 12));
    await eventually('named', async () => {
      const found = (await getRsg(cluster, 'llama')).status.conditions?.find(({type}) => type === 'AutoscalerConflict');
      return found?.status === 'True' && found.message.includes('HorizontalPodAutoscaler member targets Deployment/prefill');
    });
    await cluster.apply(hpa('llama', RSG, external));
    await eventually('four groups are wanted', async () => (await getRsg(cluster, 'llama')).spec.replicas === 4);
    await eventually('the member is at its maximum', async () => (await replicas(cluster))['prefill'] === 12, {timeoutMs: 60_000});
    await never(
      'a multiplication',
      async () => {
        const all = await replicas(cluster);
        return Object.keys(all).length !== 4 || all['prefill-group1'] !== 2 || all['decode-group1'] !== 4;
      },
      5000,
    );
    const active = await cluster.kubectlOk('get', 'hpa', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="ScalingActive")].status}');
    assert.equal(active, 'True True');
    assert.match((await getRsg(cluster, 'llama')).status.plan?.summary ?? '', /create nothing: another autoscaler/u);

    await cluster.kubectlOk('delete', 'hpa', 'member');
    await eventually('no conflict', async () => conditionOf(await getRsg(cluster, 'llama'), 'AutoscalerConflict') === 'False NoConflict');
  });
});
