/** Rates and quantiles over a window of scrapes. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {histogramOf, quantileOf, add, type Histogram} from '../../../src/metrics-adapter/histogram.ts';
import type {PodReading} from '../../../src/metrics-adapter/signals.ts';
import {advance, observedIn, rateOf, type PodWindow} from '../../../src/metrics-adapter/window.ts';

const WINDOW_MS = 60_000;

function tokens(...values: readonly (number | undefined)[]): PodReading {
  const series = new Map(values.flatMap((value, at): [string, number][] => (value === undefined ? [] : [[String(at), value]])));
  return {gauges: {}, counters: series.size === 0 ? {} : {promptTokens: series}, histograms: {}};
}

/** Scrapes at seconds, in order. */
function scraped(...scrapes: readonly (readonly [number, PodReading])[]): PodWindow {
  let window: PodWindow | undefined;
  for (const [seconds, reading] of scrapes) window = advance(window, reading, {atMs: seconds * 1000, windowMs: WINDOW_MS});
  assert.ok(window !== undefined);
  return window;
}

const rate = (...scrapes: readonly (readonly [number, PodReading])[]): number | undefined =>
  rateOf(scraped(...scrapes), 'promptTokens')?.value;

describe('a rate', () => {
  const ROWS: readonly [string, readonly (readonly [number, PodReading])[], number | undefined][] = [
    ['is not there after one scrape', [[0, tokens(500)]], undefined],
    [
      'is the increase over the time',
      [
        [0, tokens(500)],
        [10, tokens(600)],
      ],
      10,
    ],
    [
      'is taken per series, then summed',
      [
        [0, tokens(500, 100)],
        [10, tokens(600, 300)],
      ],
      30,
    ],
    [
      'counts what came after a reset, and loses nothing',
      [
        [0, tokens(500)],
        [10, tokens(30)],
      ],
      3,
    ],
    [
      'of one series that was reset does not touch the others',
      [
        [0, tokens(500, 100)],
        [10, tokens(30, 200)],
      ],
      13,
    ],
    [
      'takes a new series as a beginning, not as an increase',
      [
        [0, tokens(500)],
        [10, tokens(600, 9000)],
      ],
      10,
    ],
    [
      'leaves out a series that went',
      [
        [0, tokens(500, 100)],
        [10, tokens(600)],
      ],
      10,
    ],
    [
      'is over the window, not since the start',
      [
        [0, tokens(0)],
        [30, tokens(3000)],
        [90, tokens(3000)],
        [100, tokens(3000)],
      ],
      0,
    ],
    [
      'is gone while the metric is missing',
      [
        [0, tokens(500)],
        [10, tokens(600)],
        [20, tokens()],
      ],
      undefined,
    ],
    [
      'begins anew when the metric comes back',
      [
        [0, tokens(500)],
        [10, tokens()],
        [20, tokens(600)],
      ],
      undefined,
    ],
    [
      'is not there after a silence longer than the window',
      [
        [0, tokens(500)],
        [10, tokens(600)],
        [100, tokens(700)],
      ],
      undefined,
    ],
    [
      'bridges a silence within the window',
      [
        [0, tokens(500)],
        [40, tokens(900)],
      ],
      10,
    ],
    [
      'ignores a scrape that is not newer',
      [
        [0, tokens(500)],
        [10, tokens(600)],
        [10, tokens(900)],
        [5, tokens(900)],
      ],
      10,
    ],
  ];
  for (const [what, scrapes, expected] of ROWS)
    test(what, () => {
      assert.equal(rate(...scrapes), expected);
    });

  test('stays within memory however often it is scraped', () => {
    const scrapes = Array.from({length: 600}, (_, at): [number, PodReading] => [at, tokens(at * 7)]);
    const window = scraped(...scrapes);
    assert.ok((window.counters.promptTokens?.points.length ?? 0) <= 15);
    assert.equal(rateOf(window, 'promptTokens')?.value, 7);
  });

  test('is never negative, and over counters that only grow it is their increase, wherever they are reset', () => {
    const steps = fc.array(
      fc.record({seconds: fc.integer({min: 1, max: 20}), grown: fc.integer({min: 0, max: 1000}), reset: fc.boolean()}),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let [at, count, grown] = [0, 1000, 0];
        let window = advance(undefined, tokens(count), {atMs: 0, windowMs: WINDOW_MS});
        for (const step of all) {
          at += step.seconds;
          // An engine that begins anew loses what it counted since the last scrape; what it counts afterwards is seen, if it is less.
          count = step.reset && step.grown < count ? step.grown : count + step.grown;
          grown += step.grown;
          window = advance(window, tokens(count), {atMs: at * 1000, windowMs: WINDOW_MS});
        }
        const found = rateOf(window, 'promptTokens')?.value ?? -1;
        assert.ok(Math.abs(found - grown / at) < 1e-9);
      }),
    );
  });
});

