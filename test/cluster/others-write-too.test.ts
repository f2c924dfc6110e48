/** What else writes to the same workloads (webhooks, Helm-like tools that prune by labels) is neither fought nor caught in a loop. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {startMutatingWebhook} from '../support/mutating-webhook.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

describe('others write to the same workloads', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane({audit: true});
    await installCrd(cluster);
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });
  const ourWrites = async (): Promise<number> => (await cluster.auditWrites()).filter((one) => one.userAgent.startsWith('rsg-')).length;
  const inSync = (): Promise<unknown> =>
    eventually('in sync', async () => conditionOf(await getRsg(cluster, 'llama'), 'Synced') === 'True InSync');
  const quiet = async (): Promise<void> => {
    const before = await ourWrites();
    await never('a write', async () => ((await ourWrites()) === before ? undefined : (await cluster.auditWrites()).at(-1)), 5000);
  };
  const generations = async (): Promise<(number | undefined)[]> =>
    (await items(cluster, 'deployments,statefulsets', '-l', 'resourcescalinggroup.com/group')).map(({metadata}) => metadata.generation);

  test('a webhook that adds a sidecar and a label to every workload: no second write, no loop, no drift event', async () => {
    await cluster.apply(pair([1, 2]));
    const stop = await startMutatingWebhook(cluster);
    try {
      await cluster.apply(rsgOf('llama', {replicas: 3}));
      await settledGroups(cluster, 'llama', 3);
      await inSync();
      assert.deepEqual([...new Set(await generations())], [1]);
      await quiet();
      await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
      await settledGroups(cluster, 'llama', 3);
      await inSync();
      const texts = await cluster.kubectlOk(
        'get',
        'deployments',
        '-o',
        'jsonpath={range .items[*]}{.spec.template.spec.containers[*].image}{"\\n"}{end}',
      );
      assert.deepEqual([...new Set(texts.trim().split('\n'))], ['engine:2 mesh']);
      await quiet();
      assert.equal((await cluster.kubectlOk('get', 'events', '--field-selector=reason=DriftReverted', '-o', 'name')).trim(), '');
    } finally {
      await stop();
    }
  });

  test('a tool that prunes what carries its label finds nothing of ours, and its next apply reaches the clones', async () => {
    const tracking = {'app.kubernetes.io/instance': 'llm', 'app.kubernetes.io/managed-by': 'Helm'};
    const tracked = (image: string): object[] =>
      [workload({name: 'prefill', replicas: 1}), workload({name: 'decode', kind: 'StatefulSet', replicas: 2})].map((one) => {
        const text = JSON.stringify(one).replace('"image":"engine"', `"image":"${image}"`);
        const object: unknown = JSON.parse(text, (key, value: unknown) =>
          key === 'metadata' && typeof value === 'object' && value !== null && 'namespace' in value
            ? {...value, labels: tracking, annotations: {'meta.helm.sh/release-name': 'llm'}}
            : value,
        );
        return object as object;
      });
    await cluster.apply(tracked('engine'));
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await settledGroups(cluster, 'llama', 2);
    const pruned = await cluster.kubectlOk(
      'delete',
      'deployments,statefulsets',
      '-l',
      'app.kubernetes.io/instance=llm',
      '--dry-run=server',
      '-o',
      'name',
    );
    assert.deepEqual(pruned.trim().split('\n').sort(), ['deployment.apps/prefill', 'statefulset.apps/decode']);
    await cluster.apply(tracked('engine:2'));
    await eventually('followed', async () => {
      const images = await cluster.kubectlOk(
        'get',
        'deployments,statefulsets',
        '-o',
        'jsonpath={.items[*].spec.template.spec.containers[0].image}',
      );
      return images === 'engine:2 engine:2 engine:2 engine:2';
    });
    await inSync();
    assert.deepEqual(await replicas(cluster), {decode: 2, 'decode-group1': 2, prefill: 1, 'prefill-group1': 1});
    await quiet();
  });

  test('fifty RSGs in sync: a controller started anew writes nothing', async () => {
    const fifty = Array.from({length: 50}, (_, at) => `one${String(at)}`);
    await cluster.apply(fifty.map((name) => workload({name, replicas: 1})));
    const group = (name: string): object => ({targetResources: [{name, kind: 'deployment', version: 'apps/v1'}]});
    await cluster.apply(fifty.map((name) => rsgOf(name, {replicas: 2, group: group(name)})));
    await eventually(
      'all are in sync',
      async () => {
        const text = await cluster.kubectlOk(
          'get',
          'rsg',
          '-o',
          'jsonpath={range .items[*]}{.status.availableReplicas} {.status.conditions[?(@.type=="Synced")].status}{"\\n"}{end}',
        );
        return text.split('\n').filter((line) => line === '2 True').length === 50;
      },
      {timeoutMs: 90_000},
    );
    await quiet();
    await controller.kill();
    const before = await ourWrites();
    await controller.start();
    await never('a write', async () => ((await ourWrites()) === before ? undefined : (await cluster.auditWrites()).at(-1)), 8000);
  });
});
