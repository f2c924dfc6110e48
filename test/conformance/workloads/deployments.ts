/** Deployments and their ReplicaSets, as the API shows them. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {asObject, asObjects, type Json} from '../../../src/api/json.ts';
import type {OpenWatch, WatchedEvent} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {at, metadataOf, specOf} from '../cases/objects.ts';
import {deployment, DEPLOYMENTS, PODS, REPLICA_SETS, withImage, type World} from './world.ts';

const REVISION = 'deployment.kubernetes.io/revision';

/** `Type=Status/Reason`, sorted. */
export function conditionsOf(object: Json): string[] {
  const conditions = asObjects(asObject(object['status'])['conditions']);
  return conditions.map(({type, status, reason}) => `${String(type)}=${String(status)}/${String(reason)}`).sort();
}

/** Everything of a status that is a count. */
export function countsOf(object: Json): Json {
  return Object.fromEntries(Object.entries(asObject(object['status'])).filter(([, value]) => typeof value === 'number'));
}

const ready = (replicas: number, observedGeneration = 1): object => ({
  observedGeneration,
  replicas,
  updatedReplicas: replicas,
  availableReplicas: replicas,
});
const revisionOf = (object: Json | undefined): unknown => at(object, 'metadata', 'annotations', REVISION);

/**
 * The most that its ReplicaSets were to have together, at any time: what maxSurge is about. Its pods can be more for a moment, since the
 * old ReplicaSet may lose them later than the new one gets its own.
 */
function largestSize(events: readonly WatchedEvent[]): number {
  const sizes = new Map<unknown, number>();
  return Math.max(
    ...events.map(({object}) => {
      sizes.set(metadataOf(object)['name'], Number(specOf(object)['replicas']));
      return [...sizes.values()].reduce((sum, size) => sum + size, 0);
    }),
  );
}

