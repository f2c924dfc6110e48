import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {createStore} from '../../../src/kube/store.ts';

function object(name: string, version: number, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {apiVersion: 'v1', kind: 'Pod', metadata: {name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: String(version), labels}};
}
const byApp = {app: ({metadata}: KubeObject): string[] => Object.values(metadata.labels ?? {})};

describe('a store', () => {
  test('the newest version wins, whoever brings it: versions are numbers, not texts', () => {
    const store = createStore();
    store.apply(object('a', 10));
    store.apply(object('a', 9));
    assert.equal(store.get('ns', 'a')?.metadata.resourceVersion, '10');
  });

  test('an answer to a write that comes after the deletion does not bring the object back', () => {
    const store = createStore();
    store.apply(object('a', 5));
    store.remove(object('a', 8));
    store.apply(object('a', 7));
    assert.equal(store.get('ns', 'a'), undefined);
    store.apply({...object('a', 9), metadata: {...object('a', 9).metadata, uid: 'another'}});
    assert.equal(store.get('ns', 'a')?.metadata.uid, 'another');
  });

  test('indexes follow changes', () => {
    const store = createStore({indexers: byApp});
    store.apply(object('a', 1, {app: 'x'}));
    store.apply(object('b', 2, {app: 'x'}));
    store.apply(object('a', 3, {app: 'y'}));
    assert.deepEqual(
      store.by('app', 'x').map(({metadata}) => metadata.name),
      ['b'],
    );
    assert.deepEqual(
      store.by('app', 'y').map(({metadata}) => metadata.name),
      ['a'],
    );
    store.remove(object('a', 4));
    assert.deepEqual(store.by('app', 'y'), []);
  });

  test('a new list drops what is gone, and keeps what was written after it was read', () => {
    const store = createStore();
    store.apply(object('old', 1));
    store.apply(object('fresh', 20));
    store.replace([object('other', 4)], '10');
    assert.deepEqual(
      store
        .list()
        .map(({metadata}) => metadata.name)
        .sort(),
      ['fresh', 'other'],
    );
  });

  test('an answer that comes after a list without the object does not bring it back, however the list was missed', () => {
    const store = createStore();
    store.replace([object('a', 3)], '10');
    store.apply(object('made-and-gone', 5));
    assert.equal(store.get('ns', 'made-and-gone'), undefined);
    store.apply(object('made', 11));
    assert.equal(store.get('ns', 'made')?.metadata.resourceVersion, '11');
  });

  test('a list of a server whose history went back replaces everything', () => {
    const store = createStore();
    store.replace([object('a', 90), object('b', 95), object('same', 2)], '100');
    store.remove(object('b', 99));
    const seen: string[] = [];
    store.onChange((now, before) => seen.push(`${before?.metadata.name ?? '-'}→${now?.metadata.name ?? '-'}`));
    store.reset([object('a', 30), object('b', 35), object('same', 2)], '40');
    assert.deepEqual(
      store.list().map(({metadata}) => `${metadata.name}@${metadata.resourceVersion ?? ''}`),
      ['same@2', 'a@30', 'b@35'],
    );
    assert.deepEqual(seen, ['a→-', '-→a', '-→b']);
    store.apply(object('a', 41));
    assert.equal(store.get('ns', 'a')?.metadata.resourceVersion, '41');
  });

  test('a thousand deletions leave nothing behind', () => {
    const store = createStore({indexers: byApp});
    for (let at = 0; at < 10_000; at += 1) {
      store.apply(object(`a${String(at)}`, at * 2 + 1, {app: 'x'}));
      store.remove(object(`a${String(at)}`, at * 2 + 2));
    }
    assert.deepEqual([store.list(), store.by('app', 'x'), store.byUid('uid-a1')], [[], [], undefined]);
  });

  test('subscribers learn of every change once', () => {
    const store = createStore();
    const seen: string[] = [];
    const end = store.onChange((now, before) =>
      seen.push(`${before?.metadata.resourceVersion ?? '-'}→${now?.metadata.resourceVersion ?? '-'}`),
    );
    store.apply(object('a', 1));
    store.apply(object('a', 1));
    store.apply(object('a', 2));
    store.remove(object('a', 3));
    end();
    store.apply(object('b', 4));
    assert.deepEqual(seen, ['-→1', '1→2', '2→-']);
  });
});
