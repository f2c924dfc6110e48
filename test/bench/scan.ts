/**
 * Scanning one engine's scrape (97 histograms of 25 lines, 12 gauges, about 261 KB) for three names with their labels, as a ratio to a
 * bare scan (decode, find each line's end) of the same bytes in the same run. Run: npm exec -- node test/bench/scan.ts
 */
import {nameFilter, scanExposition} from '../../src/metrics-adapter/exposition.ts';
import {bigScrape} from '../support/exposition-text.ts';
import {row} from './figures.ts';

const ROUNDS = 40;
const PER_ROUND = 50;

const body = Buffer.from(bigScrape({histograms: 97, buckets: 23, gauges: 12}));
const names = nameFilter(['big:gauge_0', 'big:gauge_7', 'big:gauge_11']);

function bareScan(): number {
  const text = body.toString('utf8');
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) if (text.charCodeAt(at + 1) !== 0x23) lines += 1;
  return lines;
}

function fullScan(): number {
  const scan = scanExposition(body, {names, openMetrics: false});
  return 'samples' in scan ? scan.samples.length : -1;
}

function millisecondsEach(work: () => number): number {
  const started = process.hrtime.bigint();
  for (let turn = 0; turn < PER_ROUND; turn += 1) work();
  return Number(process.hrtime.bigint() - started) / 1e6 / PER_ROUND;
}

const bare: number[] = [];
const full: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  bare.push(millisecondsEach(bareScan));
  full.push(millisecondsEach(fullScan));
}
row({
  what: `scanning a scrape of ${String(Math.round(body.length / 1024))} KiB for ${String(fullScan())} samples`,
  ours: full,
  reference: bare,
  against: 'decoding it and finding its lines',
});
