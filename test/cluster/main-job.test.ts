/** The main job on a real control plane, as a user does it: kubectl, the RFC's example, scale up and down again. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {RFC_EXAMPLE} from '../support/rfc-example.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, replicas, workload, type Item} from '../support/workloads.ts';

/** What must not change about originals and what is theirs. */
function standing(item: Item): object {
  return {name: item.metadata.name, uid: item.metadata.uid, generation: item.metadata.generation};
}

describe("the RFC's example, scaled 1 → 3 → 1", {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let before1: object[];
  const originals = async (): Promise<object[]> =>
    (await items(cluster, 'deployments,replicasets,pods', '-l', 'original=yes')).map(standing);

  before(async () => {
    cluster = await startControlPlane({audit: true});
    await installCrd(cluster);
    const labels = (app: string): {app: string; original: string} => ({app, original: 'yes'});
    for (const [name, count] of [
      ['prefill', 2],
      ['decode', 4],
    ] as const) {
      const plain = workload({name, replicas: count, labels: labels(name)});
      await cluster.apply(plain);
      await cluster.kubectlOk('label', 'deployment', name, 'original=yes');
    }
    await cluster.kubectlOk('wait', '--for=condition=Available', 'deployment/prefill', 'deployment/decode', '--timeout=60s');
    before1 = await originals();
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });

  test('binding changes no generation, ReplicaSet or pod', async () => {
    await cluster.apply(RFC_EXAMPLE);
    await eventually('bound', async () => (await getRsg(cluster, 'rsg')).status.availableReplicas === 1);
    assert.deepEqual(await originals(), before1);
    assert.equal(conditionOf(await getRsg(cluster, 'rsg'), 'TargetsBound'), 'True Bound');
  });

  test('kubectl scale to 3 makes two groups in the same ratio, and originals stay as they were', async () => {
    await cluster.kubectlOk('scale', 'rsg', 'rsg', '--replicas=3', '--timeout=60s');
    assert.deepEqual(await replicas(cluster), {
      decode: 4,
      'decode-group1': 4,
      'decode-group2': 4,
      prefill: 2,
      'prefill-group1': 2,
      'prefill-group2': 2,
    });
    await eventually('all groups are available', async () => (await getRsg(cluster, 'rsg')).status.availableReplicas === 3);
    const clones = await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/group=group2');
    assert.equal(clones.length, 6);
    const kept = (await originals()).filter((one) => before1.some((was) => JSON.stringify(was) === JSON.stringify(one)));
    assert.deepEqual(kept, before1);
  });

  test('one Ready pod per group carries the label that /scale selects by', async () => {
    const selector = (await getRsg(cluster, 'rsg')).status.selector ?? '';
    const labelled = await eventually('three labelled pods', async () => {
      const pods = await items(cluster, 'pods', '-l', selector);
      return pods.length === 3 && pods;
    });
    const groups = labelled.map((pod) => pod.metadata.labels['resourcescalinggroup.com/group'] ?? 'originals').sort();
    assert.deepEqual(groups, ['group1', 'group2', 'originals']);
  });

  test('kubectl scale to 1 removes the listed group first: the originals are parked, the newest clone goes', async () => {
    await cluster.kubectlOk('scale', 'rsg', 'rsg', '--replicas=1', '--timeout=60s');
    await eventually('one group is left', async () => {
      const left = await replicas(cluster);
      assert.deepEqual(left, {decode: 0, 'decode-group1': 4, prefill: 0, 'prefill-group1': 2});
      return true;
    });
    const rsg = await getRsg(cluster, 'rsg');
    assert.equal(rsg.status.replicas, 1);
    assert.deepEqual(rsg.status.history?.at(-1)?.removed, ['group0', 'group2']);
  });

  test('scaled up again the originals come back first, and a removed ID does not', async () => {
    await cluster.kubectlOk('scale', 'rsg', 'rsg', '--replicas=3', '--timeout=60s');
    assert.deepEqual(Object.keys(await replicas(cluster)), [
      'decode',
      'decode-group1',
      'decode-group3',
      'prefill',
      'prefill-group1',
      'prefill-group3',
    ]);
  });

  test('a steady state writes nothing', async () => {
    await eventually('settled', async () => {
      const {status} = await getRsg(cluster, 'rsg');
      return status.availableReplicas === 3 && status.terminatingReplicas === 0;
    });
    const ours = async (): Promise<number> => (await cluster.auditWrites()).filter((write) => write.userAgent.startsWith('rsg-')).length;
    await eventually('quiet', async () => {
      const count = await ours();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return (await ours()) === count;
    });
    const count = await ours();
    assert.ok(count > 0);
    await never('a write', async () => ((await ours()) === count ? undefined : (await cluster.auditWrites()).at(-1)), 60_000);
  });

  test('deleting the RSG takes the clones and leaves the originals, released', async () => {
    await cluster.kubectlOk('delete', 'rsg', 'rsg', '--timeout=60s');
    assert.deepEqual(await replicas(cluster), {decode: 4, prefill: 2});
    for (const {metadata} of await items(cluster, 'deployments,pods')) {
      const left = [...Object.keys(metadata.annotations), ...Object.keys(metadata.labels)].filter((key) =>
        key.startsWith('resourcescalinggroup.com/'),
      );
      if (metadata.labels['resourcescalinggroup.com/group'] === undefined) assert.deepEqual(left, [], metadata.name);
    }
  });
});
