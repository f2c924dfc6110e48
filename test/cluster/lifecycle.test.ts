/** Beginnings and ends on a real control plane: what cannot be bound, names that are taken, deletion, deaths, two controllers. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

describe('beginnings and ends', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    await cluster.kubectlOk('create', 'namespace', 'other');
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets,daemonsets', '--all', '--timeout=60s', '--cascade=foreground');
  });
  const settled = (name: string, groups: number): Promise<unknown> => settledGroups(cluster, name, groups);
  const withTarget = (name: string, target: object): object =>
    rsgOf(name, {replicas: 2, group: {targetResources: [{name: 'prefill', kind: 'deployment', version: 'apps/v1'}, target]}});

  const UNUSABLE: readonly [string, object, string, RegExp][] = [
    [
      'is not there',
      {name: 'ghost', kind: 'deployment', version: 'apps/v1'},
      'TargetNotFound',
      /Deployment\/ghost does not exist: create it, or correct targetResources/u,
    ],
    ['is of no served kind', {name: 'x', kind: 'rocket', version: 'apps/v1'}, 'KindNotServed', /serves no kind rocket in apps\/v1/u],
    [
      'is of a kind that nobody declared',
      {name: 'x', kind: 'daemonset', version: 'apps/v1'},
      'KindNotDeclared',
      /does not know how kind DaemonSet\.apps is read and scaled; declare its paths/u,
    ],
    [
      'is in another namespace',
      {name: 'x', kind: 'deployment', version: 'apps/v1', namespace: 'other'},
      'NamespaceNotAllowed',
      /--allow-cross-namespace other/u,
    ],
    [
      'is the same workload under another spelling',
      {name: 'prefill', kind: 'Deployments', version: 'apps/v1'},
      'TargetDuplicate',
      /named twice/u,
    ],
  ];
  for (const [what, target, reason, message] of UNUSABLE) {
    test(`a target that ${what} is reported with an event, and nothing is touched`, async () => {
      await cluster.apply(workload({name: 'prefill', replicas: 1}));
      await cluster.apply(withTarget('bad', target));
      const found = await eventually('reported', async () => {
        const condition = (await getRsg(cluster, 'bad')).status.conditions?.find(({type}) => type === 'TargetsBound');
        return condition?.status === 'False' && condition;
      });
      assert.equal(found.reason, reason);
      assert.match(found.message, message);
      await eventually('an event', async () => (await cluster.kubectlOk('describe', 'rsg', 'bad')).includes(`Warning  ${reason}`));
      assert.deepEqual(await replicas(cluster), {prefill: 1});
      const [original] = await items(cluster, 'deployments');
      assert.equal(original?.metadata.labels['resourcescalinggroup.com/claimed-by'], undefined);
    });
  }

  test('a target of another RSG and a clone are refused; it is bound once it is free', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('first', {replicas: 2}));
    await settled('first', 2);
    await cluster.apply(rsgOf('second'));
    await cluster.apply(withTarget('third', {name: 'prefill-group1', kind: 'deployment', version: 'apps/v1'}));
    await eventually('refused', async () => conditionOf(await getRsg(cluster, 'second'), 'TargetsBound') === 'False TargetClaimed');
    await eventually('refused', async () => conditionOf(await getRsg(cluster, 'third'), 'TargetsBound') === 'False TargetClaimed');
    assert.match(JSON.stringify((await getRsg(cluster, 'third')).status.conditions), /is a clone made by an RSG/u);
    await cluster.kubectlOk('delete', 'rsg', 'third', 'first', '--timeout=60s');
    await settled('second', 1);
  });

  test("an object that has a clone's name is left alone, and the next ID is taken", async () => {
    await cluster.apply([...pair([1, 1]), workload({name: 'decode-group1', kind: 'StatefulSet', replicas: 1})]);
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await settled('llama', 2);
    assert.deepEqual(Object.keys(await replicas(cluster)), ['decode', 'decode-group1', 'decode-group2', 'prefill', 'prefill-group2']);
    assert.match(await cluster.kubectlOk('describe', 'rsg', 'llama'), /NameTaken .*StatefulSet\/default\/decode-group1 exists/u);
  });

  test('deleting an RSG whose originals are parked: they serve before any clone goes', async () => {
    await cluster.apply(pair([1, 2]));
    await cluster.apply(rsgOf('llama', {replicas: 3, scalingGroupTask: {sortedGroupList: ['group0']}}));
    await settled('llama', 3);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settled('llama', 2);
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--wait=false');
    const seen: [number, number][] = [];
    await eventually('it is gone', async () => {
      const all = await items(cluster, 'deployments,statefulsets');
      const ready = (names: readonly string[]): number =>
        Math.min(...names.map((name) => all.find((one) => one.metadata.name === name)?.status?.readyReplicas ?? 0));
      seen.push([ready(['prefill', 'decode']), all.filter((one) => one.metadata.name.includes('-group')).length]);
      return (await cluster.kubectl('get', 'rsg', 'llama')).code !== 0;
    });
    for (const [serving, clones] of seen)
      assert.ok(serving > 0 || clones === 4, `${String(serving)} originals serve, ${String(clones)} clones are left`);
    assert.deepEqual(await replicas(cluster), {decode: 2, prefill: 1});
  });

  test('kubectl delete --cascade=orphan keeps the clones serving, without our annotations', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama', {replicas: 2}));
    await settled('llama', 2);
    const before = (await items(cluster, 'pods')).map((pod) => pod.metadata.uid).sort();
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--cascade=orphan', '--timeout=60s');
    assert.deepEqual(Object.keys(await replicas(cluster)), ['decode', 'decode-group1', 'prefill', 'prefill-group1']);
    await never('a clone goes', async () => Object.keys(await replicas(cluster)).length < 4, 3000);
    assert.deepEqual((await items(cluster, 'pods')).map((pod) => pod.metadata.uid).sort(), before);
    for (const {metadata} of await items(cluster, 'deployments,statefulsets')) {
      assert.deepEqual(
        Object.keys(metadata.annotations).filter((key) => key.startsWith('resourcescalinggroup.com/')),
        [],
        metadata.name,
      );
    }
    assert.deepEqual(await items(cluster, 'controllerrevisions', '-l', 'resourcescalinggroup.com/source-of'), []);
  });

  test('paused: the plan is told and nothing is done, until it is not paused', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama'));
    await settled('llama', 1);
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"paused":true,"replicas":3}}');
    await eventually('told', async () => conditionOf(await getRsg(cluster, 'llama'), 'Paused') === 'True Paused');
    assert.match((await getRsg(cluster, 'llama')).status.plan?.summary ?? '', /create group1, group2/u);
    await never('a group', async () => Object.keys(await replicas(cluster)).length > 2, 2000);
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"paused":false}}');
    await settled('llama', 3);
  });

  test('a clone that is deleted by hand comes back; a whole group gets a new ID', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama', {replicas: 3}));
    await settled('llama', 3);
    await cluster.kubectlOk('delete', 'deployment', 'prefill-group1');
    await eventually('it is back', async () => (await replicas(cluster))['prefill-group1'] === 1);
    // Else the first half is mended before the second is deleted.
    await controller.kill();
    await cluster.kubectlOk('delete', 'deployment/prefill-group2', 'statefulset/decode-group2');
    await controller.start();
    await eventually('replaced', async () => {
      const all = Object.keys(await replicas(cluster));
      return all.includes('prefill-group3') && all.includes('decode-group3') && !all.includes('prefill-group2');
    });
    await settled('llama', 3);
  });

  test('kill -9 at any moment of a scaling: the next start converges to whole groups, none twice', async () => {
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama'));
    await settled('llama', 1);
    let wanted = 1;
    for (const delayMs of [0, 15, 30, 60, 90, 120, 200]) {
      wanted = wanted === 5 ? 2 : 5;
      await cluster.kubectlOk('scale', 'rsg', 'llama', `--replicas=${String(wanted)}`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await controller.kill();
      await controller.start();
      await settled('llama', wanted);
      const names = Object.keys(await replicas(cluster));
      assert.equal(names.length, wanted * 2, names.join(' '));
      const groups = (await getRsg(cluster, 'llama')).status.groups?.map(({id, members}) => `${id}:${String(members.length)}`);
      assert.ok(
        groups?.every((group) => group.endsWith(':2')),
        groups?.join(' '),
      );
    }
  });

  test('of two controllers one writes; after a clean stop the other takes over at once', async () => {
    await controller.stop();
    const one = await startController(cluster, ['--leader-elect=true']);
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama'));
    await settled('llama', 1);
    const two = await startController(cluster, ['--leader-elect=true']);
    assert.equal(await one.stop(), '0');
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settled('llama', 2);
    assert.equal(await two.stop(), '0');
    await controller.start();
  });

  test('a leader that dies without a word: the other takes over once its lease has run out, and finishes what it had begun', async () => {
    await controller.stop();
    const one = await startController(cluster, ['--leader-elect=true']);
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama'));
    await settled('llama', 1);
    const two = await startController(cluster, ['--leader-elect=true']);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=4');
    await one.kill();
    await settled('llama', 4);
    assert.equal(Object.keys(await replicas(cluster)).length, 8);
    assert.equal(await two.stop(), '0');
    await controller.start();
  });
});
