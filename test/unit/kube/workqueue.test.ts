import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {Registry} from 'prom-client';
import {createQueueMetrics} from '../../../src/kube/metrics.ts';
import {createWorkQueue} from '../../../src/kube/workqueue.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';

describe('the work queue', () => {
  const setup = (handler?: (key: string) => Promise<void>, restMs = 0) => {
    const clock = new FakeClock();
    const queue = createWorkQueue({baseMs: 100, maxMs: 1000, restMs}, {clock, random: () => 1});
    const handled: string[] = [];
    const end = new AbortController();
    const running = queue.run(
      2,
      async (key) => {
        handled.push(key);
        await handler?.(key);
      },
      end.signal,
    );
    const stop = async (): Promise<void> => {
      end.abort();
      await running;
    };
    return {clock, queue, handled, stop};
  };

  test('a key added several times is handled once', async () => {
    const {queue, handled, stop} = setup();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await settle();
    assert.deepEqual(handled, ['a', 'b']);
    await stop();
  });

  test('a key added while it is handled is handled once more, never twice at a time', async () => {
    let release: () => void = () => undefined;
    const {queue, handled, stop} = setup(() => new Promise((resolve) => (release = resolve)));
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    assert.deepEqual(handled, ['a']);
    release();
    await settle();
    assert.deepEqual(handled, ['a', 'a']);
    release();
    await settle();
    assert.deepEqual(handled, ['a', 'a']);
    await stop();
  });

  test('what comes in showers is handled at once, and then together once the key has rested', async () => {
    const {clock, queue, handled, stop} = setup(undefined, 100);
    queue.addSoon('a');
    await settle();
    assert.deepEqual(handled, ['a']);
    for (let at = 0; at < 5; at += 1) {
      queue.addSoon('a');
      await clock.advance(10);
    }
    assert.deepEqual(handled, ['a']);
    await clock.advance(50);
    assert.deepEqual(handled, ['a', 'a']);
    await clock.advance(1000);
    assert.deepEqual(handled, ['a', 'a']);
    queue.addSoon('a');
    await settle();
    assert.deepEqual(handled, ['a', 'a', 'a']);
    await stop();
  });

  test('what comes while a key is handled, though it forgets its delays, is handled after the rest; what is urgent, at once', async () => {
    let release: () => void = () => undefined;
    const {clock, queue, handled, stop} = setup(async (key) => {
      await new Promise<void>((resolve) => (release = resolve));
      queue.forget(key);
    }, 100);
    queue.add('a');
    await settle();
    queue.addSoon('a');
    release();
    await clock.advance(99);
    assert.deepEqual(handled, ['a']);
    await clock.advance(1);
    assert.deepEqual(handled, ['a', 'a']);
    queue.addSoon('a');
    queue.add('a');
    release();
    await settle();
    assert.deepEqual(handled, ['a', 'a', 'a']);
    release();
    await stop();
  });

  test('of two delays the shorter counts', async () => {
    const {clock, queue, handled, stop} = setup();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await clock.advance(150);
    assert.deepEqual(handled, ['a']);
    await clock.advance(2000);
    assert.deepEqual(handled, ['a']);
    await stop();
  });

  test('a key that is forgotten is not looked at again, whatever it waited for', async () => {
    const {clock, queue, handled, stop} = setup();
    queue.addAfter('a', 100);
    queue.forget('a');
    await clock.advance(1000);
    assert.deepEqual(handled, []);
    queue.addAfter('a', 500);
    await clock.advance(600);
    assert.deepEqual(handled, ['a']);
    await stop();
  });

  test('keys added at once are handled by all workers at once, in their order', async () => {
    const releases: (() => void)[] = [];
    const {queue, handled, stop} = setup(() => new Promise((resolve) => releases.push(resolve)));
    await settle();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await settle();
    assert.deepEqual(handled, ['a', 'b']);
    while (releases.length > 0) {
      releases.shift()?.();
      await settle();
    }
    assert.deepEqual(handled, ['a', 'b', 'c', 'd']);
    await stop();
  });

  test('a stop waits for what is being handled, and nothing is handled after it', async () => {
    let release: () => void = () => undefined;
    const {clock, queue, handled, stop} = setup(() => new Promise((resolve) => (release = resolve)));
    queue.add('a');
    queue.addAfter('b', 100);
    await settle();
    let stopped = false;
    const stopping = stop().then(() => (stopped = true));
    await settle();
    assert.equal(stopped, false);
    release();
    await stopping;
    await clock.advance(1000);
    assert.deepEqual(handled, ['a']);
  });

  test('how many keys wait and how many were retried is counted', async () => {
    const registry = new Registry();
    const metrics = createQueueMetrics(registry);
    const queue = createWorkQueue({baseMs: 100, maxMs: 1000}, {clock: new FakeClock(), random: () => 1, metrics});
    assert.match(await registry.metrics(), /rsg_workqueue_retries_total 0\n[^]*rsg_workqueue_depth 0\n/u);
    queue.add('a');
    queue.add('b');
    queue.addRateLimited('c');
    assert.match(await registry.metrics(), /rsg_workqueue_retries_total 1\n[^]*rsg_workqueue_depth 2\n/u);
  });

  test('failures are retried later and later, until one succeeds', async () => {
    const {clock, queue, handled, stop} = setup();
    for (const ms of [100, 200, 400, 800, 1000, 1000]) {
      queue.addRateLimited('a');
      const before = handled.length;
      await clock.advance(ms - 1);
      assert.equal(handled.length, before, `earlier than ${String(ms)} ms`);
      await clock.advance(1);
      assert.equal(handled.length, before + 1);
    }
    queue.addRateLimited('a', 5000);
    await clock.advance(4999);
    assert.equal(handled.length, 6, 'a busy server said when to come back');
    await clock.advance(1);
    assert.equal(handled.length, 7);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(100);
    assert.equal(handled.length, 8);
    await stop();
  });
});
