/** The manifests in `examples`, applied as they stand: taken strictly, bound, and serving. */
import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {stubCrd} from '../support/crd-stubs.ts';
import {eventually} from '../support/wait.ts';
import {conditionOf, getRsg} from '../support/workloads.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
/** The RSG of each example and the groups that it asks for. */
const RSGS: Readonly<Record<string, readonly [string, number]>> = {
  'vllm-hpa': ['llama', 1],
  'sglang-keda': ['qwen', 1],
  'statefulset-pair': ['pair', 2],
  'scale-to-zero': ['nightly', 1],
  gitops: ['managed', 1],
};

describe('examples', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    await cluster.apply([stubCrd('keda.sh', 'v1alpha1', 'ScaledObject'), stubCrd('argoproj.io', 'v1alpha1', 'Application')]);
    // Nothing here provisions volumes.
    await cluster.apply(['a', 'b', 'c'].map(volume));
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });

  test('each is listed here', () => {
    assert.deepEqual(readdirSync(EXAMPLES).sort(), Object.keys(RSGS).sort());
  });

  for (const [folder, [name, groups]] of Object.entries(RSGS)) {
    test(`${folder} is taken as it stands and serves`, async () => {
      await cluster.kubectlOk('create', 'namespace', folder);
      const files = readdirSync(join(EXAMPLES, folder)).filter((file) => file.endsWith('.yaml'));
      assert.ok(existsSync(join(EXAMPLES, folder, 'workloads.yaml')));
      await eventually('every kind is served', async () => {
        const applied = await cluster.kubectl(
          'apply',
          '--validate=strict',
          '-n',
          folder,
          ...files.flatMap((file) => ['-f', join(EXAMPLES, folder, file)]),
        );
        assert.equal(applied.code, 0, applied.stderr);
        return true;
      });
      await eventually('its groups are available', async () => {
        const rsg = await getRsg(cluster, name, folder);
        return conditionOf(rsg, 'TargetsBound') === 'True Bound' && rsg.status.availableReplicas === groups;
      });
      assert.equal(conditionOf(await getRsg(cluster, name, folder), 'AutoscalerConflict'), 'False NoConflict');
    });
  }
});

function volume(name: string): object {
  const spec = {capacity: {storage: '100Gi'}, accessModes: ['ReadWriteOnce'], hostPath: {path: `/volumes/${name}`}};
  return {apiVersion: 'v1', kind: 'PersistentVolume', metadata: {name}, spec};
}
