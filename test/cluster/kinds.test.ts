/** Kinds beyond Deployment and StatefulSet on a real API server, their controllers played by the test: bind, scale, park, drain, represent. */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, afterEach, before, describe, test} from 'node:test';
import {stringify} from 'yaml';
import {z} from 'zod';
import type {TargetKind} from '../support/chart-rights.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {rsg} from '../support/cli.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {startKindController, type KindController} from '../support/kind-controller.ts';
import {FLEET_CRD, FLEET_DECLARATION, LEADER_WORKER_SET_CRD, ROLE_BASED_GROUP_CRD} from '../support/kind-crds.ts';
import {leaderWorkerSet, roleBasedGroup} from '../support/kinds.ts';
import {eventually} from '../support/wait.ts';
import {conditionOf, getRsg, items, settledGroups} from '../support/workloads.ts';

const planSchema = z.object({created: z.array(z.string())});
const {kind, group, ...declaration} = FLEET_DECLARATION;
const TARGET_KINDS: readonly TargetKind[] = [
  {kind: 'Deployment', group: 'apps', resource: 'deployments'},
  {
    kind: 'LeaderWorkerSet',
    group: 'leaderworkerset.x-k8s.io',
    resource: 'leaderworkersets',
    owns: [{group: 'apps', resource: 'statefulsets'}],
  },
  {kind: 'RoleBasedGroup', group: 'workloads.x-k8s.io', resource: 'rolebasedgroups'},
  {kind, group, resource: 'fleets', declaration},
];

