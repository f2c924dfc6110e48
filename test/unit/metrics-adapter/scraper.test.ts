/** When targets are scraped: those of an owner together, once per interval, from when they are named until they are not. */
import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {noHealthMetrics} from '../../../src/metrics-adapter/health-metrics.ts';
import type {Fetched, Fetcher} from '../../../src/metrics-adapter/http-fetch.ts';
import {vllm} from '../../../src/metrics-adapter/presets/vllm.ts';
import {createScraper, timeoutFor, type Scraper} from '../../../src/metrics-adapter/scraper.ts';
import type {Scraped} from '../../../src/metrics-adapter/scrape.ts';
import type {Target} from '../../../src/metrics-adapter/targets.ts';
import {chance} from '../../support/exposition-fuzz.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';

const INTERVAL_MS = 15_000;
const OK: Fetched = {body: Buffer.from('vllm:num_requests_waiting 1\n'), openMetrics: false};

function aTarget(name: string): Target {
  const address = {host: name, port: 8000, path: '/metrics', scheme: 'http'} as const;
  return {key: name, namespace: 'default', pod: name, reader: {kind: 'engine', preset: vllm}, address};
}

describe('the scraper', () => {
  let clock: FakeClock;
  let stop: AbortController;
  let scraper: Scraper;
  /** When each host was asked, milliseconds since the test began. */
  let asked: Map<string, number[]>;
  let results: [string, Scraped][];
  let rounds: string[];
  let busiest: number;
  let answer: (host: string, signal: AbortSignal) => Promise<Fetched>;

  beforeEach(() => {
    clock = new FakeClock();
    stop = new AbortController();
    asked = new Map();
    results = [];
    rounds = [];
    busiest = 0;
    answer = () => Promise.resolve(OK);
    const began = clock.now();
    let now = 0;
    const fetcher: Fetcher = {
      fetch: async ({host}, _timeoutMs, signal) => {
        asked.set(host, [...(asked.get(host) ?? []), clock.now() - began]);
        now += 1;
        busiest = Math.max(busiest, now);
        const fetched = await answer(host, signal);
        now -= 1;
        return fetched;
      },
      close: () => undefined,
    };
    scraper = createScraper(
      {
        intervalMs: INTERVAL_MS,
        onScraped: (target, result) => results.push([target.pod, result]),
        onRound: {begins: (owner) => rounds.push(`${owner} begins`), ends: (owner) => rounds.push(`${owner} ends`)},
      },
      {clock, random: chance(7), fetcher, metrics: noHealthMetrics, turn: () => Promise.resolve()},
      stop.signal,
    );
  });
  afterEach(async () => {
    stop.abort();
    await scraper.done();
  });

  test('asks soon for the first time, then once per interval', async () => {
    scraper.set('default/llama', [aTarget('a')]);
    await clock.advance(100_000);
    const [first = 0, second = 0, ...rest] = asked.get('a') ?? [];
    assert.ok(first <= 1000);
    assert.ok(second - first >= INTERVAL_MS / 2 && second - first <= INTERVAL_MS);
    assert.ok(rest.length >= 5);
    [second, ...rest].forEach((at, index) => {
      if (index > 0) assert.equal(Math.round(at - second), index * INTERVAL_MS);
    });
    const [, result] = results[0] ?? [];
    assert.ok(result !== undefined && 'samples' in result && result.samples[0]?.value === 1);
  });
  const times = (host: string): number[] => asked.get(host) ?? [];
  test('asks all pods of an owner at the same moment', async () => {
    scraper.set('default/llama', [aTarget('a'), aTarget('b'), aTarget('c')]);
    await clock.advance(5 * INTERVAL_MS);
    assert.deepEqual([times('b'), times('c')], [times('a'), times('a')]);
  });
  test('a pod that is new brings the next round forward, though never closer than a quarter of the interval', async () => {
    scraper.set('default/llama', [aTarget('a')]);
    await clock.advance(3 * INTERVAL_MS);
    const before = times('a').length;
    scraper.set('default/llama', [aTarget('a'), aTarget('b')]);
    await clock.advance(INTERVAL_MS / 4);
    assert.deepEqual(times('a').slice(before), times('b'));
    assert.equal(times('b').length, 1);
    scraper.set('default/llama', [aTarget('a'), aTarget('b'), aTarget('c')]);
    await clock.advance(INTERVAL_MS / 4 + 1);
    const [last = 0, previous = 0] = times('a').toReversed();
    assert.ok(last - previous >= INTERVAL_MS / 4, `${String(last - previous)} ms`);
    assert.equal(times('c').at(-1), last);
  });
  test('a round ends with its last answer, so that none is used together with those of the round before', async () => {
    answer = (host, signal) => clock.sleep(host === 'a' ? 10 : 4000, signal).then(() => OK);
    scraper.set('default/llama', [aTarget('a'), aTarget('b')]);
    await roundsAre(['begins']);
    await clock.advance(3900);
    assert.deepEqual([rounds, results.map(([host]) => host)], [['default/llama begins'], ['a']]);
    await clock.advance(100);
    assert.deepEqual([rounds.slice(1), results.map(([host]) => host)], [['default/llama ends'], ['a', 'b']]);
  });
  const late: Fetched = {failure: 'timeout', problem: 'late'};
  const tooLate = (signal: AbortSignal): Promise<Fetched> => clock.sleep(timeoutFor(INTERVAL_MS), signal).then(() => late);
  test('a round waits once for a pod that does not answer in time; the next end without it, and again when it answers', async () => {
    let hangs = true;
    answer = (host, signal) => {
      if (host === 'a') return Promise.resolve(OK);
      return hangs ? tooLate(signal) : clock.sleep(100, signal).then(() => OK);
    };
    scraper.set('default/llama', [aTarget('a'), aTarget('b')]);
    await roundsAre(['begins']);
    await clock.advance(timeoutFor(INTERVAL_MS) - 100);
    assert.deepEqual(rounds, ['default/llama begins']);
    hangs = false;
    await roundsAre(['begins', 'ends', 'begins', 'ends']);
    assert.deepEqual(
      results.map(([host]) => host),
      ['a', 'b', 'a'],
    );
    await clock.advance(100);
    assert.deepEqual([rounds.slice(4), results.slice(3).map(([host]) => host)], [['default/llama ends'], ['b']]);
  });
  test('answers that come after their round are told together', async () => {
    const slow = ['b', 'c', 'd'];
    let hang = true;
    answer = (host, signal) => {
      if (host === 'a') return Promise.resolve(OK);
      return hang ? tooLate(signal) : clock.sleep(INTERVAL_MS * 0.25 + slow.indexOf(host) * 100, signal).then(() => OK);
    };
    scraper.set('default/llama', ['a', ...slow].map(aTarget));
    await roundsAre(['begins']);
    hang = false;
    await roundsAre(['begins', 'ends', 'begins', 'ends']);
    await clock.advance(INTERVAL_MS * 0.45);
    assert.equal(results.length, 8);
    assert.deepEqual(rounds.slice(4), ['default/llama ends']);
  });
  /** Lets time pass until so much has been told. */
  const roundsAre = async (told: readonly string[]): Promise<void> => {
    for (let step = 0; step < 1000 && rounds.length < told.length; step += 1) await clock.advance(20);
    assert.deepEqual(
      rounds,
      told.map((what) => `default/llama ${what}`),
    );
  };
  test('spreads owners that came together', async () => {
    for (let at = 0; at < 100; at += 1) scraper.set(`default/${String(at)}`, [aTarget(String(at))]);
    await clock.advance(4 * INTERVAL_MS);
    const seconds = new Set([...asked.values()].map((of) => Math.floor((of[2] ?? 0) / 1000)));
    assert.ok(seconds.size >= 7, `only in ${String(seconds.size)} different seconds`);
  });
  test('stops when a target is no longer named, and goes on with the others', async () => {
    scraper.set('default/llama', [aTarget('a'), aTarget('b')]);
    await clock.advance(2000);
    scraper.set('default/llama', [aTarget('b')]);
    await clock.advance(5 * INTERVAL_MS);
    assert.equal(asked.get('a')?.length, 1);
    assert.ok((asked.get('b')?.length ?? 0) > 4);
  });
  test('leaves the targets of other owners alone', async () => {
    scraper.set('default/one', [aTarget('a')]);
    scraper.set('default/two', [aTarget('b')]);
    scraper.set('default/one', []);
    await clock.advance(2000);
    assert.deepEqual([...asked.keys()], ['b']);
  });
  test('tells nothing of a target that ended while it was asked', async () => {
    let finish: (fetched: Fetched) => void = () => undefined;
    answer = () => new Promise((resolve) => (finish = resolve));
    scraper.set('default/llama', [aTarget('a')]);
    await clock.advance(1000);
    scraper.set('default/llama', []);
    finish(OK);
    await settle();
    assert.deepEqual(results, []);
  });
  test('asks at most 64 at once', async () => {
    answer = (_host, signal) => clock.sleep(500, signal).then(() => OK);
    scraper.set(
      'default/llama',
      Array.from({length: 300}, (_, at) => aTarget(String(at))),
    );
    await clock.advance(INTERVAL_MS);
    assert.ok(busiest <= 64);
    assert.equal(asked.size, 300);
  });
  test('pods that never answer do not delay those that do', async () => {
    const timeoutMs = timeoutFor(INTERVAL_MS);
    const late: Fetched = {failure: 'timeout', problem: 'late'};
    answer = (host, signal) => (host.startsWith('bad') ? clock.sleep(timeoutMs, signal).then(() => late) : Promise.resolve(OK));
    scraper.set(
      'default/bad',
      Array.from({length: 200}, (_, at) => aTarget(`bad-${String(at)}`)),
    );
    await clock.advance(10 * INTERVAL_MS);
    scraper.set('default/good', [aTarget('good')]);
    await clock.advance(5 * INTERVAL_MS);
    assert.ok(times('good').length >= 5, `asked ${String(times('good').length)} times`);
  });
  test('a fault is a sentence, never an end of the loop', async () => {
    answer = () => Promise.resolve({failure: 'unreachable', problem: 'connection refused'});
    scraper.set('default/llama', [aTarget('a')]);
    await clock.advance(5 * INTERVAL_MS);
    assert.ok(results.length > 4);
    assert.deepEqual(results[0], ['a', {failure: 'unreachable', problem: 'connection refused'}]);
  });
  test('a broken answer names its line', async () => {
    answer = () => Promise.resolve({body: Buffer.from('queue\n'), openMetrics: false});
    scraper.set('default/llama', [aTarget('a')]);
    await clock.advance(1000);
    assert.deepEqual(results[0]?.[1], {failure: 'broken', problem: 'line 1 of its metrics: "queue" is not a sample'});
  });
});

test('the timeout lies below the interval', () => {
  assert.deepEqual([500, 1000, 15_000, 60_000].map(timeoutFor), [400, 800, 10_000, 10_000]);
});
