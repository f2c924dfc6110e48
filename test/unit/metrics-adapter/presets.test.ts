/** What each preset makes of a scrape as its engine writes it. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {readDemand} from '../../../src/metrics-adapter/demand.ts';
import {nameFilter, scanExposition} from '../../../src/metrics-adapter/exposition.ts';
import type {Sample} from '../../../src/metrics-adapter/exposition-line.ts';
import {quantileOf} from '../../../src/metrics-adapter/histogram.ts';
import {demandPreset, enginePreset, type EngineName} from '../../../src/metrics-adapter/presets/catalogue.ts';
import {readerNames} from '../../../src/metrics-adapter/scrape.ts';
import {readPod, sumHistograms, type PodReading} from '../../../src/metrics-adapter/signals.ts';
import type {Reader} from '../../../src/metrics-adapter/targets.ts';

function samplesOf(file: string, reader: Reader, openMetrics = false): readonly Sample[] {
  const body = readFileSync(join(import.meta.dirname, 'golden', `${file}.txt`));
  const scan = scanExposition(body, {names: nameFilter(readerNames(reader)), openMetrics});
  assert.ok('samples' in scan, JSON.stringify(scan));
  return scan.samples;
}

/** Gauges as they are, counters and histograms summed over their series: `promptTokens 218700 in 2`. */
function told({gauges, counters, histograms}: PodReading): Record<string, unknown> {
  return {
    ...gauges,
    ...Object.fromEntries(
      Object.entries(counters).map(([signal, series]) => [signal, [...series.values()].reduce((sum, value) => sum + value, 0)]),
    ),
    ...Object.fromEntries(
      Object.entries(histograms).map(([signal, series]) => {
        const sum = sumHistograms(series.values());
        const median = sum === undefined ? undefined : quantileOf(sum, 0.5);
        return [signal, `${String(sum?.counts.at(-1))} in ${String(series.size)}, median ${String(median?.toFixed(3))}`];
      }),
    ),
  };
}

const ENGINES: readonly [EngineName, string, string, Record<string, unknown>][] = [
  [
    'vllm',
    'vllm',
    'sums two data-parallel engines, and averages their caches',
    {
      ...{queue: 2, running: 8, kvUsage: 0.5, promptTokens: 218700, generationTokens: 58100, requests: 152},
      ...{ttft: '152 in 2, median 0.358', itl: '57924 in 2, median 0.025', queueTime: '152 in 2, median 0.156'},
    },
  ],
  [
    'vllm',
    'vllm-v0',
    'knows what version 0 called the same; all that took longer than any bound counts as the highest bound',
    {queue: 9, running: 5, kvUsage: 0.5, itl: '12 in 1, median 0.100'},
  ],
  [
    'sglang',
    'sglang',
    'counts tensor-parallel repeats once, and the queues of disaggregation with the others',
    {
      ...{queue: 9, running: 20, kvUsage: 0.4, promptTokens: 1280000, generationTokens: 7557572, requests: 11028},
      ...{ttft: '100 in 1, median 0.300', itl: '100 in 1, median 0.008', queueTime: '100 in 1, median 0.000'},
    },
  ],
  [
    'trtllm',
    'trtllm',
    'has no counters of tokens',
    {
      ...{queue: 2, running: 6, kvUsage: 0.62, requests: 45},
      ...{ttft: '45 in 1, median 0.281', itl: '45 in 1, median 0.006', queueTime: '45 in 1, median 0.150'},
    },
  ],
  ['triton-trtllm', 'triton-trtllm', 'reads states of requests and blocks by label', {queue: 3, running: 4, kvUsage: 0.4875}],
  [
    'mindie',
    'mindie',
    'takes a cache usage of 30 for 30 %',
    {
      ...{queue: 7, running: 21, kvUsage: 0.3, promptTokens: 9564, generationTokens: 84425, requests: 2267},
      ...{ttft: '2267 in 1, median 0.318', itl: '2267 in 1, median 0.030'},
    },
  ],
];

describe('34: engine presets', () => {
  for (const [engine, file, what, expected] of ENGINES) {
    test(`${engine} (${file}): ${what}`, () => {
      const preset = enginePreset(engine, undefined);
      assert.deepEqual(told(readPod(samplesOf(file, {kind: 'engine', preset}), preset)), expected);
    });
  }

  test('custom: names are the RSG’s; NaN is absent; the time of a sample is its own', () => {
    const preset = enginePreset('custom', {queue: 'my_queue', running: 'my_running', promptTokens: 'my_tokens_total', ttft: 'my_ttft'});
    const reading = readPod(samplesOf('custom-openmetrics', {kind: 'engine', preset}, true), preset);
    assert.deepEqual(told(reading), {queue: 5, promptTokens: 77, ttft: '4 in 1, median 0.333'});
    assert.equal(reading.oldestMs, 1759432100500);
  });

  test('an engine whose metrics have other names gives nothing, and no zeros', () => {
    const preset = enginePreset('sglang', undefined);
    assert.deepEqual(told(readPod(samplesOf('vllm', {kind: 'engine', preset}), preset)), {});
  });
});

const DEMAND: readonly ['dynamo' | 'llm-d-epp', string, string, object][] = [
  ['dynamo', 'dynamo', 'sums the models of a frontend', {waiting: 4, inFlight: 15}],
  ['llm-d-epp', 'llm-d-epp', 'sums flows', {waiting: 7, inFlight: 9}],
  ['llm-d-epp', 'llm-d-epp-quiet', 'with flow control on, no queue is an empty queue', {waiting: 0}],
  ['llm-d-epp', 'llm-d-epp-without-flow-control', 'without flow control, the queue is not known', {inFlight: 0}],
];

describe('presets of demand', () => {
  for (const [name, file, what, expected] of DEMAND) {
    test(`${name} (${file}): ${what}`, () => {
      const preset = demandPreset({preset: name});
      assert.ok(preset !== undefined);
      assert.deepEqual(readDemand(samplesOf(file, {kind: 'demand', preset}), preset), expected);
    });
  }
  test('custom: the metric that the RSG names', () => {
    const preset = demandPreset({metric: 'my_queue'});
    assert.ok(preset !== undefined);
    assert.deepEqual(readDemand(samplesOf('custom-openmetrics', {kind: 'demand', preset}, true), preset), {waiting: 5});
  });
});
