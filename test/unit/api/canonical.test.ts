/** When two JSON values count as the same. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {canonical, sameJson} from '../../../src/api/canonical.ts';

const leaf = fc.constantFrom<unknown>(null, undefined, true, 0, 1, '', 'a', '1');
const {value} = fc.letrec((tie) => ({
  value: fc.oneof(
    {maxDepth: 3},
    leaf,
    fc.array(
      tie('value').filter((one) => one !== undefined),
      {maxLength: 3},
    ),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('value'), {noNullPrototype: true}),
  ),
}));

describe('two values', () => {
  test('are the same exactly when their canonical texts are', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        assert.equal(sameJson(one, other), canonical(one) === canonical(other));
        assert.ok(sameJson(one, structuredClone(one)));
      }),
      {numRuns: 3000},
    );
  });
  test('the order of keys and fields that are undefined do not count', () => {
    assert.ok(sameJson({a: 1, b: {c: [1, {d: 2}]}, e: undefined}, {b: {f: undefined, c: [1, {d: 2}]}, a: 1}));
    assert.equal(canonical({b: 1, a: {d: undefined, c: '"'}}), '{"a":{"c":"\\""},"b":1}');
  });
  test('what is missing, more, or in another order in a list does', () => {
    assert.ok(!sameJson({a: 1}, {a: 1, b: null}));
    assert.ok(!sameJson([1, 2], [2, 1]));
    assert.ok(!sameJson([], {}));
    assert.ok(!sameJson({a: {}}, {a: null}));
  });
});
