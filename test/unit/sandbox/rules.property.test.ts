/** What holds for any object, any patch and any selector. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {asObject, type Json} from '../../../src/api/json.ts';
import {strategicMerge} from '../../../src/sandbox/http/strategic-merge.ts';
import {mergePatch} from '../../../src/sandbox/http/patch.ts';
import {decodeObject} from '../../../src/sandbox/schema/decode.ts';
import {loadDefinitions} from '../../../src/sandbox/schema/definitions.ts';
import {formatSelector, matchesLabels, parseLabelSelector} from '../../../src/sandbox/selectors/label-selector.ts';
import {humanDuration} from '../../../src/sandbox/tables/age.ts';
import {quantityValue} from '../../../src/sandbox/validation/quantity.ts';

const definitions = loadDefinitions();
const DEPLOYMENT = 'api.apps.v1.Deployment';
const name = fc.constantFrom('a', 'b', 'c', 'd');
const named = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly (T & {name: string})[]> =>
  fc.uniqueArray(
    fc.tuple(name, item).map(([of, rest]) => ({...rest, name: of})),
    {selector: (one) => one.name, maxLength: 4},
  );
const containers = named(
  fc.record({image: fc.constantFrom('x:1', 'x:2', 'y:1'), env: named(fc.record({value: fc.constantFrom('1', '2')}))}),
);
const deployment = (list: readonly object[]): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'web'},
  spec: {template: {spec: {containers: list}}},
});
const merge = (original: Json, patch: Json): Json => strategicMerge(definitions, {kind: 'ref', name: DEPLOYMENT}, {original, patch});
const containersOf = (object: Json): readonly Json[] => {
  const list = asObject(asObject(asObject(object['spec'])['template'])['spec'])['containers'];
  return Array.isArray(list) ? list.map(asObject) : [];
};

describe('strategic merge patch', () => {
  test('applied twice does no more than applied once', () => {
    fc.assert(
      fc.property(containers, containers, (before, change) => {
        const once = merge(deployment(before), deployment(change));
        assert.deepEqual(merge(once, deployment(change)), once);
      }),
    );
  });
  test('loses no container, and every one that it names is as it says', () => {
    fc.assert(
      fc.property(containers, containers, (before, change) => {
        const after = containersOf(merge(deployment(before), deployment(change)));
        const names = new Set([...before, ...change].map((one) => one.name));
        assert.deepEqual(new Set(after.map((one) => one['name'])), names);
        for (const wanted of change) assert.equal(after.find((one) => one['name'] === wanted.name)?.['image'], wanted.image);
      }),
    );
  });
});

test('a merge patch made of the object itself changes nothing', () => {
  fc.assert(
    fc.property(containers, (list) => {
      assert.deepEqual(mergePatch(deployment(list), deployment(list)), deployment(list));
    }),
  );
});

test('decoding what was decoded changes nothing', () => {
  fc.assert(
    fc.property(containers, (list) => {
      const definition = definitions.get(DEPLOYMENT);
      const once = decodeObject(definitions, definition, deployment(list)).value;
      assert.deepEqual(decodeObject(definitions, definition, once).value, once);
    }),
  );
});

test('a selector written as text selects the same', () => {
  const labels = fc.dictionary(name, fc.constantFrom('1', '2', '3'));
  const expression = fc.oneof(
    fc.record({
      key: name,
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.uniqueArray(fc.constantFrom('1', '2', '3'), {minLength: 1}),
    }),
    fc.record({key: name, operator: fc.constantFrom('Exists', 'DoesNotExist')}),
  );
  fc.assert(
    fc.property(labels, fc.array(expression, {maxLength: 3}), labels, (matchLabels, matchExpressions, of) => {
      const selector = {matchLabels, matchExpressions};
      const text = formatSelector(selector);
      const holds = Object.entries(matchLabels).every(([key, value]) => of[key] === value);
      const meets = matchExpressions.every((one) => {
        const value = of[one.key];
        switch (one.operator) {
          case 'Exists':
            return value !== undefined;
          case 'DoesNotExist':
            return value === undefined;
          case 'In':
            return 'values' in one && value !== undefined && one.values.includes(value);
          default:
            return !('values' in one) || value === undefined || !one.values.includes(value);
        }
      });
      assert.equal(matchesLabels(parseLabelSelector(text), of), holds && meets, text);
    }),
  );
});

describe('ages, as kubectl shows them', () => {
  const ROWS: readonly [number, string][] = [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [150, '2m30s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 600, '3h10m'],
    [8 * 3600, '8h'],
    [2 * 86_400, '2d'],
    [2 * 86_400 + 3600, '2d1h'],
    [8 * 86_400, '8d'],
  ];
  for (const [seconds, text] of ROWS) {
    test(text, () => {
      assert.equal(humanDuration(seconds * 1000), text);
    });
  }
});

test('quantities as numbers', () => {
  const rows: readonly [string, number][] = [
    ['1', 1],
    ['500m', 0.5],
    ['2Gi', 2 ** 31],
    ['1k', 1000],
    ['1e3', 1000],
  ];
  for (const [text, value] of rows) assert.equal(quantityValue(text), value);
  assert.ok(Number.isNaN(quantityValue('much')));
});