export function deploymentCases(world: World): void {
  const setsOf = async (app: string): Promise<readonly Json[]> =>
    [...(await world.list(REPLICA_SETS, app))].sort((a, b) => Number(revisionOf(a)) - Number(revisionOf(b)));
  const sizes = async (app: string): Promise<unknown[]> => (await setsOf(app)).map((set) => specOf(set)['replicas']);
  const watchSets = (app: string): Promise<OpenWatch> => world.api().watch(`${REPLICA_SETS}?watch=true&labelSelector=app%3D${app}`);
  const uids = async (app: string): Promise<string[]> => (await world.list(PODS, app)).map((pod) => String(metadataOf(pod)['uid'])).sort();

  test('a Deployment whose pods are ready says so', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-ready', replicas: 3}));
    const settled = await world.settles(DEPLOYMENTS, 'dep-ready', ready(3));
    assert.deepEqual(countsOf(settled), {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    assert.deepEqual(conditionsOf(settled), ['Available=True/MinimumReplicasAvailable', 'Progressing=True/NewReplicaSetAvailable']);
    assert.equal(revisionOf(settled), '1');
  });
  test('a Deployment whose pods are not ready says what is missing', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-slow', replicas: 2, readyAfter: '24h'}));
    const settled = await world.settles(DEPLOYMENTS, 'dep-slow', {replicas: 2, updatedReplicas: 2});
    assert.deepEqual(countsOf(settled), {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      unavailableReplicas: 2,
      terminatingReplicas: 0,
    });
    assert.deepEqual(conditionsOf(settled), ['Available=False/MinimumReplicasUnavailable', 'Progressing=True/ReplicaSetUpdated']);
  });
  test('a Deployment makes one ReplicaSet, and that the pods, with its hash in names and labels', async () => {
    const created = await world.create(DEPLOYMENTS, deployment({name: 'dep-names', replicas: 1}));
    await world.settles(DEPLOYMENTS, 'dep-names', ready(1));
    const [set = {}] = await setsOf('dep-names');
    const hash = String(at(set, 'metadata', 'labels', 'pod-template-hash'));
    const owner = (kind: string, object: Json): object => ({
      apiVersion: 'apps/v1',
      kind,
      name: metadataOf(object)['name'],
      uid: metadataOf(object)['uid'],
      controller: true,
      blockOwnerDeletion: true,
    });
    assert.equal(metadataOf(set)['name'], `dep-names-${hash}`);
    assert.deepEqual(metadataOf(set)['labels'], {app: 'dep-names', 'pod-template-hash': hash});
    assert.deepEqual(metadataOf(set)['ownerReferences'], [owner('Deployment', created)]);
    assert.deepEqual(metadataOf(set)['annotations'], {
      'deployment.kubernetes.io/desired-replicas': '1',
      'deployment.kubernetes.io/max-replicas': '2',
      [REVISION]: '1',
    });
    assert.deepEqual(specOf(set)['selector'], {matchLabels: {app: 'dep-names', 'pod-template-hash': hash}});
    const [pod = {}] = await world.list(PODS, 'dep-names');
    assert.match(String(metadataOf(pod)['name']), new RegExp(`^dep-names-${hash}-[a-z0-9]{5}$`, 'u'));
    assert.equal(metadataOf(pod)['generateName'], `dep-names-${hash}-`);
    assert.deepEqual(metadataOf(pod)['labels'], {app: 'dep-names', 'pod-template-hash': hash});
    assert.deepEqual(metadataOf(pod)['ownerReferences'], [owner('ReplicaSet', set)]);
  });
  test('a new template is rolled out by a new ReplicaSet, and the old one stays at 0', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-roll', replicas: 2}));
    await world.settles(DEPLOYMENTS, 'dep-roll', ready(2));
    const before = await uids('dep-roll');
    await world.patch(DEPLOYMENTS, 'dep-roll', withImage('engine:2'));
    const settled = await world.settles(DEPLOYMENTS, 'dep-roll', {...ready(2, 2), terminatingReplicas: 0});
    await eventually('only new pods are left', async () => (await uids('dep-roll')).every((uid) => !before.includes(uid)));
    assert.equal(revisionOf(settled), '2');
    assert.deepEqual(
      [(await setsOf('dep-roll')).map(revisionOf), await sizes('dep-roll')],
      [
        ['1', '2'],
        [0, 2],
      ],
    );
  });
  test('a rollout keeps to maxSurge and maxUnavailable', async () => {
    const strategy = {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 1}};
    await world.create(DEPLOYMENTS, deployment({name: 'dep-surge', replicas: 4, readyAfter: '100ms', spec: {strategy}}));
    await world.settles(DEPLOYMENTS, 'dep-surge', ready(4));
    const story = await world.follow('dep-surge');
    const sets = await watchSets('dep-surge');
    await world.patch(DEPLOYMENTS, 'dep-surge', withImage('engine:2'));
    await world.settles(DEPLOYMENTS, 'dep-surge', {...ready(4, 2), terminatingReplicas: 0});
    await story.until(4 * 2 + 4 * 4);
    story.stop();
    sets.stop();
    const [most, fewestReady] = [largestSize(sets.events), story.fewestReady(4)];
    assert.deepEqual({most, enough: fewestReady >= 3}, {most: 5, enough: true}, `${String(fewestReady)} ready`);
  });
  test('with maxUnavailable 0 there are never fewer ready pods than wanted', async () => {
    const strategy = {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 0}};
    await world.create(DEPLOYMENTS, deployment({name: 'dep-zero', replicas: 2, readyAfter: '100ms', spec: {strategy}}));
    await world.settles(DEPLOYMENTS, 'dep-zero', ready(2));
    const story = await world.follow('dep-zero');
    const sets = await watchSets('dep-zero');
    await world.patch(DEPLOYMENTS, 'dep-zero', withImage('engine:2'));
    await story.until(2 * 2 + 2 * 4);
    story.stop();
    sets.stop();
    const [most, fewestReady] = [largestSize(sets.events), story.fewestReady(2)];
    assert.deepEqual({most, enough: fewestReady >= 2}, {most: 3, enough: true}, `${String(fewestReady)} ready`);
  });
  test('back to an old template is a new revision of its old ReplicaSet', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-back', replicas: 1}));
    await world.settles(DEPLOYMENTS, 'dep-back', ready(1));
    const [first = {}] = await setsOf('dep-back');
    for (const [image, generation] of [
      ['engine:2', 2],
      ['engine:1', 3],
    ] as const) {
      await world.patch(DEPLOYMENTS, 'dep-back', withImage(image));
      await world.settles(DEPLOYMENTS, 'dep-back', ready(1, generation));
    }
    const sets = await setsOf('dep-back');
    assert.deepEqual(
      [sets.map(revisionOf), await sizes('dep-back')],
      [
        ['2', '3'],
        [0, 1],
      ],
    );
    assert.equal(metadataOf(sets[1] ?? {})['uid'], metadataOf(first)['uid']);
    assert.equal(revisionOf(await world.find(DEPLOYMENTS, 'dep-back')), '3');
  });
  test('a paused Deployment keeps its pods until it goes on', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-pause', replicas: 1}));
    await world.settles(DEPLOYMENTS, 'dep-pause', ready(1));
    const before = await uids('dep-pause');
    await world.patch(DEPLOYMENTS, 'dep-pause', {spec: {paused: true}});
    await world.patch(DEPLOYMENTS, 'dep-pause', withImage('engine:2'));
    const settled = await world.settles(DEPLOYMENTS, 'dep-pause', {observedGeneration: 3, updatedReplicas: undefined});
    assert.deepEqual(conditionsOf(settled), ['Available=True/MinimumReplicasAvailable', 'Progressing=Unknown/DeploymentPaused']);
    assert.deepEqual(await uids('dep-pause'), before);
    await world.patch(DEPLOYMENTS, 'dep-pause', {spec: {paused: false}});
    await world.settles(DEPLOYMENTS, 'dep-pause', ready(1, 4));
    assert.deepEqual(await sizes('dep-pause'), [0, 1]);
  });
  test('Recreate ends the old pods before it makes new ones', async () => {
    const spec = {strategy: {type: 'Recreate'}};
    await world.create(DEPLOYMENTS, deployment({name: 'dep-recreate', replicas: 2, terminateAfter: '200ms', spec}));
    await world.settles(DEPLOYMENTS, 'dep-recreate', ready(2));
    const story = await world.follow('dep-recreate');
    await world.patch(DEPLOYMENTS, 'dep-recreate', withImage('engine:2'));
    const lines = await story.until(2 * 2 + 2 * 4);
    story.stop();
    const verbs = lines.map((line) => /^[+-]/u.exec(line)?.[0] ?? line.split(' ')[1] ?? '');
    assert.ok(verbs.lastIndexOf('-') < verbs.indexOf('+', 4), lines.join(', '));
  });
  test('scaling down lets the pod with the lowest deletion cost go', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-cost', replicas: 3}));
    await world.settles(DEPLOYMENTS, 'dep-cost', ready(3));
    const [first = '', cheap = '', last = ''] = await world.podNames('dep-cost');
    for (const [name, cost] of [
      [first, '5'],
      [cheap, '-1'],
      [last, '5'],
    ] as const) {
      await world.patch(PODS, name, {metadata: {annotations: {'controller.kubernetes.io/pod-deletion-cost': cost}}});
    }
    await world.patch(DEPLOYMENTS, 'dep-cost', {spec: {replicas: 2}});
    await world.gone(PODS, cheap);
    await world.settles(DEPLOYMENTS, 'dep-cost', ready(2, 2));
    assert.deepEqual(await world.podNames('dep-cost'), [first, last]);
  });
  test('scaling down lets a pod that is not ready go before one that is', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-unready', replicas: 1}));
    await world.settles(DEPLOYMENTS, 'dep-unready', ready(1));
    const [old = ''] = await world.podNames('dep-unready');
    // Of the ReplicaSet, so that its new pods are other ones without a rollout.
    const [set = {}] = await setsOf('dep-unready');
    const hash = String(at(set, 'metadata', 'labels', 'pod-template-hash'));
    const metadata = {
      name: 'dep-unready-late',
      labels: {app: 'dep-unready', 'pod-template-hash': hash},
      annotations: {'test/ready-after': '24h'},
    };
    const {spec} = asObject(specOf(set)['template']);
    await world.create(PODS, {apiVersion: 'v1', kind: 'Pod', metadata, spec});
    await world.gone(PODS, 'dep-unready-late');
    assert.deepEqual(await world.podNames('dep-unready'), [old]);
  });
  test('terminating pods are counted apart', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-ending', replicas: 2, terminateAfter: '4s'}));
    await world.settles(DEPLOYMENTS, 'dep-ending', ready(2));
    await world.patch(DEPLOYMENTS, 'dep-ending', {spec: {replicas: 0}});
    const settled = await world.settles(DEPLOYMENTS, 'dep-ending', {observedGeneration: 2, replicas: undefined, terminatingReplicas: 2});
    assert.deepEqual(countsOf(settled), {observedGeneration: 2, terminatingReplicas: 2});
    await world.settles(DEPLOYMENTS, 'dep-ending', {terminatingReplicas: 0});
  });
  test('a pod that loses its label is let go, and replaced', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-free', replicas: 1}));
    await world.settles(DEPLOYMENTS, 'dep-free', ready(1));
    const [name = ''] = await world.podNames('dep-free');
    await world.patch(PODS, name, {metadata: {labels: {app: 'dep-freed'}}});
    await eventually('it is replaced', async () => (await world.podNames('dep-free')).length === 1);
    await eventually('it has no owner', async () => metadataOf((await world.find(PODS, name)) ?? {})['ownerReferences'] === undefined);
    await world.remove(PODS, name);
  });
  test('pods that are ready become available after minReadySeconds', async () => {
    await world.create(DEPLOYMENTS, deployment({name: 'dep-min', replicas: 1, spec: {minReadySeconds: 5}}));
    const early = await world.settles(DEPLOYMENTS, 'dep-min', {readyReplicas: 1, availableReplicas: undefined});
    assert.deepEqual(countsOf(early)['unavailableReplicas'], 1);
    await world.settles(DEPLOYMENTS, 'dep-min', ready(1));
  });
  test('a rollout that does not progress in time says so', async () => {
    const spec = {progressDeadlineSeconds: 1};
    await world.create(DEPLOYMENTS, deployment({name: 'dep-late', replicas: 1, readyAfter: '24h', spec}));
    await eventually('it is late', async () =>
      conditionsOf((await world.find(DEPLOYMENTS, 'dep-late')) ?? {}).includes('Progressing=False/ProgressDeadlineExceeded'),
    );
  });
}
