/** What is lost comes back, what cannot be changed is replaced, targets come and go: on a real control plane. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {watchAvailability} from '../support/availability.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

const SLOW = {metadata: {labels: {app: 'prefill'}, annotations: {'test/ready-after': '1s'}}};

describe('repair and replacement', {skip: controlPlaneSkip()}, () => {
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
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });

  const bound = async (groups: number, spec: object = {}): Promise<void> => {
    await cluster.apply(rsgOf('llama', {replicas: groups, ...spec}));
    await settledGroups(cluster, 'llama', groups);
  };
  const settled = (groups: number): Promise<unknown> => settledGroups(cluster, 'llama', groups);
  const condition = async (type: string): Promise<string> => conditionOf(await getRsg(cluster, 'llama'), type);
  const names = async (): Promise<string[]> => Object.keys(await replicas(cluster));
  const uids = async (): Promise<Map<string, string>> =>
    new Map((await items(cluster, 'deployments,statefulsets')).map(({metadata}) => [metadata.name, metadata.uid]));

  test('a lost member comes back under its ID; a group deleted by hand is replaced under a new one', async () => {
    await cluster.apply(pair([1, 2]));
    await bound(3);
    await cluster.kubectlOk('delete', 'deployment', 'prefill-group1');
    await eventually('back', async () => (await names()).includes('prefill-group1'));
    await settled(3);
    await cluster.kubectlOk('delete', 'deployments,statefulsets', '-l', 'resourcescalinggroup.com/group=group1');
    await eventually('a new group', async () => (await names()).includes('decode-group3'));
    await settled(3);
    assert.deepEqual(await names(), ['decode', 'decode-group2', 'decode-group3', 'prefill', 'prefill-group2', 'prefill-group3']);
  });

  test('while an original is gone its clones stay, a lost one is made from its last good form, and no group is added', async () => {
    await cluster.apply(pair([1, 2]));
    await bound(2);
    const before = await uids();
    await cluster.kubectlOk('delete', 'deployment', 'prefill', '--cascade=foreground');
    await eventually('told', async () => (await condition('TargetsBound')) === 'False TargetNotFound');
    await cluster.kubectlOk('delete', 'deployment', 'prefill-group1', '--cascade=foreground');
    await eventually('made again', async () => {
      const uid = (await uids()).get('prefill-group1');
      return uid !== undefined && uid !== before.get('prefill-group1');
    });
    const [clone] = await items(cluster, 'deployments', '--field-selector=metadata.name=prefill-group1');
    assert.equal(clone?.spec?.replicas, 1);
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=4');
    await never('a further group', async () => (await names()).includes('prefill-group2'), 1500);
    assert.equal((await uids()).get('decode-group1'), before.get('decode-group1'));
    await cluster.apply(workload({name: 'prefill', replicas: 1, spec: {minReadySeconds: 1}}));
    await settled(4);
    const text = await cluster.kubectlOk('get', 'deployments', '-o', 'jsonpath={.items[*].spec.minReadySeconds}');
    assert.equal(text, '1 1 1 1', 'the new original is the source again');
  });

  test('an original made anew with another selector reaches its clones within the budget', async () => {
    const recreate = {strategy: {type: 'Recreate', rollingUpdate: null}};
    await cluster.apply([
      workload({name: 'prefill', replicas: 1, spec: {template: template('prefill', 'one'), ...recreate}}),
      ...pair([1, 2]).slice(1),
    ]);
    await bound(4, {scaleIn: {minAvailableGroups: 2}});
    const watch = watchAvailability(cluster, 2);
    await cluster.kubectlOk('delete', 'deployment', 'prefill', '--cascade=foreground');
    const labels = {app: 'prefill-two'};
    await cluster.apply(workload({name: 'prefill', replicas: 1, labels, spec: {template: template('prefill-two', 'two'), ...recreate}}));
    await eventually(
      'every clone has the new form',
      async () => {
        const text = await cluster.kubectlOk('get', 'deployments', '-o', 'jsonpath={.items[*].spec.template.metadata.labels.app}');
        return text === 'prefill-two prefill-two prefill-two prefill-two';
      },
      {timeoutMs: 60_000},
    );
    await settled(4);
    assert.equal(await watch.fewest(), 2);
  });

  test('what cannot be changed in place is replaced, group by group, under the same IDs', async () => {
    const decode = (policy: string): object =>
      workload({
        name: 'decode',
        kind: 'StatefulSet',
        replicas: 2,
        spec: {podManagementPolicy: policy, template: template('decode', policy)},
      });
    await cluster.apply([workload({name: 'prefill', replicas: 1}), decode('Parallel')]);
    await bound(3);
    const before = await uids();
    const watch = watchAvailability(cluster, 2);
    await cluster.kubectlOk('delete', 'statefulset', 'decode', '--cascade=foreground');
    await cluster.apply(decode('OrderedReady'));
    await eventually(
      'replaced',
      async () => {
        const text = await cluster.kubectlOk('get', 'statefulsets', '-o', 'jsonpath={.items[*].spec.podManagementPolicy}');
        return text === 'OrderedReady OrderedReady OrderedReady';
      },
      {timeoutMs: 60_000},
    );
    await settled(3);
    assert.equal(await watch.fewest(), 1, 'of two groups of clones one serves at every moment');
    const after = await uids();
    assert.equal(after.get('prefill-group1'), before.get('prefill-group1'), 'its other member stays');
    assert.notEqual(after.get('decode-group1'), before.get('decode-group1'));
    assert.deepEqual(await names(), ['decode', 'decode-group1', 'decode-group2', 'prefill', 'prefill-group1', 'prefill-group2']);
  });

  test("of each source two forms are kept, and a StatefulSet's own revisions are left alone", async () => {
    await cluster.apply(pair([1, 1]));
    await bound(2);
    for (const image of ['a', 'b', 'c', 'b']) {
      await cluster.kubectlOk('set', 'image', 'statefulset/decode', `engine=${image}`);
      await eventually('followed', async () => {
        const text = await cluster.kubectlOk('get', 'statefulsets', '-o', 'jsonpath={.items[*].spec.template.spec.containers[0].image}');
        return text === `${image} ${image}`;
      });
      await settled(2);
    }
    const all = await items(cluster, 'controllerrevisions');
    const ours = all.filter(({metadata}) => metadata.labels['resourcescalinggroup.com/source-of'] !== undefined);
    assert.equal(ours.length, 3, 'two forms of decode, one of prefill');
    assert.equal(all.length - ours.length, 8, 'four forms of decode and of its clone');
    await cluster.kubectlOk('delete', 'statefulset', 'decode', '--cascade=foreground');
    await cluster.kubectlOk('delete', 'statefulset', 'decode-group1', '--cascade=foreground');
    await eventually('made from the form that was last, though it had been there before', async () => {
      const text = await cluster.kubectlOk('get', 'statefulsets', '-o', 'jsonpath={.items[*].spec.template.spec.containers[0].image}');
      return text === 'b';
    });
  });

  test('a group of one member is replaced under its ID too', async () => {
    const decode = (policy: string): object =>
      workload({name: 'decode', kind: 'StatefulSet', replicas: 1, spec: {podManagementPolicy: policy}});
    await cluster.apply(decode('Parallel'));
    await bound(3, {group: {targetResources: [{name: 'decode', kind: 'statefulset', version: 'apps/v1'}]}});
    await cluster.kubectlOk('delete', 'statefulset', 'decode', '--cascade=foreground');
    await cluster.apply(decode('OrderedReady'));
    await eventually(
      'replaced',
      async () => {
        const text = await cluster.kubectlOk('get', 'statefulsets', '-o', 'jsonpath={.items[*].spec.podManagementPolicy}');
        return text === 'OrderedReady OrderedReady OrderedReady';
      },
      {timeoutMs: 60_000},
    );
    await settled(3);
    assert.deepEqual(await names(), ['decode', 'decode-group1', 'decode-group2']);
  });

  test('a target added joins every group; one taken off leaves every group and is released', async () => {
    await cluster.apply([...pair([1, 2]), workload({name: 'router', replicas: 1})]);
    await bound(3);
    const target = (name: string, kind = 'deployment'): object => ({name, kind, version: 'apps/v1'});
    await cluster.apply(
      rsgOf('llama', {replicas: 3, group: {targetResources: [target('prefill'), target('decode', 'statefulset'), target('router')]}}),
    );
    await eventually('joined', async () => (await names()).filter((name) => name.startsWith('router')).length === 3);
    await settled(3);
    assert.equal((await getRsg(cluster, 'llama')).status.ratio?.observed, '1:2:1');
    await cluster.apply(rsgOf('llama', {replicas: 3, group: {targetResources: [target('prefill'), target('router')]}}));
    await eventually('left', async () => (await names()).filter((name) => name.startsWith('decode')).length === 1);
    await eventually('released', async () => {
      const [decode] = await items(cluster, 'statefulsets');
      return decode?.metadata.labels['resourcescalinggroup.com/claimed-by'] === undefined;
    });
    assert.equal((await getRsg(cluster, 'llama')).status.ratio?.observed, '1:1');
  });

  test('a renamed original: the new clones are there before the old ones leave', async () => {
    const next = workload({name: 'prefill2', replicas: 1, spec: {template: {...template('prefill2', 'x')}}});
    await cluster.apply([...pair([1, 1]), next]);
    await bound(3);
    const watch = watchAvailability(cluster, 2);
    const targetResources = [
      {name: 'prefill2', kind: 'deployment', version: 'apps/v1'},
      {name: 'decode', kind: 'statefulset', version: 'apps/v1'},
    ];
    await cluster.apply(rsgOf('llama', {replicas: 3, group: {targetResources}}));
    await eventually('the old ones left', async () => !(await names()).includes('prefill-group1'));
    assert.equal(await watch.fewest(), 2, 'two members of each group serve at every moment');
    await settled(3);
  });

  test('a changed role makes the clones anew with the labels of it', async () => {
    await cluster.apply(pair([1, 1]));
    await bound(2);
    const targetResources = [
      {name: 'prefill', kind: 'deployment', version: 'apps/v1', role: 'encoder'},
      {name: 'decode', kind: 'statefulset', version: 'apps/v1'},
    ];
    await cluster.apply(rsgOf('llama', {replicas: 2, group: {targetResources}}));
    await eventually('renamed', async () => {
      const found = await items(cluster, 'deployments', '-l', 'resourcescalinggroup.com/role=encoder');
      return found.length === 1;
    });
    await settled(2);
  });

  function template(app: string, note: string): object {
    return {
      metadata: {labels: {app}, annotations: {...SLOW.metadata.annotations, note}},
      spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine'}]},
    };
  }
});
