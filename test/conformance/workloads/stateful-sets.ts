/** StatefulSets, as the API shows them. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {asObject, type Json} from '../../../src/api/json.ts';
import {at, metadataOf, specOf} from '../cases/objects.ts';
import {countsOf} from './deployments.ts';
import {PODS, STATEFUL_SETS, statefulSet, withImage, type World} from './world.ts';

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const REVISIONS = '/apis/apps/v1/namespaces/default/controllerrevisions';
const PARALLEL = {podManagementPolicy: 'Parallel'};

const ready = (replicas: number, observedGeneration = 1): object => ({
  observedGeneration,
  replicas,
  readyReplicas: replicas,
  availableReplicas: replicas,
});
/** Once everything runs the newest template. */
const updated = (replicas: number, observedGeneration: number): object => ({
  ...ready(replicas, observedGeneration),
  updatedReplicas: replicas,
  currentReplicas: replicas,
});

export function statefulSetCases(world: World): void {
  const imagesOf = async (app: string): Promise<Json> => {
    const pods = await world.list(PODS, app);
    const image = (pod: Json): unknown => at((specOf(pod)['containers'] as readonly unknown[])[0], 'image');
    return Object.fromEntries(pods.map((pod) => [String(metadataOf(pod)['name']), image(pod)]));
  };

  test('a StatefulSet whose pods are ready says so', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-ready', replicas: 2}));
    const settled = await world.settles(STATEFUL_SETS, 'set-ready', updated(2, 1));
    assert.deepEqual(countsOf(settled), {
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      collisionCount: 0,
    });
    const {currentRevision, updateRevision} = asObject(settled['status']);
    assert.equal(currentRevision, updateRevision);
    assert.match(String(currentRevision), /^set-ready-[a-z0-9]+$/u);
    assert.equal((await world.list(REVISIONS, 'set-ready')).length, 1);
  });
  test('pods of a StatefulSet have their ordinals in names, labels and host names', async () => {
    const created = await world.create(STATEFUL_SETS, statefulSet({name: 'set-names', replicas: 2, spec: PARALLEL}));
    const settled = await world.settles(STATEFUL_SETS, 'set-names', ready(2));
    assert.deepEqual(await world.podNames('set-names'), ['set-names-0', 'set-names-1']);
    const pod = (await world.find(PODS, 'set-names-1')) ?? {};
    assert.deepEqual(metadataOf(pod)['labels'], {
      app: 'set-names',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': at(settled, 'status', 'currentRevision'),
      'statefulset.kubernetes.io/pod-name': 'set-names-1',
    });
    assert.equal(metadataOf(pod)['generateName'], 'set-names-');
    assert.deepEqual([specOf(pod)['hostname'], specOf(pod)['subdomain']], ['set-names-1', 'set-names']);
    const {name, uid} = metadataOf(created);
    const reference = {apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid, controller: true, blockOwnerDeletion: true};
    assert.deepEqual(metadataOf(pod)['ownerReferences'], [reference]);
  });
  test('ordinals start where the set says', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-start', replicas: 2, spec: {ordinals: {start: 5}}}));
    await world.settles(STATEFUL_SETS, 'set-start', ready(2));
    assert.deepEqual(await world.podNames('set-start'), ['set-start-5', 'set-start-6']);
  });
  test('OrderedReady makes each pod when the one before it is ready', async () => {
    const story = await world.follow('set-order');
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-order', replicas: 3, readyAfter: '100ms'}));
    const lines = await story.until(6);
    story.stop();
    assert.deepEqual(
      lines,
      [0, 1, 2].flatMap((at) => [`+set-order-${String(at)}`, `set-order-${String(at)} ready`]),
    );
  });
  test('Parallel makes all pods at once', async () => {
    const story = await world.follow('set-parallel');
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-parallel', replicas: 3, readyAfter: '4s', spec: PARALLEL}));
    const lines = await story.until(6);
    story.stop();
    assert.deepEqual(lines.slice(0, 3).sort(), ['+set-parallel-0', '+set-parallel-1', '+set-parallel-2']);
  });
  test('a pod that never gets ready holds up OrderedReady, and the status says so', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-stuck', replicas: 3, readyAfter: '24h'}));
    const settled = await world.settles(STATEFUL_SETS, 'set-stuck', {observedGeneration: 1, replicas: 1, updatedReplicas: 1});
    assert.deepEqual(countsOf(settled), {
      observedGeneration: 1,
      replicas: 1,
      availableReplicas: 0,
      currentReplicas: 1,
      updatedReplicas: 1,
      collisionCount: 0,
    });
  });
  test('OrderedReady scales down from the last, one after the other', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-down', replicas: 3, terminateAfter: '200ms'}));
    await world.settles(STATEFUL_SETS, 'set-down', ready(3));
    const story = await world.follow('set-down');
    await story.until(6);
    await world.patch(STATEFUL_SETS, 'set-down', {spec: {replicas: 1}});
    const lines = await story.until(10);
    story.stop();
    assert.deepEqual(lines.slice(6), ['set-down-2 ending', '-set-down-2', 'set-down-1 ending', '-set-down-1']);
    await world.settles(STATEFUL_SETS, 'set-down', updated(1, 2));
  });
  test('Parallel scales down at once', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-drop', replicas: 3, terminateAfter: '4s', spec: PARALLEL}));
    await world.settles(STATEFUL_SETS, 'set-drop', ready(3));
    const story = await world.follow('set-drop');
    await story.until(6);
    await world.patch(STATEFUL_SETS, 'set-drop', {spec: {replicas: 0}});
    const lines = await story.until(9);
    story.stop();
    assert.deepEqual(lines.slice(6).sort(), ['set-drop-0 ending', 'set-drop-1 ending', 'set-drop-2 ending']);
  });
  test('a set at 0 has a status without pods', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-zero', replicas: 0}));
    const settled = await world.settles(STATEFUL_SETS, 'set-zero', {observedGeneration: 1});
    assert.deepEqual(countsOf(settled), {observedGeneration: 1, replicas: 0, availableReplicas: 0, collisionCount: 0});
  });
  test('a new template is rolled out from the last pod, one after the other', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-roll', replicas: 2, spec: PARALLEL}));
    const before = await world.settles(STATEFUL_SETS, 'set-roll', ready(2));
    const story = await world.follow('set-roll');
    await story.until(4);
    await world.patch(STATEFUL_SETS, 'set-roll', withImage('engine:2'));
    const lines = await story.until(12);
    story.stop();
    const renewed = (name: string): string[] => [`${name} ending`, `-${name}`, `+${name}`, `${name} ready`];
    assert.deepEqual(lines.slice(4), [...renewed('set-roll-1'), ...renewed('set-roll-0')]);
    const settled = await world.settles(STATEFUL_SETS, 'set-roll', updated(2, 2));
    const {currentRevision, updateRevision} = asObject(settled['status']);
    assert.equal(currentRevision, updateRevision);
    assert.notEqual(currentRevision, at(before, 'status', 'currentRevision'));
  });
  test('with a partition only the pods from it on get the new template', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-part', replicas: 3, spec: PARALLEL}));
    await world.settles(STATEFUL_SETS, 'set-part', ready(3));
    const updateStrategy = {type: 'RollingUpdate', rollingUpdate: {partition: 2}};
    const {spec} = withImage('engine:2') as {spec: object};
    await world.patch(STATEFUL_SETS, 'set-part', {spec: {...spec, updateStrategy}});
    const settled = await world.settles(STATEFUL_SETS, 'set-part', {...ready(3, 2), updatedReplicas: 1, currentReplicas: 2});
    const {currentRevision, updateRevision} = asObject(settled['status']);
    assert.notEqual(currentRevision, updateRevision);
    assert.deepEqual(await imagesOf('set-part'), {'set-part-0': 'engine:1', 'set-part-1': 'engine:1', 'set-part-2': 'engine:2'});
  });
  test('below the partition a lost pod comes back with the old template', async () => {
    await world.create(STATEFUL_SETS, statefulSet({name: 'set-old', replicas: 2, spec: PARALLEL}));
    await world.settles(STATEFUL_SETS, 'set-old', ready(2));
    const {spec} = withImage('engine:2') as {spec: object};
    await world.patch(STATEFUL_SETS, 'set-old', {spec: {...spec, updateStrategy: {rollingUpdate: {partition: 1}}}});
    await world.settles(STATEFUL_SETS, 'set-old', {...ready(2, 2), updatedReplicas: 1, currentReplicas: 1});
    const story = await world.follow('set-old');
    await story.until(4);
    await world.remove(PODS, 'set-old-0');
    await story.until(8);
    story.stop();
    assert.deepEqual(await imagesOf('set-old'), {'set-old-0': 'engine:1', 'set-old-1': 'engine:2'});
  });
  test('OnDelete gives a pod the new template when it is deleted', async () => {
    await world.create(
      STATEFUL_SETS,
      statefulSet({name: 'set-hand', replicas: 2, spec: {...PARALLEL, updateStrategy: {type: 'OnDelete'}}}),
    );
    await world.settles(STATEFUL_SETS, 'set-hand', ready(2));
    await world.patch(STATEFUL_SETS, 'set-hand', withImage('engine:2'));
    const waiting = await world.settles(STATEFUL_SETS, 'set-hand', {...ready(2, 2), updatedReplicas: undefined});
    assert.deepEqual(countsOf(waiting)['currentReplicas'], 2);
    await world.remove(PODS, 'set-hand-1');
    await world.settles(STATEFUL_SETS, 'set-hand', {...ready(2, 2), updatedReplicas: 1});
    assert.deepEqual(await imagesOf('set-hand'), {'set-hand-0': 'engine:1', 'set-hand-1': 'engine:2'});
  });
  test('each pod has its volume claims, and leaves them behind', async () => {
    const claim = {metadata: {name: 'cache'}, spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}}};
    await world.create(
      STATEFUL_SETS,
      statefulSet({name: 'set-claim', replicas: 1, readyAfter: '24h', spec: {volumeClaimTemplates: [claim]}}),
    );
    await world.settles(STATEFUL_SETS, 'set-claim', {replicas: 1});
    const found = (await world.find(CLAIMS, 'cache-set-claim-0')) ?? {};
    assert.deepEqual(metadataOf(found)['labels'], {app: 'set-claim'});
    const pod = (await world.find(PODS, 'set-claim-0')) ?? {};
    const [volume] = specOf(pod)['volumes'] as readonly unknown[];
    assert.deepEqual(volume, {name: 'cache', persistentVolumeClaim: {claimName: 'cache-set-claim-0'}});
    await world.patch(STATEFUL_SETS, 'set-claim', {spec: {replicas: 0}});
    await world.gone(PODS, 'set-claim-0');
    assert.equal(metadataOf((await world.find(CLAIMS, 'cache-set-claim-0')) ?? {})['deletionTimestamp'], undefined);
  });
}
