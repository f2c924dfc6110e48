/** Scale-in as a user orders it: the list, parking, what holds it back, draining; with a Deployment and a StatefulSet. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

describe('scale-in', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane({podCidr: '10.64.0.0/12'});
    await installCrd(cluster);
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg,hpa', '--all', '--timeout=60s');
    await cluster.kubectl(
      'delete',
      'deployments,statefulsets,services',
      '-l',
      'component!=apiserver',
      '--timeout=60s',
      '--cascade=foreground',
    );
  });
  const settled = (name: string, groups: number): Promise<unknown> => settledGroups(cluster, name, groups);
  const scale = (name: string, groups: number): Promise<string> =>
    cluster.kubectlOk('scale', 'rsg', name, `--replicas=${String(groups)}`, '--timeout=60s');

  test('groups go in the order of the list; unknown entries and repeats are reported; group 0 comes back', async () => {
    await cluster.apply(pair());
    const list = ['group3', 'group0', 'ghost', 'group3', 'group1'];
    await cluster.apply(rsgOf('llama', {scalingGroupTask: {sortedGroupList: list}}));
    await settled('llama', 1);
    await scale('llama', 5);
    await settled('llama', 5);
    assert.deepEqual((await getRsg(cluster, 'llama')).status.plan?.nextVictims, ['group3', 'group0', 'group1', 'group4', 'group2']);
    assert.deepEqual((await getRsg(cluster, 'llama')).status.sortedGroupList, {unknown: ['ghost'], duplicates: ['group3']});

    await scale('llama', 2);
    await settled('llama', 2);
    const {status} = await getRsg(cluster, 'llama');
    assert.deepEqual(status.history?.at(-1)?.removed, ['group3', 'group0', 'group1']);
    assert.equal(status.groups?.find(({id}) => id === 'group0')?.phase, 'Parked');
    assert.deepEqual(await replicas(cluster), {
      decode: 0,
      'decode-group2': 4,
      'decode-group4': 4,
      prefill: 0,
      'prefill-group2': 2,
      'prefill-group4': 2,
    });

    await scale('llama', 3);
    await settled('llama', 3);
    const names = Object.keys(await replicas(cluster));
    assert.deepEqual(names, ['decode', 'decode-group2', 'decode-group4', 'prefill', 'prefill-group2', 'prefill-group4']);
  });

  test('Keep, Hold and minAvailableGroups hold a scale-in and say why', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama', {replicas: 3, scaleIn: {originPolicy: 'Keep', minAvailableGroups: 2}}));
    await settled('llama', 3);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=0');
    await settled('llama', 2);
    assert.equal(conditionOf(await getRsg(cluster, 'llama'), 'ScaleInHeld'), 'True MinAvailableGroups');
    await cluster.kubectlOk(
      'patch',
      'rsg',
      'llama',
      '--type=merge',
      '-p',
      '{"spec":{"scaleIn":{"minAvailableGroups":0,"whenListEnds":"Hold"}}}',
    );
    await eventually('held by Hold', async () => conditionOf(await getRsg(cluster, 'llama'), 'ScaleInHeld') === 'True NotListed');
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"scaleIn":{"whenListEnds":"Newest"}}}');
    await settled('llama', 1);
    assert.equal(conditionOf(await getRsg(cluster, 'llama'), 'ScaleInHeld'), 'True OriginKept');
    assert.deepEqual(await replicas(cluster), {decode: 1, prefill: 1});
  });

  test('replicas 0 parks everything, and 1 brings it back', async () => {
    await cluster.apply(pair([1, 2]));
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await settled('llama', 2);
    await scale('llama', 0);
    await eventually('nothing runs', async () => (await items(cluster, 'pods')).length === 0);
    assert.deepEqual(await replicas(cluster), {decode: 0, prefill: 0});
    await scale('llama', 1);
    await settled('llama', 1);
    assert.deepEqual(await replicas(cluster), {decode: 2, prefill: 1});
  });

  test('the pods of originals that are parked stay out of traffic, however late they are deleted', async () => {
    await cluster.apply(pair([1, 2]));
    const scaleIn = {drain: {timeoutSeconds: 0}};
    await cluster.apply(rsgOf('llama', {replicas: 2, scalingGroupTask: {sortedGroupList: ['group0']}, scaleIn}));
    await settled('llama', 2);
    const left = (state: string): Promise<unknown[]> =>
      items(cluster, 'pods', '-l', `app in (prefill,decode),!resourcescalinggroup.com/group,resourcescalinggroup.com/state${state}`);
    const resume = cluster.pauseControllers();
    try {
      await scale('llama', 1);
      await eventually('scaled to 0', async () => {
        const {prefill, decode} = await replicas(cluster);
        return prefill === 0 && decode === 0;
      });
      assert.equal((await left('=draining')).length, 3);
      await never('in traffic again', async () => (await left('!=draining')).length > 0, 3000);
    } finally {
      resume();
    }
    await eventually('they are gone', async () => (await left('=draining')).length === 0);
    await scale('llama', 2);
    await settled('llama', 2);
    assert.equal((await left('!=draining')).length, 3);
  });

  test('a parked original that something else scales up is parked again three times, then left alone and reported', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama', {replicas: 2, scalingGroupTask: {sortedGroupList: ['group0']}}));
    await settled('llama', 2);
    await scale('llama', 1);
    await settled('llama', 1);
    for (let contest = 1; contest <= 3; contest += 1) {
      await cluster.kubectlOk('scale', 'deployment', 'prefill', '--replicas=2');
      await eventually('parked again', async () => (await replicas(cluster))['prefill'] === 0);
    }
    await cluster.kubectlOk('scale', 'deployment', 'prefill', '--replicas=2');
    await eventually('reported', async () => conditionOf(await getRsg(cluster, 'llama'), 'OriginContested') === 'True ScaledByOther');
    await never('parked a fourth time', async () => (await replicas(cluster))['prefill'] === 0, 2000);
  });

  test('a drain takes live pods out of the Service at once; scaling up brings the same pods back; a kill -9 changes nothing', async () => {
    await cluster.apply(pair([1, 2]));
    const services = ['prefill', 'decode'].map((app) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: app, namespace: 'default'},
      spec: {selector: {app}, ports: [{port: 8000}]},
    }));
    await cluster.apply(services);
    await cluster.apply(rsgOf('llama', {replicas: 2, scaleIn: {drain: {timeoutSeconds: 20}}}));
    await settled('llama', 2);
    const endpoints = async (): Promise<number> => {
      const slices = await cluster.kubectlOk(
        'get',
        'endpointslices',
        '-l',
        'kubernetes.io/service-name=decode',
        '-o',
        'jsonpath={..endpoints[*].targetRef.name}',
      );
      return slices.split(' ').filter((name) => name !== '').length;
    };
    const podsOfClone = async (): Promise<string[]> =>
      (await items(cluster, 'pods', '-l', 'resourcescalinggroup.com/group=group1')).map((pod) => pod.metadata.uid).sort();
    await eventually('both groups serve', async () => (await endpoints()) === 4);
    const pods = await podsOfClone();
    assert.equal(pods.length, 3);

    await scale('llama', 1);
    await eventually('the victim is out of traffic', async () => (await endpoints()) === 2, {timeoutMs: 5000});
    assert.equal((await getRsg(cluster, 'llama')).status.drainingReplicas, 1);
    assert.deepEqual(await podsOfClone(), pods, 'no pod was replaced');
    await controller.kill();
    await controller.start();
    await scale('llama', 2);
    await eventually('the victim serves again', async () => (await endpoints()) === 4, {timeoutMs: 5000});
    assert.deepEqual(await podsOfClone(), pods, 'the same pods');
    assert.deepEqual(Object.keys(await replicas(cluster)), ['decode', 'decode-group1', 'prefill', 'prefill-group1']);

    await scale('llama', 1);
    await never('deleted before the timeout', async () => (await podsOfClone()).length < 3, 15_000);
    await eventually('deleted after it', async () => (await podsOfClone()).length === 0, {timeoutMs: 15_000});
  });

  test('a quota refuses a group whole, in its own words; it is retried under its own ID', async () => {
    await cluster.apply([workload({name: 'prefill', replicas: 1}), workload({name: 'decode', kind: 'StatefulSet', replicas: 1})]);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: {name: 'few', namespace: 'default'},
      spec: {hard: {'count/statefulsets.apps': '1'}},
    };
    await cluster.apply(quota);
    await cluster.apply(rsgOf('llama', {replicas: 1}));
    await settled('llama', 1);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await eventually('refused', async () => conditionOf(await getRsg(cluster, 'llama'), 'Progressing') === 'False CreateRefused');
    const {status} = await getRsg(cluster, 'llama');
    assert.match(status.conditions?.find(({type}) => type === 'Progressing')?.message ?? '', /group1: .*exceeded quota: few/u);
    assert.equal(status.replicas, 1);
    assert.deepEqual(Object.keys(await replicas(cluster)), ['decode', 'prefill']);
    await cluster.kubectlOk('delete', 'resourcequota', 'few');
    await settled('llama', 2);
    assert.deepEqual(Object.keys(await replicas(cluster)), ['decode', 'decode-group1', 'prefill', 'prefill-group1']);
  });
});