function histogram(...counts: readonly (readonly [number, number])[]): Histogram {
  const made = histogramOf(new Map(counts));
  assert.ok(made !== undefined);
  return made;
}
const ttft = (...counts: readonly (readonly [number, number])[]): PodReading => ({
  gauges: {},
  counters: {},
  histograms: {ttft: new Map([['', histogram(...counts)]])},
});
const INF = Number.POSITIVE_INFINITY;

describe('a quantile', () => {
  test('is of what was observed within the window, not since the engine began', () => {
    const window = scraped([0, ttft([1, 1000], [2, 1000], [INF, 1000])], [15, ttft([1, 1000], [2, 1010], [INF, 1010])]);
    const seen = observedIn(window, 'ttft');
    assert.equal(seen?.seconds, 15);
    assert.equal(quantileOf(seen.value, 0.5), 1.5);
  });
  test('counts what came after a reset', () => {
    const window = scraped([0, ttft([1, 900], [INF, 1000])], [15, ttft([1, 0], [INF, 10])]);
    assert.deepEqual(observedIn(window, 'ttft')?.value.counts, [0, 10]);
  });
  test('goes on where the engine came back with other bounds', () => {
    const window = scraped([0, ttft([1, 5], [INF, 5])], [15, ttft([1, 8], [INF, 8])], [30, ttft([0.5, 2], [4, 6], [INF, 6])]);
    assert.deepEqual(observedIn(window, 'ttft')?.value, {bounds: [0.5, 1, 4, INF], counts: [2, 5, 9, 9]});
  });
  const ROWS: readonly [string, Histogram, number, number | undefined][] = [
    ['without observations is not there', histogram([1, 0], [INF, 0]), 0.5, undefined],
    ['lies within its bucket', histogram([1, 50], [2, 100], [INF, 100]), 0.75, 1.5],
    ['begins at 0 in the first bucket', histogram([1, 100], [INF, 100]), 0.5, 0.5],
    ['above all bounds is the highest of them', histogram([1, 1], [2, 2], [INF, 100]), 0.95, 2],
    ['skips empty buckets', histogram([1, 0], [2, 0], [4, 10], [INF, 10]), 0.5, 3],
    ['of counts that fall takes them as level', histogram([1, 10], [2, 5], [INF, 10]), 0.9, 0.9],
    ['with nothing but +Inf is not there', histogram([INF, 10]), 0.5, undefined],
  ];
  for (const [what, of, quantile, expected] of ROWS)
    test(what, () => {
      assert.equal(quantileOf(of, quantile), expected);
    });

  test('a histogram without its +Inf bucket is none', () => {
    assert.equal(histogramOf(new Map([[1, 2]])), undefined);
  });
  test('histograms of different bounds add up without losing an observation', () => {
    assert.deepEqual(add(histogram([1, 2], [INF, 3]), histogram([0.5, 1], [2, 4], [INF, 4])), {
      bounds: [0.5, 1, 2, INF],
      counts: [1, 3, 6, 7],
    });
  });
});
