/** The three kinds of patches that the sandbox has, and the fourth, which it refuses plainly. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObject} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {draftRsg} from '../../support/rsg-objects.ts';
import {RSGS} from '../subject.ts';
import {at, CONFIG_MAPS, configMap, DEPLOYMENTS, JSON_PATCH, MERGE, metadataOf, mistakes, specOf, STRATEGIC, workload} from './objects.ts';

const containersOf = (body: object): object[] => {
  const list = at(body, 'spec', 'template', 'spec', 'containers');
  return Array.isArray(list) ? list.map(asObject) : [];
};

export function patchCases(api: () => ApiClient): void {
  const patch = (path: string, body: object, contentType: string) => api().send('PATCH', path, {body, contentType});

  describe('merge patch', () => {
    test('sets, and removes with null', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('p-merge', {data: {a: '1', b: '2'}})});
      const {body} = await patch(`${CONFIG_MAPS}/p-merge`, {data: {a: null, c: '3'}}, MERGE);
      assert.deepEqual(body['data'], {b: '2', c: '3'});
    });
    test('replaces lists as a whole', async () => {
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 'p-list')});
      const containers = [{name: 'other', image: 'other:1'}];
      const {body} = await patch(`${DEPLOYMENTS}/p-list`, {spec: {template: {spec: {containers}}}}, MERGE);
      assert.deepEqual(
        containersOf(body).map((one) => asObject(one)['name']),
        ['other'],
      );
    });
    test('with an old resourceVersion is a conflict', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('p-old')});
      const {status} = await patch(`${CONFIG_MAPS}/p-old`, {metadata: {resourceVersion: '1'}, data: {a: '1'}}, MERGE);
      assert.equal(status, 409);
    });
    test('that makes the object invalid is refused like the object', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 'p-bad'})});
      const {status, body} = await patch(`${RSGS}/p-bad`, {spec: {replicas: -1}}, MERGE);
      assert.equal(status, 422);
      assert.match(mistakes(body)[0] ?? '', /^spec\.replicas: Invalid value: -1/u);
    });
    test("with an unknown field is the patch's mistake under strict validation", async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 'p-strict'})});
      const {status, body} = await patch(`${RSGS}/p-strict?fieldValidation=Strict`, {spec: {replica: 1}}, MERGE);
      assert.equal(status, 422);
      assert.match(mistakes(body)[0] ?? '', /^patch: Invalid value: .*strict decoding error: unknown field "spec\.replica"$/u);
    });
  });

  describe('strategic merge patch', () => {
    test('changes the container it names, and keeps the rest', async () => {
      const pod = {
        containers: [
          {name: 'a', image: 'a:1', env: [{name: 'X', value: '1'}], ports: [{containerPort: 80}]},
          {name: 'b', image: 'b:1'},
        ],
      };
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 'p-smp', {pod})});
      const change = {containers: [{name: 'a', image: 'a:2', env: [{name: 'Y', value: '2'}], ports: [{containerPort: 81}]}]};
      const {status, body} = await patch(`${DEPLOYMENTS}/p-smp`, {spec: {template: {spec: change}}}, STRATEGIC);
      assert.equal(status, 200, JSON.stringify(body));
      const [a, b] = containersOf(body).map(asObject);
      assert.deepEqual([a?.['image'], b?.['image']], ['a:2', 'b:1']);
      assert.deepEqual(new Set((a?.['env'] as {name: string}[]).map(({name}) => name)), new Set(['X', 'Y']));
      assert.deepEqual(new Set((a?.['ports'] as {containerPort: number}[]).map(({containerPort}) => containerPort)), new Set([80, 81]));
    });
    test('removes an item with $patch: delete', async () => {
      const pod = {
        containers: [
          {name: 'a', image: 'a'},
          {name: 'b', image: 'b'},
        ],
      };
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 'p-del', {pod})});
      const change = {spec: {template: {spec: {containers: [{name: 'b', $patch: 'delete'}]}}}};
      const {body} = await patch(`${DEPLOYMENTS}/p-del`, change, STRATEGIC);
      assert.deepEqual(
        containersOf(body).map((one) => asObject(one)['name']),
        ['a'],
      );
    });
    test('orders with $setElementOrder', async () => {
      const pod = {
        containers: [
          {name: 'a', image: 'a'},
          {name: 'b', image: 'b'},
        ],
      };
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 'p-order', {pod})});
      const change = {'$setElementOrder/containers': [{name: 'b'}, {name: 'a'}], containers: [{name: 'a', image: 'a:2'}]};
      const {body} = await patch(`${DEPLOYMENTS}/p-order`, {spec: {template: {spec: change}}}, STRATEGIC);
      assert.deepEqual(
        containersOf(body).map((one) => asObject(one)['name']),
        ['b', 'a'],
      );
    });
    test('clears what $retainKeys does not name', async () => {
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 'p-retain')});
      const {body} = await patch(`${DEPLOYMENTS}/p-retain`, {spec: {strategy: {$retainKeys: ['type'], type: 'Recreate'}}}, STRATEGIC);
      assert.deepEqual(specOf(body)['strategy'], {type: 'Recreate'});
    });
    test('adds to and removes from lists of single values', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('p-prim', {metadata: {finalizers: ['x/a', 'x/b']}})});
      const change = {metadata: {'$deleteFromPrimitiveList/finalizers': ['x/a'], finalizers: ['x/c']}};
      const {body} = await patch(`${CONFIG_MAPS}/p-prim`, change, STRATEGIC);
      assert.deepEqual(new Set(metadataOf(body)['finalizers'] as string[]), new Set(['x/b', 'x/c']));
      await patch(`${CONFIG_MAPS}/p-prim`, {metadata: {finalizers: null}}, MERGE);
    });
    test('is not for custom resources', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 'p-custom'})});
      assert.equal((await patch(`${RSGS}/p-custom`, {spec: {replicas: 2}}, STRATEGIC)).status, 415);
    });
  });

  describe('JSON patch', () => {
    test('replaces, adds and removes', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('p-json', {data: {a: '1', b: '2'}})});
      const operations = [
        {op: 'test', path: '/data/a', value: '1'},
        {op: 'replace', path: '/data/a', value: '3'},
        {op: 'remove', path: '/data/b'},
        {op: 'add', path: '/metadata/labels', value: {x: 'y'}},
      ];
      const {body} = await patch(`${CONFIG_MAPS}/p-json`, operations, JSON_PATCH);
      assert.deepEqual([body['data'], metadataOf(body)['labels']], [{a: '3'}, {x: 'y'}]);
    });
    test('whose test fails changes nothing', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('p-test', {data: {a: '1'}})});
      const operations = [
        {op: 'test', path: '/data/a', value: '2'},
        {op: 'replace', path: '/data/a', value: '3'},
      ];
      const {status, body} = await patch(`${CONFIG_MAPS}/p-test`, operations, JSON_PATCH);
      assert.deepEqual([status, body['message']], [422, 'the server rejected our request due to an error in our request']);
      assert.deepEqual((await api().ok('GET', `${CONFIG_MAPS}/p-test`))['data'], {a: '1'});
    });
  });

  test('generation counts changes of the spec only', async () => {
    await api().ok('POST', RSGS, {body: draftRsg({name: 'p-gen'})});
    const generation = async (change: object): Promise<unknown> =>
      metadataOf((await patch(`${RSGS}/p-gen`, change, MERGE)).body)['generation'];
    assert.equal(await generation({metadata: {labels: {a: 'b'}, annotations: {a: 'b'}}}), 1);
    assert.equal(await generation({spec: {replicas: 2}}), 2);
    assert.equal(await generation({spec: {replicas: 2}}), 2);
  });

  test('a patch of what is not there is not found', async () => {
    assert.equal((await patch(`${CONFIG_MAPS}/p-none`, {data: {}}, MERGE)).status, 404);
  });
}
