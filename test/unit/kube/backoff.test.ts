import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {backoffMs} from '../../../src/kube/backoff.ts';
import {codeOf, isRetryable, KubeError} from '../../../src/kube/errors.ts';
import {spread} from '../../../src/kube/retry.ts';

describe('backoff', () => {
  test('doubles with each failure, up to its end, and its upper half is chance', () => {
    const backoff = {baseMs: 100, maxMs: 1000};
    assert.deepEqual(
      [0, 1, 2, 3, 4, 100].map((failures) => [backoffMs(failures, backoff, () => 0), backoffMs(failures, backoff, () => 1)]),
      [
        [50, 100],
        [100, 200],
        [200, 400],
        [400, 800],
        [500, 1000],
        [500, 1000],
      ],
    );
  });

  test('is never nothing and never without end', () => {
    const random = fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true});
    fc.assert(
      fc.property(fc.nat(), random, (failures, chance) => {
        const ms = backoffMs(failures, {baseMs: 100, maxMs: 60_000}, () => chance);
        return ms >= 50 && ms <= 60_000;
      }),
    );
  });

  test('after what the server asked for is a little longer, never shorter', () => {
    assert.deepEqual([spread(1000, () => 0), spread(1000, () => 1), spread(undefined, () => 1)], [1000, 1200, 0]);
  });
});

describe('errors', () => {
  const codes: readonly [number, string | undefined, string, boolean][] = [
    [401, undefined, 'Unauthorized', true],
    [403, 'Forbidden', 'Forbidden', false],
    [404, 'NotFound', 'NotFound', false],
    [408, undefined, 'ServerError', true],
    [409, 'AlreadyExists', 'AlreadyExists', false],
    [409, 'Conflict', 'Conflict', false],
    [400, 'Expired', 'Gone', false],
    [410, undefined, 'Gone', false],
    [415, undefined, 'Other', false],
    [422, 'Invalid', 'Invalid', false],
    [429, undefined, 'TooManyRequests', true],
    [500, 'InternalError', 'ServerError', true],
    [504, 'Timeout', 'ServerError', true],
  ];
  for (const [status, reason, code, retryable] of codes) {
    test(`HTTP ${String(status)} ${reason ?? ''} is ${code}, which ${retryable ? 'may' : 'does not'} pass by itself`, () => {
      const found = codeOf(status, reason);
      assert.equal(found, code);
      assert.equal(isRetryable(new KubeError('', {code: found, status})), retryable);
    });
  }
  test('what is no answer of the API server is not tried again blindly', () => {
    assert.equal(isRetryable(new Error('a bug')), false);
  });
});
