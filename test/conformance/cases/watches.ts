/** Watches: what comes, in which order, and how they begin. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {textOf} from '../../../src/sandbox/kinds/fill.ts';
import type {ApiClient, OpenWatch} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {CONFIG_MAPS, configMap, MERGE, metadataOf, mistakes} from './objects.ts';

const seen = ({events}: OpenWatch): string[] => events.map(({type, object}) => `${type} ${textOf(metadataOf(object)['name'])}`.trim());

export function watchCases(api: () => ApiClient): void {
  const labelled = (set: string, more: object = {}): object => ({metadata: {labels: {set, ...more}}});
  const watching = async (query: string, act: (watch: OpenWatch) => Promise<void>): Promise<void> => {
    const watch = await api().watch(`${CONFIG_MAPS}?watch=1&${query}`);
    try {
      await act(watch);
    } finally {
      watch.stop();
    }
  };
  const expectEvents = (watch: OpenWatch, expected: readonly string[]): Promise<unknown> =>
    eventually(`${expected.join(', ')}; so far ${seen(watch).join(', ')}`, () =>
      Promise.resolve(seen(watch).length >= expected.length),
    ).then(() => {
      assert.deepEqual(seen(watch), expected);
    });
  const versionNow = async (): Promise<string> => String(metadataOf(await api().ok('GET', `${CONFIG_MAPS}?limit=1`))['resourceVersion']);

  describe('watches', () => {
    test('from a version tell all that came after it, in order', async () => {
      const from = await versionNow();
      await api().ok('POST', CONFIG_MAPS, {body: configMap('v-a', labelled('v1'))});
      await api().ok('PATCH', `${CONFIG_MAPS}/v-a`, {body: {data: {a: '1'}}, contentType: MERGE});
      await watching(`resourceVersion=${from}&labelSelector=set%3Dv1`, async (watch) => {
        await api().ok('DELETE', `${CONFIG_MAPS}/v-a`);
        await expectEvents(watch, ['ADDED v-a', 'MODIFIED v-a', 'DELETED v-a']);
        const versions = watch.events.map(({object}) => Number(metadataOf(object)['resourceVersion']));
        assert.deepEqual(
          versions,
          [...versions].sort((a, b) => a - b),
        );
        assert.ok(versions.every((version) => version > Number(from)));
      });
    });
    test('from no version begin with what is there', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('v-b', labelled('v2'))});
      await watching('labelSelector=set%3Dv2', (watch) => expectEvents(watch, ['ADDED v-b']).then(() => undefined));
    });
    test('with a selector see objects come and go as they match', async () => {
      const from = await versionNow();
      await api().ok('POST', CONFIG_MAPS, {body: configMap('v-c', labelled('v3'))});
      const mark = (value: string | null) =>
        api().ok('PATCH', `${CONFIG_MAPS}/v-c`, {body: {metadata: {labels: {mark: value}}}, contentType: MERGE});
      await watching(`resourceVersion=${from}&labelSelector=set%3Dv3%2Cmark`, async (watch) => {
        await mark('1');
        await mark('2');
        await mark(null);
        await expectEvents(watch, ['ADDED v-c', 'MODIFIED v-c', 'DELETED v-c']);
      });
    });
    test('of one name see that one only', async () => {
      const from = await versionNow();
      await watching(`resourceVersion=${from}&fieldSelector=metadata.name%3Dv-d`, async (watch) => {
        await api().ok('POST', CONFIG_MAPS, {body: configMap('v-other')});
        await api().ok('POST', CONFIG_MAPS, {body: configMap('v-d')});
        await expectEvents(watch, ['ADDED v-d']);
      });
    });
    test('with initial events end them with a bookmark that says so', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('v-e', labelled('v5'))});
      const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=set%3Dv5';
      await watching(query, async (watch) => {
        await eventually('a bookmark', () => Promise.resolve(watch.events.length >= 2));
        assert.deepEqual(
          watch.events.slice(0, 2).map(({type}) => type),
          ['ADDED', 'BOOKMARK'],
        );
        assert.deepEqual(metadataOf(watch.events[1]?.object ?? {})['annotations'], {'k8s.io/initial-events-end': 'true'});
      });
    });
    test('with initial events of no said age are refused', async () => {
      const {status, body} = await api().send('GET', `${CONFIG_MAPS}?watch=1&sendInitialEvents=true`);
      assert.equal(status, 422);
      assert.deepEqual(mistakes(body), [
        'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ]);
    });
    test('end when their time is up', async () => {
      const watch = await api().watch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=1`);
      await watch.ended;
    });
    test('tell metadata only where that is asked for', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('v-f', {...labelled('v6'), data: {a: '1'}})});
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const watch = await api().watch(`${CONFIG_MAPS}?watch=1&labelSelector=set%3Dv6`, accept);
      await eventually('an event', () => Promise.resolve(watch.events.length > 0));
      watch.stop();
      const [first] = watch.events;
      assert.deepEqual([first?.object['kind'], first?.object['data']], ['PartialObjectMetadata', undefined]);
    });
  });
}
