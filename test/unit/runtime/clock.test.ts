import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {systemClock, timestamp} from '../../../src/runtime/clock.ts';

describe('the system clock', () => {
  test('ends a sleep with its signal, also one that has aborted before', async () => {
    const end = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, end.signal);
    end.abort();
    await sleeping;
    await systemClock.sleep(3_600_000, end.signal);
  });

  test('has a time that never goes back', () => {
    const before = systemClock.monotonic();
    assert.ok(systemClock.monotonic() >= before);
  });
});

test('times are written in whole seconds, as Kubernetes does', () => {
  assert.equal(timestamp(Date.parse('2026-01-02T03:04:05.678Z')), '2026-01-02T03:04:05Z');
});
