/** Targets in other namespaces: no owner reference reaches them, so nothing but the finalizer cleans up. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually} from '../support/wait.ts';
import {conditionOf, getRsg, items, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

describe('targets in another namespace', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    for (const name of ['serving', 'closed']) await cluster.kubectlOk('create', 'namespace', name);
    controller = await startController(cluster, ['--allow-cross-namespace=serving']);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments', '--all', '--all-namespaces', '--cascade=foreground', '--timeout=60s');
  });

  const prefill = {name: 'prefill', kind: 'deployment', version: 'apps/v1'};
  const decodeIn = (namespace: string): object => ({name: 'decode', kind: 'deployment', version: 'apps/v1', namespace});
  const apart = (spec: object = {}, namespace = 'serving'): object =>
    rsgOf('llama', {replicas: 3, group: {targetResources: [prefill, decodeIn(namespace)]}, ...spec});
  const apply = async (rsg: object, namespace = 'serving'): Promise<void> => {
    await cluster.apply([workload({name: 'prefill', replicas: 1}), workload({name: 'decode', replicas: 2, namespace})]);
    await cluster.apply(rsg);
  };

  test('members live where their originals do; scaling and deletion reach them all', async () => {
    await apply(apart());
    await settledGroups(cluster, 'llama', 3);
    assert.deepEqual(await replicas(cluster), {prefill: 1, 'prefill-group1': 1, 'prefill-group2': 1});
    assert.deepEqual(await replicas(cluster, '-n', 'serving'), {decode: 2, 'decode-group1': 2, 'decode-group2': 2});
    for (const {metadata} of await items(cluster, 'deployments', '-n', 'serving')) assert.equal(metadata['ownerReferences'], undefined);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settledGroups(cluster, 'llama', 2);
    assert.deepEqual(Object.keys(await replicas(cluster, '-n', 'serving')), ['decode', 'decode-group1']);
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    assert.deepEqual([await replicas(cluster), await replicas(cluster, '-n', 'serving')], [{prefill: 1}, {decode: 2}]);
    const [decode] = await items(cluster, 'deployments', '-n', 'serving');
    assert.equal(decode?.metadata.labels['resourcescalinggroup.com/claimed-by'], undefined);
  });

  test('deletionPolicy Orphan keeps the clones that are in other namespaces, and only those', async () => {
    await apply(apart({deletionPolicy: 'Orphan'}));
    await settledGroups(cluster, 'llama', 3);
    const pods = async (): Promise<string[]> => (await items(cluster, 'pods', '-n', 'serving')).map(({metadata}) => metadata.uid).sort();
    const before = await pods();
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    assert.deepEqual(await replicas(cluster), {prefill: 1});
    assert.deepEqual(await replicas(cluster, '-n', 'serving'), {decode: 2, 'decode-group1': 2, 'decode-group2': 2});
    assert.deepEqual(await pods(), before);
  });

  test('a namespace that is not on the list is named, and nothing is made anywhere', async () => {
    await apply(apart({}, 'closed'), 'closed');
    await eventually('refused', async () => conditionOf(await getRsg(cluster, 'llama'), 'TargetsBound') === 'False NamespaceNotAllowed');
    assert.deepEqual([await replicas(cluster), await replicas(cluster, '-n', 'closed')], [{prefill: 1}, {decode: 2}]);
  });

  test('a target namespace that is deleted does not hold up the deletion of the RSG', async () => {
    await cluster.kubectlOk('create', 'namespace', 'brief');
    await controller.stop();
    controller = await startController(cluster, ['--allow-cross-namespace=serving,brief']);
    await apply(apart({}, 'brief'), 'brief');
    await settledGroups(cluster, 'llama', 3);
    await cluster.kubectlOk('delete', 'namespace', 'brief', '--timeout=60s');
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    assert.deepEqual(await replicas(cluster), {prefill: 1});
  });
});
