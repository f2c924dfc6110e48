/** The demo comes into a cluster only where nothing of its kind is, and leaves everything there that is not its own. */
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {LABELS} from '../../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import {CRD_NAME, enter, leave, othersServeMetrics, Refused, type GuestDeps} from '../../../src/demo/guest.ts';
import {installAdapter, installRsg, installWorkloads} from '../../../src/demo/install.ts';
import {apiService, EXTERNAL_METRICS, OWN_LABELS} from '../../../src/demo/manifests.ts';
import {API_SERVICE, CRD, NAMESPACE} from '../../../src/demo/types.ts';
import {isKubeError} from '../../../src/kube/errors.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {sandboxApiServer, type ApiServer} from '../../support/api-server.ts';

const PLACE = {namespace: 'rsg-demo', enginePort: 20_000, image: 'engine'};
const GUESTS: readonly (readonly [ResourceType, string])[] = [
  [NAMESPACE, PLACE.namespace],
  [CRD, CRD_NAME],
  [API_SERVICE, EXTERNAL_METRICS],
];

let server: ApiServer;
let deps: GuestDeps;
before(async () => {
  server = await sandboxApiServer();
  deps = {client: server.client, clock: systemClock};
  await remove(CRD, CRD_NAME);
});
after(() => server.stop());
afterEach(async () => {
  for (const [type, name] of GUESTS) await remove(type, name);
});

const remove = (type: ResourceType, name: string): Promise<unknown> => server.client.delete({type, name}, {propagation: 'Background'});
const install = async (): Promise<void> => {
  const installing = {...deps, signal: new AbortController().signal};
  await installWorkloads(PLACE, installing);
  await installAdapter(PLACE, 20_001, installing);
  await installRsg(PLACE, true, installing);
};
/** Names of those that are there. */
async function there(): Promise<string[]> {
  const found = await Promise.all(
    GUESTS.map(([type, name]) =>
      server.client.get({type, name}).then(
        () => [name],
        (error: unknown) => {
          if (isKubeError(error, 'NotFound')) return [];
          throw error;
        },
      ),
    ),
  );
  return found.flat();
}
const namespace = (labels = {}): KubeObject => ({apiVersion: 'v1', kind: 'Namespace', metadata: {name: PLACE.namespace, labels}});
const refusal = (text: RegExp) => (error: unknown) => error instanceof Refused && text.test(error.message);

test('it leaves nothing behind', async () => {
  await enter(PLACE, deps);
  await install();
  assert.deepEqual(
    await there(),
    GUESTS.map(([, name]) => name),
  );
  assert.deepEqual(await leave(PLACE, deps), []);
  assert.deepEqual(await there(), []);
});

test('what an earlier demo left is removed when it comes', async () => {
  await install();
  await enter(PLACE, deps);
  assert.deepEqual(await there(), []);
});

test('a namespace that is there stays, and the demo asks for another', async () => {
  await server.client.create(NAMESPACE, namespace());
  await assert.rejects(enter(PLACE, deps), refusal(/the namespace rsg-demo is there already.*--namespace/u));
  assert.deepEqual(await leave(PLACE, deps), []);
  assert.deepEqual(await there(), [PLACE.namespace]);
});

test('where ResourceScalingGroups are installed it does not come', async () => {
  await install();
  await server.client.patch({type: CRD, name: CRD_NAME}, {metadata: {labels: null}});
  await assert.rejects(enter(PLACE, deps), refusal(/installed in this cluster already/u));
  await leave(PLACE, deps);
  assert.deepEqual(await there(), [CRD_NAME]);
});

test('RSGs that others have made meanwhile keep the kind', async () => {
  await install();
  await installRsg({...PLACE, namespace: 'default'}, false, {...deps, signal: new AbortController().signal});
  const [left = ''] = await leave(PLACE, deps);
  assert.match(left, /^kubectl delete crd .*others have made ResourceScalingGroups meanwhile/u);
  assert.deepEqual(await there(), [CRD_NAME]);
});

const FOREIGN: readonly (readonly [string, Record<string, string>])[] = [
  ['of KEDA', {}],
  ['of an RSG that somebody has installed', {[LABELS.injectCa]: 'true'}],
];
for (const [whose, labels] of FOREIGN) {
  test(`the APIService ${whose} stays`, async () => {
    const {metadata, ...rest} = apiService(PLACE, 443);
    await server.client.create(API_SERVICE, {...rest, metadata: {...metadata, labels}});
    await enter(PLACE, deps);
    assert.equal(await othersServeMetrics(deps), true);
    await leave(PLACE, deps);
    assert.deepEqual(await there(), [EXTERNAL_METRICS]);
  });
}

test('its own APIService is not one of others', async () => {
  await server.client.create(NAMESPACE, namespace(OWN_LABELS));
  await installAdapter(PLACE, 20_001, {...deps, signal: new AbortController().signal});
  assert.equal(await othersServeMetrics(deps), false);
});
