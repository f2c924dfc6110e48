import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {labelValue} from '../../../src/api/labels.ts';

test('a value that fits a label is kept as it is', () => {
  assert.equal(labelValue('llama'), 'llama');
  assert.equal(labelValue('a'.repeat(63)), 'a'.repeat(63));
});

test('longer values are cut to a valid label, and stay different', () => {
  const long = fc.stringMatching(/^[a-z0-9][-a-z0-9]{62,200}[a-z0-9]$/u);
  fc.assert(
    fc.property(long, long, (a, b) => {
      assert.match(labelValue(a), /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/u);
      assert.equal(labelValue(a) === labelValue(b), a === b);
    }),
  );
});