describe('kinds', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let kinds: KindController;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane({podCidr: '10.64.0.0/12'});
    await installCrd(cluster);
    await cluster.apply([LEADER_WORKER_SET_CRD, ROLE_BASED_GROUP_CRD, FLEET_CRD]);
    const served = ['leaderworkersets.leaderworkerset.x-k8s.io', 'rolebasedgroups.workloads.x-k8s.io', 'fleets.fleets.example.com'];
    await cluster.kubectlOk('wait', '--for=condition=Established', ...served.map((name) => `crd/${name}`), '--timeout=30s');
    const file = join(cluster.directory, 'kinds.yaml');
    await writeFile(file, stringify({kinds: [FLEET_DECLARATION]}));
    kinds = startKindController(cluster);
    const allowed = '--target-kinds=Deployment.apps,LeaderWorkerSet.leaderworkerset.x-k8s.io,RoleBasedGroup.workloads.x-k8s.io';
    controller = await startController(cluster, [allowed, `--kind-declarations=${file}`], {targetKinds: TARGET_KINDS});
  });
  after(async () => {
    await controller.stop();
    await kinds.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'leaderworkersets,rolebasedgroups,fleets', '--all', '--timeout=60s');
    await eventually('no pods are left', async () => (await items(cluster, 'pods')).length === 0, {timeoutMs: 60_000});
  });

  const rsgOf = (target: object, spec: object = {}): object => ({
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name: 'llama', namespace: 'default'},
    spec: {replicas: 1, group: {targetResources: [target]}, ...spec},
  });
  const scale = (groups: number): Promise<string> =>
    cluster.kubectlOk('scale', 'rsg', 'llama', `--replicas=${String(groups)}`, '--timeout=60s');
  const names = async (kind: string): Promise<string[]> =>
    (await items(cluster, kind))
      .filter(({metadata}) => metadata.deletionTimestamp === undefined)
      .map(({metadata}) => metadata.name)
      .sort();
  const representatives = async (): Promise<string[]> =>
    (await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/representative=llama')).map(({metadata}) => metadata.name).sort();
  const at = (kind: string, name: string, path: string): Promise<string> =>
    cluster.kubectlOk('get', kind, name, '-o', `jsonpath={${path}}`);

  test('a LeaderWorkerSet: groups, one leader to stand for each, drained by taking leaders and workers out of Services, parked and back', async () => {
    await cluster.apply([
      leaderWorkerSet('decode', 1),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {name: 'leaders', namespace: 'default'},
        spec: {selector: {app: 'decode', 'leaderworkerset.sigs.k8s.io/worker-index': '0'}, ports: [{port: 80}]},
      },
    ]);
    const before = await at('leaderworkerset', 'decode', '.metadata.generation');
    await cluster.apply(
      rsgOf(
        {name: 'decode', kind: 'leaderworkerset', version: 'leaderworkerset.x-k8s.io/v1'},
        {scaleIn: {drain: {timeoutSeconds: 5}}, scalingGroupTask: {sortedGroupList: ['group0']}},
      ),
    );
    await settledGroups(cluster, 'llama', 1);
    assert.equal(await at('leaderworkerset', 'decode', '.metadata.generation'), before, 'binding changed the original');
    await scale(3);
    await settledGroups(cluster, 'llama', 3);
    assert.deepEqual(await names('leaderworkersets'), ['decode', 'decode-group1', 'decode-group2']);
    assert.equal((await items(cluster, 'pods')).length, 9);
    assert.deepEqual(await representatives(), ['decode-0', 'decode-group1-0', 'decode-group2-0']);

    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"replicas":1}}');
    const inService = async (): Promise<string> =>
      await cluster.kubectlOk('get', 'endpointslices', '-l', 'kubernetes.io/service-name=leaders', '-o', 'jsonpath={..targetRef.name}');
    await eventually('drained leaders are out of the Service', async () => !(await inService()).includes('decode-group2-0'), {
      timeoutMs: 4500,
    });
    await settledGroups(cluster, 'llama', 1);
    await eventually('parked', async () => (await at('leaderworkerset', 'decode', '.spec.replicas')) === '0');
    assert.deepEqual(await names('leaderworkersets'), ['decode', 'decode-group1']);
    assert.deepEqual(await representatives(), ['decode-group1-0']);
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    assert.equal(await at('leaderworkerset', 'decode', '.spec.replicas'), '1');
    assert.deepEqual(await names('leaderworkersets'), ['decode']);
  });

  test('a RoleBasedGroup: every role’s count is parked, remembered and brought back', async () => {
    await cluster.apply(roleBasedGroup('llm', {prefill: 1, decode: 2}));
    await cluster.apply(
      rsgOf(
        {name: 'llm', kind: 'RoleBasedGroup', version: 'workloads.x-k8s.io/v1alpha2'},
        {scalingGroupTask: {sortedGroupList: ['group0']}},
      ),
    );
    await settledGroups(cluster, 'llama', 1);
    await scale(3);
    await settledGroups(cluster, 'llama', 3);
    assert.equal((await items(cluster, 'pods')).length, 9);
    assert.equal((await representatives()).length, 3);
    await scale(1);
    await settledGroups(cluster, 'llama', 1);
    const counts = (name: string): Promise<string> => at('rolebasedgroup', name, '.spec.roles[*].replicas');
    assert.deepEqual([await counts('llm'), await counts('llm-group1')], ['0 0', '1 2']);
    await scale(2);
    await settledGroups(cluster, 'llama', 2);
    assert.equal(await counts('llm'), '1 2');
  });

  test('a kind that the operator declared, scaled only by its scale subresource', async () => {
    const pod = {
      metadata: {labels: {app: 'fleet'}},
      spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine'}]},
    };
    await cluster.apply({
      apiVersion: 'fleets.example.com/v1',
      kind: 'Fleet',
      metadata: {name: 'fleet', namespace: 'default'},
      spec: {engines: {count: 2, pod}},
    });
    await cluster.apply(
      rsgOf({name: 'fleet', kind: 'fleets', version: 'fleets.example.com/v1'}, {scalingGroupTask: {sortedGroupList: ['group0']}}),
    );
    await settledGroups(cluster, 'llama', 1);
    await scale(3);
    await settledGroups(cluster, 'llama', 3);
    assert.equal((await items(cluster, 'pods')).length, 6);
    const kubeconfig = ['--kubeconfig', cluster.kubeconfig];
    const planned = await rsg(['plan', 'llama', '--replicas', '4', '-o', 'json', ...kubeconfig]);
    assert.deepEqual(
      [planned.code, planSchema.parse(JSON.parse(planned.out)).created],
      [0, ['group3']],
      'the plugin finds the declarations in the cluster',
    );
    await scale(1);
    await settledGroups(cluster, 'llama', 1);
    assert.equal(await at('fleet', 'fleet', '.spec.engines.count'), '0');
    await controller.stop();
    const released = await rsg(['release', 'llama', ...kubeconfig]);
    assert.match(released.out, /^default\/llama: released; Fleet\/fleet has its replicas back$/mu, released.err);
    assert.equal(await at('fleet', 'fleet', '.spec.engines.count'), '2');
    assert.equal(await at('rsg', 'llama', '.metadata.finalizers'), '');
    await controller.start();
    await eventually('parked again', async () => (await at('fleet', 'fleet', '.spec.engines.count')) === '0');
    await scale(2);
    await settledGroups(cluster, 'llama', 2);
    assert.equal(await at('fleet', 'fleet', '.spec.engines.count'), '2');
    assert.doesNotMatch(await at('fleet', 'fleet', '.metadata.annotations'), /parking|parked/u);
  });

  test('a kind that nobody declared is refused with what to do, and other RSGs go on', async () => {
    await cluster.apply({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'thing', namespace: 'default'}});
    await cluster.apply(rsgOf({name: 'thing', kind: 'ConfigMap', version: 'v1'}));
    await eventually('refused', async () => conditionOf(await getRsg(cluster, 'llama'), 'TargetsBound') === 'False KindNotDeclared');
    const {status} = await getRsg(cluster, 'llama');
    assert.match(status.conditions?.find(({type}) => type === 'TargetsBound')?.message ?? '', /--kind-declarations/u);
  });
});
