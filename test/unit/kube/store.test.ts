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
