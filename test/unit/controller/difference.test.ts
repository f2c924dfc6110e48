import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import type {KubeObject} from '../../../src/api/objects.ts';
import {differences} from '../../../src/controller/difference.ts';
import {keepIgnored} from '../../../src/controller/json-pointer.ts';

describe('differing fields are named as a person would', () => {
  const ROWS: readonly [string, unknown, unknown, readonly string[]][] = [
    ['nothing differs', {a: [1, {b: 2}]}, {a: [1, {b: 2}]}, []],
    ['the order of keys does not matter', {a: 1, b: 2}, {b: 2, a: 1}, []],
    ['a value', {spec: {replicas: 1}}, {spec: {replicas: 2}}, ['spec.replicas']],
    ['a list item by its name', {c: [{name: 'engine', image: 'a'}]}, {c: [{name: 'engine', image: 'b'}]}, ['c[engine].image']],
    ['a list item without a name by its place', {c: ['a', 'b']}, {c: ['a', 'c']}, ['c[1]']],
    ['an item that is only on one side', {c: [{name: 'a'}]}, {c: [{name: 'a'}, {name: 'b'}]}, ['c[b]']],
    ['items of the same name by their place', {c: [{name: 'a', x: 1}, {name: 'a'}]}, {c: [{name: 'a', x: 2}, {name: 'a'}]}, ['c[0].x']],
    ['a key that is no identifier', {labels: {'a.b/c': '1'}}, {labels: {}}, ['labels[a.b/c]']],
    ['null is not nothing', {a: null}, {}, ['a']],
  ];
  for (const [what, a, b, expected] of ROWS) {
    test(what, () => {
      assert.deepEqual(differences(a, b), expected);
    });
  }

  test('there are none exactly between equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.deepEqual(differences(a, structuredClone(a)), []);
        assert.equal(differences({a}, {a: b}).length > 0, JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)));
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

describe('what sync.ignore names is kept as the clone has it', () => {
  const object = (spec: unknown, labels: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: {name: 'x', labels},
    spec,
  });
  const ROWS: readonly [string, string, unknown, unknown, unknown][] = [
    ['a value', '/spec/replicas', {replicas: 1}, {replicas: 5}, {replicas: 5}],
    ['what the clone lacks is left out', '/spec/replicas', {replicas: 1, a: 1}, {}, {a: 1}],
    ['what only the clone has stays', '/spec/extra', {}, {extra: true}, {extra: true}],
    ['an item of a list', '/spec/c/0/image', {c: [{image: 'a', x: 1}]}, {c: [{image: 'b'}]}, {c: [{image: 'b', x: 1}]}],
    ['escapes of RFC 6901', '/spec/a~1b~0c', {'a/b~c': 1}, {'a/b~c': 2}, {'a/b~c': 2}],
    ['a pointer to nowhere changes nothing', '/spec/no/where', {a: 1}, {no: {where: 1}}, {a: 1}],
  ];
  for (const [what, pointer, wanted, stored, expected] of ROWS) {
    test(`${pointer}: ${what}`, () => {
      assert.deepEqual(keepIgnored(object(wanted), object(stored), [pointer])['spec'], expected);
    });
  }

  test('labels can be named, names and uids cannot', () => {
    const kept = keepIgnored(object({}, {a: '1'}), {...object({}, {a: '2'}), metadata: {name: 'other', labels: {a: '2'}}}, [
      '/metadata/labels/a',
      '/metadata/name',
    ]);
    assert.deepEqual(kept.metadata, {name: 'x', labels: {a: '2'}, annotations: {}});
  });
});
