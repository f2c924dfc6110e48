/** EndpointSlices of Services, as the API shows them. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {asObjects, type Json} from '../../../src/api/json.ts';
import {eventually} from '../../support/wait.ts';
import {at, metadataOf, SERVICES} from '../cases/objects.ts';
import {deployment, DEPLOYMENTS, PODS, SLICES, STATEFUL_SETS, statefulSet, type World} from './world.ts';

const service = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name, labels: {app: name}},
  spec: {selector: {app: name}, ports: [{name: 'web', port: 80, targetPort: 'http'}], ...spec},
});

export function endpointCases(world: World): void {
  const sliceOf = async (app: string): Promise<Json> => (await world.list(SLICES, app))[0] ?? {};
  /** `pod: ready serving terminating`, sorted; what is false is left out. */
  const endpoints = async (app: string): Promise<string[]> =>
    asObjects((await sliceOf(app))['endpoints'])
      .map((one) => {
        const told = ['ready', 'serving', 'terminating'].filter((name) => at(one, 'conditions', name) === true);
        return `${String(at(one, 'targetRef', 'name'))}: ${told.join(' ')}`;
      })
      .sort();
  const become = async (app: string, wanted: readonly string[]): Promise<void> => {
    let last: string[] = [];
    const same = async (): Promise<boolean> => {
      last = await endpoints(app);
      return last.join() === wanted.join();
    };
    await eventually('the endpoints are as wanted', same, {timeoutMs: 20_000}).catch(() => {
      assert.deepEqual(last, wanted);
    });
  };

  test('a Service lists its ready pods, with the number of a named port', async () => {
    const created = await world.create(SERVICES, service('end-ready'));
    await world.create(STATEFUL_SETS, statefulSet({name: 'end-ready', replicas: 2}));
    await become('end-ready', ['end-ready-0: ready serving', 'end-ready-1: ready serving']);
    const slice = await sliceOf('end-ready');
    assert.deepEqual([slice['addressType'], slice['ports']], ['IPv4', [{name: 'web', port: 8000, protocol: 'TCP'}]]);
    const {name, labels, ownerReferences, generateName} = metadataOf(slice);
    assert.match(String(name), /^end-ready-[a-z0-9]{5}$/u);
    assert.equal(generateName, 'end-ready-');
    assert.deepEqual(labels, {
      app: 'end-ready',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'end-ready',
    });
    const {uid} = metadataOf(created);
    const owner = {apiVersion: 'v1', kind: 'Service', name: 'end-ready', uid, controller: true, blockOwnerDeletion: true};
    assert.deepEqual(ownerReferences, [owner]);
    const pod = (await world.find(PODS, 'end-ready-0')) ?? {};
    const first = asObjects(slice['endpoints']).find((one) => at(one, 'targetRef', 'name') === 'end-ready-0') ?? {};
    assert.deepEqual(first['addresses'], [at(pod, 'status', 'podIP')]);
    assert.equal(first['nodeName'], at(pod, 'spec', 'nodeName'));
    assert.deepEqual(first['targetRef'], {kind: 'Pod', namespace: 'default', name: 'end-ready-0', uid: metadataOf(pod)['uid']});
  });
  test('a pod that has not started is not in it', async () => {
    await world.create(SERVICES, service('end-slow'));
    await world.create(STATEFUL_SETS, statefulSet({name: 'end-slow', readyAfter: '24h'}));
    await world.settles(STATEFUL_SETS, 'end-slow', {replicas: 1});
    await eventually('there is a slice', async () => metadataOf(await sliceOf('end-slow'))['name'] !== undefined);
    assert.deepEqual(await endpoints('end-slow'), []);
  });
  test('a pod that is ending still serves and is not ready any more, until it is gone', async () => {
    await world.create(SERVICES, service('end-end'));
    await world.create(STATEFUL_SETS, statefulSet({name: 'end-end', replicas: 2, terminateAfter: '4s'}));
    await become('end-end', ['end-end-0: ready serving', 'end-end-1: ready serving']);
    await world.patch(STATEFUL_SETS, 'end-end', {spec: {replicas: 1}});
    await become('end-end', ['end-end-0: ready serving', 'end-end-1: serving terminating']);
    await become('end-end', ['end-end-0: ready serving']);
  });
  test('publishNotReadyAddresses keeps pods that are ending ready', async () => {
    await world.create(SERVICES, service('end-all', {publishNotReadyAddresses: true, clusterIP: 'None'}));
    await world.create(STATEFUL_SETS, statefulSet({name: 'end-all', replicas: 1, terminateAfter: '4s'}));
    await become('end-all', ['end-all-0: ready serving']);
    await world.patch(STATEFUL_SETS, 'end-all', {spec: {replicas: 0}});
    await become('end-all', ['end-all-0: ready serving terminating']);
    await become('end-all', []);
  });
  test('a Service with another selector has other endpoints', async () => {
    await world.create(SERVICES, service('end-move'));
    await world.create(DEPLOYMENTS, deployment({name: 'end-move', replicas: 1}));
    await world.create(STATEFUL_SETS, statefulSet({name: 'end-other', replicas: 1}));
    await eventually('one endpoint', async () => (await endpoints('end-move')).length === 1);
    await world.patch(SERVICES, 'end-move', {spec: {selector: {app: 'end-other'}}});
    await become('end-move', ['end-other-0: ready serving']);
  });
  test('a deleted Service takes its slices along', async () => {
    await world.create(SERVICES, service('end-gone'));
    await eventually('there is a slice', async () => metadataOf(await sliceOf('end-gone'))['name'] !== undefined);
    await world.remove(SERVICES, 'end-gone');
    await eventually('there is none', async () => (await world.list(SLICES, 'end-gone')).length === 0);
  });
}
