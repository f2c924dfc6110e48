/** Lists: selectors, pages, forms, and the deletion of many at once. */
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import {asObject, type Json} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {CONFIG_MAPS, configMap, DEPLOYMENTS, metadataOf} from './objects.ts';

const itemsOf = (list: Json): Json[] => (Array.isArray(list['items']) ? list['items'].map(asObject) : []);
const namesOf = (list: Json): unknown[] => itemsOf(list).map((item) => metadataOf(item)['name']);

export function collectionCases(api: () => ApiClient): void {
  describe('lists', () => {
    before(async () => {
      const labels = {one: {set: 'c', tier: 'a', n: '1'}, two: {set: 'c', tier: 'b', n: '2'}, three: {set: 'c'}};
      for (const [name, of] of Object.entries(labels)) {
        await api().ok('POST', CONFIG_MAPS, {body: configMap(`c-${name}`, {metadata: {labels: of}})});
      }
    });
    const select = async (selector: string): Promise<unknown[]> => {
      const query = new URLSearchParams({labelSelector: `set=c,${selector}`});
      return namesOf(await api().ok('GET', `${CONFIG_MAPS}?${query.toString()}`));
    };

    const SELECTORS: readonly [string, readonly string[]][] = [
      ['tier=a', ['c-one']],
      ['tier==a', ['c-one']],
      ['tier!=a', ['c-three', 'c-two']],
      ['tier in (a, b)', ['c-one', 'c-two']],
      ['tier notin (a)', ['c-three', 'c-two']],
      ['tier', ['c-one', 'c-two']],
      ['!tier', ['c-three']],
      ['n>1', ['c-two']],
    ];
    for (const [selector, names] of SELECTORS) {
      test(`by label: ${selector}`, async () => {
        assert.deepEqual(await select(selector), names);
      });
    }
    test('by name', async () => {
      const {status, body} = await api().send('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dc-two`);
      assert.deepEqual([status, namesOf(body)], [200, ['c-two']]);
    });
    const UNREADABLE: readonly [string, string][] = [
      [`${CONFIG_MAPS}?labelSelector=a%3Db%3Dc`, "found '=', expected: ',' or 'end of string'"],
      [`${CONFIG_MAPS}?labelSelector=a%20b`, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
      ['/api/v1/pods?fieldSelector=foo%3Dbar', 'field label not supported: foo'],
      [`${DEPLOYMENTS}?fieldSelector=spec.x%3D1`, '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      ['/api/v1/pods?fieldSelector=foo', "invalid selector: 'foo'; can't understand 'foo'"],
      [`${CONFIG_MAPS}?limit=x`, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ];
    for (const [path, message] of UNREADABLE) {
      test(`refused: ${path}`, async () => {
        const {status, body} = await api().send('GET', path);
        assert.deepEqual([status, body['message']], [400, message]);
      });
    }
    test('in pages show every object once, at one moment', async () => {
      const first = await api().ok('GET', `${CONFIG_MAPS}?labelSelector=set%3Dc&limit=2`);
      assert.deepEqual(namesOf(first), ['c-one', 'c-three']);
      const token = String(metadataOf(first)['continue']);
      await api().ok('POST', CONFIG_MAPS, {body: configMap('c-zlater', {metadata: {labels: {set: 'c'}}})});
      const second = await api().ok('GET', `${CONFIG_MAPS}?labelSelector=set%3Dc&limit=2&continue=${encodeURIComponent(token)}`);
      assert.deepEqual(namesOf(second), ['c-two']);
      assert.equal(metadataOf(second)['continue'], undefined);
      assert.equal(metadataOf(second)['resourceVersion'], metadataOf(first)['resourceVersion']);
      await api().ok('DELETE', `${CONFIG_MAPS}/c-zlater`);
    });
    test('of built-in kinds carry the kind of the list, not of each item', async () => {
      const {kind, apiVersion, items} = await api().ok('GET', `${CONFIG_MAPS}?labelSelector=set%3Dc`);
      assert.deepEqual([kind, apiVersion], ['ConfigMapList', 'v1']);
      assert.equal(asObject((items as unknown[])[0])['kind'], undefined);
    });
    test('of nothing are empty, also across namespaces', async () => {
      for (const path of [`${CONFIG_MAPS}?labelSelector=set%3Dnone`, '/api/v1/configmaps?labelSelector=set%3Dnone']) {
        assert.deepEqual((await api().ok('GET', path))['items'], []);
      }
    });
    test('may be of metadata only', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      const list = await api().ok('GET', `${CONFIG_MAPS}?labelSelector=set%3Dc`, {accept});
      assert.equal(list['kind'], 'PartialObjectMetadataList');
      assert.deepEqual(new Set(itemsOf(list).map((item) => Object.keys(item).sort().join())), new Set(['apiVersion,kind,metadata']));
    });
    test('from the future do not come', async () => {
      const {status, body} = await api().send('GET', `${CONFIG_MAPS}?resourceVersion=999999999`);
      assert.deepEqual([status, body['reason']], [504, 'Timeout']);
      assert.match(String(body['message']), /^Timeout: Too large resource version: 999999999, current: \d+$/u);
    });
    test('can be deleted as a whole', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('c-del', {metadata: {labels: {set: 'del'}}})});
      await api().ok('DELETE', `${CONFIG_MAPS}?labelSelector=set%3Ddel`);
      await eventually('it is gone', async () => (await api().send('GET', `${CONFIG_MAPS}/c-del`)).status === 404);
      assert.equal((await api().send('GET', `${CONFIG_MAPS}/c-one`)).status, 200);
    });
  });
}
