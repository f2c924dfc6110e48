/** A quota on pods refuses no workload but its pods. Each kind has a control plane of its own, so that no usage of another test counts. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually} from '../support/wait.ts';
import {getRsg, replicas, rsgOf, workload} from '../support/workloads.ts';

const quota = (pods: number): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: {name: 'few', namespace: 'default'},
  spec: {hard: {pods: String(pods)}},
});

for (const kind of ['Deployment', 'StatefulSet'] as const) {
  describe(`a quota on the pods of a ${kind}`, {skip: controlPlaneSkip()}, () => {
    let cluster: ControlPlane;
    let controller: ControllerProcess;
    before(async () => {
      cluster = await startControlPlane();
      await installCrd(cluster);
      controller = await startController(cluster);
    });
    after(async () => {
      await controller.stop();
      await cluster.stop();
    });
    const available = (groups: number): Promise<unknown> =>
      eventually(`${String(groups)} available groups`, async () => (await getRsg(cluster, 'llama')).status.availableReplicas === groups);

    test('the group is taken back, with the reason, and let through when there is room', async () => {
      await cluster.apply([workload({name: 'engine', kind, replicas: 2}), quota(3)]);
      await cluster.apply(rsgOf('llama', {group: {targetResources: [{name: 'engine', kind, version: 'apps/v1'}]}}));
      await available(1);
      await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
      const message = await eventually('refused', async () => {
        const found = (await getRsg(cluster, 'llama')).status.conditions?.find(({type}) => type === 'Progressing');
        return found?.reason === 'CreateRefused' && found.message;
      });
      assert.match(message, /group1: .*exceeded quota: few/u);
      await cluster.apply(quota(10));
      await available(2);
      assert.deepEqual(await replicas(cluster), {engine: 2, 'engine-group1': 2});
    });
  });
}
