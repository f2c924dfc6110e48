/** Who waits for the API server, and how old an answer of it may be. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {createAnswerCache} from '../../../../src/metrics-adapter/serving/auth/answer-cache.ts';
import {FakeClock} from '../../../support/fake-clock.ts';

describe('answers that are kept', () => {
  const setUp = (): {
    clock: FakeClock;
    get: (key?: string) => unknown;
    asked: string[];
    answer: (text: string | Error) => Promise<void>;
  } => {
    const clock = new FakeClock();
    const cache = createAnswerCache<string>({freshMs: 10, keepMs: 30, size: 2}, {clock});
    const asked: string[] = [];
    const waiting: {resolve: (text: string) => void; reject: (error: Error) => void}[] = [];
    return {
      clock,
      asked,
      get: (key = 'a') =>
        cache.get(key, () => {
          asked.push(key);
          return new Promise((resolve, reject) => waiting.push({resolve, reject}));
        }),
      answer: async (text) => {
        const one = waiting.shift();
        if (text instanceof Error) one?.reject(text);
        else one?.resolve(text);
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
  };

  test('the first who asks waits, and whoever comes meanwhile waits for the same', async () => {
    const {get, answer, asked} = setUp();
    const both = Promise.all([get(), get()]);
    await answer('yes');
    assert.deepEqual(await both, ['yes', 'yes']);
    assert.equal(get(), 'yes');
    assert.deepEqual(asked, ['a']);
  });
  test('one that is not fresh is given at once and replaced by what comes back', async () => {
    const {clock, get, answer, asked} = setUp();
    void get();
    await answer('yes');
    await clock.advance(10);
    assert.deepEqual([get(), get()], ['yes', 'yes']);
    assert.deepEqual(asked, ['a', 'a']);
    await answer('no');
    assert.equal(get(), 'no');
  });
  test('one that is too old is never given: its age counts from the question', async () => {
    const {clock, get, answer} = setUp();
    void get();
    await clock.advance(20);
    await answer('yes');
    await clock.advance(10);
    const later = get();
    assert.ok(later instanceof Promise);
    await answer('no');
    assert.equal(await later, 'no');
  });
  test('a failure in the background changes nothing until the answer is too old, and then shows', async () => {
    const {clock, get, answer} = setUp();
    void get();
    await answer('yes');
    await clock.advance(10);
    assert.equal(get(), 'yes');
    await answer(new Error('down'));
    assert.equal(get(), 'yes');
    await answer(new Error('down'));
    await clock.advance(20);
    const later = get();
    const refused = assert.rejects(Promise.resolve(later), /down/u);
    await answer(new Error('down'));
    await refused;
  });
  test('the oldest go when there are too many', async () => {
    const {get, answer, asked} = setUp();
    for (const key of ['a', 'b', 'c']) {
      void get(key);
      await answer('yes');
    }
    assert.equal(get('c'), 'yes');
    void get('a');
    assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
  });
});
