/** Clones stay the same as their originals, on a real control plane: what changes there follows, what changes on a clone goes back. */
import assert from 'node:assert/strict';
import {after, afterEach, before, beforeEach, describe, test} from 'node:test';
import {watchAvailability} from '../support/availability.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, replicas, rsgOf, settledGroups} from '../support/workloads.ts';

describe('groups stay the same', {skip: controlPlaneSkip()}, () => {
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
  beforeEach(async () => {
    await cluster.apply(pair([1, 2]));
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'hpa', '--all');
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--timeout=60s', '--cascade=foreground');
  });

  const bound = async (groups: number, spec: object = {}): Promise<void> => {
    await cluster.apply(rsgOf('llama', {replicas: groups, ...spec}));
    await settledGroups(cluster, 'llama', groups);
    await inSync();
  };
  const inSync = (): Promise<unknown> =>
    eventually(
      'in sync',
      async () => {
        const rsg = await getRsg(cluster, 'llama');
        assert.equal(conditionOf(rsg, 'Synced'), 'True InSync');
        return rsg.status.availableReplicas === rsg.spec.replicas && rsg.status.observedGeneration === rsg.metadata.generation;
      },
      {timeoutMs: 60_000},
    );
  const values = async (name: string, path: string): Promise<string[]> => {
    const text = await cluster.kubectlOk(
      'get',
      'deployments,statefulsets',
      '-o',
      `jsonpath={range .items[*]}{.metadata.name}={${path}}{"\\n"}{end}`,
    );
    return text
      .split('\n')
      .filter((line) => line.startsWith(name))
      .map((line) => line.slice(line.indexOf('=') + 1));
  };
  const everywhere = (name: string, path: string, wanted: string): Promise<unknown> =>
    eventually(
      `${path} is ${wanted} on all of ${name}`,
      async () => {
        const found = await values(name, path);
        assert.deepEqual([...new Set(found)], [wanted]);
        return true;
      },
      {timeoutMs: 60_000},
    );
  const ourWrites = async (resource?: string): Promise<number> =>
    (await cluster.auditWrites()).filter((one) => one.userAgent.startsWith('rsg-') && (resource === undefined || one.resource === resource))
      .length;
  const IMAGE = '.spec.template.spec.containers[0].image';

  test('whatever changes on an original follows on every clone, in one rollout', async () => {
    await bound(3);
    await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
    await everywhere('prefill', IMAGE, 'engine:2');
    await inSync();
    await cluster.kubectlOk('set', 'resources', 'statefulset/decode', '--requests=cpu=2');
    await everywhere('decode', '.spec.template.spec.containers[0].resources.requests.cpu', '2');
    await cluster.kubectlOk('scale', 'deployment', 'prefill', '--replicas=2');
    await everywhere('prefill', '.spec.replicas', '2');
    await cluster.kubectlOk('label', 'deployment', 'prefill', 'team=a');
    await cluster.kubectlOk('annotate', 'deployment', 'prefill', 'note=b');
    await everywhere('prefill', '.metadata.labels.team}{.metadata.annotations.note', 'ab');
    await cluster.kubectlOk('label', 'deployment', 'prefill', 'team-');
    await everywhere('prefill', '.metadata.labels.team', '');
    await inSync();
    const sets = await items(cluster, 'replicasets', '-l', 'resourcescalinggroup.com/role=prefill');
    assert.equal(sets.length, 4, 'each clone has the ReplicaSets of exactly one rollout');
    assert.equal((await getRsg(cluster, 'llama')).status.ratio?.observed, '2:2');
  });

  test('a sidecar, an env taken away and a restart follow too', async () => {
    const patch = (text: string): Promise<string> => cluster.kubectlOk('patch', 'statefulset', 'decode', '--type=strategic', '-p', text);
    await bound(2);
    await patch(
      '{"spec":{"template":{"spec":{"containers":[{"name":"engine","env":[{"name":"A","value":"1"}]},{"name":"proxy","image":"proxy"}]}}}}',
    );
    await everywhere('decode', '.spec.template.spec.containers[*].name', 'engine proxy');
    await everywhere('decode', '.spec.template.spec.containers[?(@.name=="engine")].env[*].name', 'A');
    await patch('{"spec":{"template":{"spec":{"containers":[{"name":"engine","env":[{"name":"A","$patch":"delete"}]}]}}}}');
    await everywhere('decode', '.spec.template.spec.containers[?(@.name=="engine")].env[*].name', '');
    await cluster.kubectlOk('rollout', 'restart', 'statefulset/decode');
    const [at = ''] = await values('decode', '.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt');
    assert.notEqual(at, '');
    await everywhere('decode', '.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt', at);
    await inSync();
  });

  test('with Rolling one group at a time is down, and group 0 goes first; a change that breaks it reaches no clone', async () => {
    const slow =
      '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null},"template":{"metadata":{"annotations":{"test/ready-after":"1s"}}}}}';
    await cluster.kubectlOk('patch', 'deployment', 'prefill', '-p', slow);
    await bound(4);
    const watch = watchAvailability(cluster, 2);
    await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
    await everywhere('prefill', IMAGE, 'engine:2');
    await inSync();
    assert.equal(await watch.fewest(), 2, 'of three groups of clones two serve at every moment');

    await cluster.kubectlOk(
      'patch',
      'deployment',
      'prefill',
      '-p',
      '{"spec":{"template":{"metadata":{"annotations":{"test/ready-after":"24h"}}}}}',
    );
    await eventually('waiting for group0', async () => {
      const synced = (await getRsg(cluster, 'llama')).status.conditions?.find(({type}) => type === 'Synced');
      return synced?.message.includes('waiting for group0 to be available');
    });
    const clones = await values('prefill-', '.spec.template.metadata.annotations.test/ready-after');
    assert.deepEqual([...new Set(clones)], ['1s']);
    await cluster.kubectlOk(
      'patch',
      'deployment',
      'prefill',
      '-p',
      '{"spec":{"template":{"metadata":{"annotations":{"test/ready-after":"0s"}}}}}',
    );
    await inSync();
  });

  test('minAvailableGroups holds the rollout, and Parallel changes all at once', async () => {
    await bound(2, {scaleIn: {minAvailableGroups: 2}});
    await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
    await eventually('held', async () => {
      const synced = (await getRsg(cluster, 'llama')).status.conditions?.find(({type}) => type === 'Synced');
      return synced?.message.includes('more available groups than scaleIn.minAvailableGroups (2)');
    });
    assert.deepEqual(await values('prefill-group1', IMAGE), ['engine']);
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"sync":{"rollout":"Parallel"}}}');
    await everywhere('prefill', IMAGE, 'engine:2');
    await inSync();
  });

  test('an edit of a clone goes back with an event that names the field; what is foreign or ignored stays', async () => {
    await bound(2, {sync: {ignore: ['/spec/minReadySeconds', '/metadata/labels/shade']}});
    await cluster.kubectlOk('set', 'image', 'deployment/prefill-group1', 'engine=mine');
    await everywhere('prefill', IMAGE, 'engine');
    await cluster.kubectlOk('scale', 'statefulset', 'decode-group1', '--replicas=5');
    await everywhere('decode', '.spec.replicas', '2');
    await cluster.kubectlOk('label', 'deployment', 'prefill-group1', 'resourcescalinggroup.com/group-', 'mine=yes', 'shade=blue');
    await everywhere('prefill-', '.metadata.labels.resourcescalinggroup\\.com/group', 'group1');
    await cluster.kubectlOk('patch', 'deployment', 'prefill-group1', '-p', '{"spec":{"minReadySeconds":1}}');
    await inSync();
    assert.deepEqual(await values('prefill-group1', '.metadata.labels.mine}{.metadata.labels.shade}{.spec.minReadySeconds'), ['yesblue1']);
    const events = await cluster.kubectlOk('get', 'events', '--field-selector=reason=DriftReverted', '-o', 'jsonpath={.items[*].message}');
    for (const field of ['spec.template.spec.containers[engine].image', 'spec.replicas']) assert.ok(events.includes(field), field);
  });

  test('a field that somebody keeps changing is left to them after five times, and SyncContested names it', async () => {
    await bound(2);
    for (let at = 0; at < 5; at += 1) {
      await cluster.kubectlOk('scale', 'deployment', 'prefill-group1', '--replicas=3');
      await everywhere('prefill-', '.spec.replicas', '1');
    }
    await cluster.kubectlOk('scale', 'deployment', 'prefill-group1', '--replicas=3');
    await eventually('contested', async () => conditionOf(await getRsg(cluster, 'llama'), 'SyncContested') === 'True FieldContested');
    await never('a revert', async () => (await values('prefill-', '.spec.replicas'))[0] !== '3', 2000);
    const {conditions} = (await getRsg(cluster, 'llama')).status;
    assert.match(
      conditions?.find(({type}) => type === 'SyncContested')?.message ?? '',
      /spec\.replicas of Deployment\/default\/prefill-group1/u,
    );
  });

  test('an HPA on a clone is reported, and its count is left to it', async () => {
    await bound(2);
    await cluster.kubectlOk('autoscale', 'deployment', 'prefill-group1', '--min=3', '--max=3', '--cpu=50%');
    await eventually('scaled by the HPA', async () => (await values('prefill-', '.spec.replicas'))[0] === '3');
    await eventually(
      'reported',
      async () => conditionOf(await getRsg(cluster, 'llama'), 'AutoscalerConflict') === 'True MemberHasAutoscaler',
    );
    const before = await ourWrites('deployments');
    await never('a fight', async () => ((await values('prefill-', '.spec.replicas'))[0] === '3' ? undefined : 'reverted'), 3000);
    assert.equal(await ourWrites('deployments'), before);
    await cluster.kubectlOk('delete', 'hpa', '--all');
    await everywhere('prefill-', '.spec.replicas', '1');
  });

  test('sync.mode Paused leaves clones as they are, and Auto catches up', async () => {
    await cluster.apply(rsgOf('llama', {replicas: 2, sync: {mode: 'Paused'}}));
    await settledGroups(cluster, 'llama', 2);
    await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
    await never('a change', async () => ((await values('prefill-', IMAGE))[0] === 'engine' ? undefined : 'changed'), 2000);
    assert.equal(conditionOf(await getRsg(cluster, 'llama'), 'Synced'), 'Unknown SyncPaused');
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', '{"spec":{"sync":{"mode":"Auto"}}}');
    await everywhere('prefill', IMAGE, 'engine:2');
  });

  test('a parked original is the source all the same, and its remembered count is the truth', async () => {
    await bound(2, {scalingGroupTask: {sortedGroupList: ['group0']}});
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=1', '--timeout=60s');
    await cluster.kubectlOk('set', 'image', 'deployment/prefill', 'engine=engine:2');
    await everywhere('prefill', IMAGE, 'engine:2');
    assert.deepEqual(await replicas(cluster), {decode: 0, 'decode-group1': 2, prefill: 0, 'prefill-group1': 1});
  });

  test('a controller started anew writes nothing where all is in sync, and compares by dry-run where it cannot know', async () => {
    await bound(3);
    await controller.kill();
    const before = await ourWrites();
    await controller.start();
    await never('a write', async () => ((await ourWrites()) === before ? undefined : (await cluster.auditWrites()).at(-1)), 5000);
    await controller.kill();
    // As after a death before the status was written: nobody knows which generation was ours.
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--subresource=status', '--type=merge', '-p', '{"status":{"groups":[]}}');
    const workloads = (await ourWrites('deployments')) + (await ourWrites('statefulsets'));
    await controller.start();
    await inSync();
    const after = (await items(cluster, 'deployments,statefulsets')).map(({metadata}) => metadata.generation);
    assert.deepEqual([...new Set(after)], [1], 'no clone was written');
    assert.equal((await ourWrites('deployments')) + (await ourWrites('statefulsets')) - workloads, 4, 'four dry-runs');
  });
});
