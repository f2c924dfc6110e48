/**
 * From a pod's samples to its signals as the preset says: gauges over its engines, counters and histograms by series (rates come before
 * sums). What the scrape does not have, or has as NaN or infinite, is absent: never 0. Pure.
 */
import type {Sample} from './exposition-line.ts';
import {add, histogramOf, type Histogram} from './histogram.ts';
import {SIGNAL_KINDS, SIGNALS, type EnginePreset, type SeriesChoice, type SignalSource} from './presets/preset.ts';
import type {SignalName} from './query.ts';

type OfKind<Kind> = {[Name in SignalName]: (typeof SIGNAL_KINDS)[Name] extends Kind ? Name : never}[SignalName];
export type GaugeSignal = OfKind<'gauge'>;
export type CounterSignal = OfKind<'counter'>;
export type HistogramSignal = OfKind<'histogram'>;

export interface PodReading {
  readonly gauges: Readonly<Partial<Record<GaugeSignal, number>>>;
  /** By series. */
  readonly counters: Readonly<Partial<Record<CounterSignal, ReadonlyMap<string, number>>>>;
  readonly histograms: Readonly<Partial<Record<HistogramSignal, ReadonlyMap<string, Histogram>>>>;
  /** The oldest timestamp that a sample carries itself, milliseconds since the epoch. */
  readonly oldestMs?: number;
}

export function readPod(samples: readonly Sample[], preset: EnginePreset): PodReading {
  const gauges: Partial<Record<GaugeSignal, number>> = {};
  const counters: Partial<Record<CounterSignal, ReadonlyMap<string, number>>> = {};
  const histograms: Partial<Record<HistogramSignal, ReadonlyMap<string, Histogram>>> = {};
  const byName = groupByName(samples);
  for (const signal of SIGNALS) {
    const source = preset.signals[signal];
    if (source === undefined) continue;
    if (isHistogram(signal)) setIfAny(histograms, signal, readHistograms(byName, source, preset.repeats));
    else if (isCounter(signal)) setIfAny(counters, signal, readSeries(byName, source, preset.repeats));
    else {
      const value = readGauge(byName, source, {repeats: preset.repeats, mean: signal === 'kvUsage'});
      if (value !== undefined) gauges[signal] = value;
    }
  }
  const stamps = samples.flatMap(({timestampMs}) => timestampMs ?? []);
  return {gauges, counters, histograms, ...(stamps.length === 0 ? {} : {oldestMs: Math.min(...stamps)})};
}

export function isHistogram(signal: SignalName): signal is HistogramSignal {
  return SIGNAL_KINDS[signal] === 'histogram';
}

export function isCounter(signal: SignalName): signal is CounterSignal {
  return SIGNAL_KINDS[signal] === 'counter';
}

type ByName = ReadonlyMap<string, readonly Sample[]>;

export function groupByName(samples: readonly Sample[]): ByName {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.name);
    if (group === undefined) groups.set(sample.name, [sample]);
    else group.push(sample);
  }
  return groups;
}

function setIfAny<K extends string, V>(into: Partial<Record<K, ReadonlyMap<string, V>>>, key: K, series: ReadonlyMap<string, V>): void {
  if (series.size > 0) into[key] = series;
}

/** One value per engine, summed or averaged; undefined when there is none, or one of them is not a number that can be used. */
export function readGauge(
  byName: ByName,
  source: SignalSource,
  {repeats, mean}: {readonly repeats: readonly string[]; readonly mean: boolean},
): number | undefined {
  const main = firstPresent(byName, source.oneOf);
  if (main.length === 0) return source.zeroBeside !== undefined && byName.has(source.zeroBeside) ? 0 : undefined;
  const values = [...perEngine(main, repeats).values()];
  const sum = values.reduce((total, value) => total + value, 0);
  const value = mean ? sum / values.length : sum;
  const plus = (source.plus ?? []).map((choice) => [...perEngine(chosen(byName, choice), repeats).values()].reduce((a, b) => a + b, 0));
  const total = plus.reduce((all, one) => all + one, value);
  if (!Number.isFinite(total) || total < 0) return undefined;
  return source.percentAboveOne === true && total > 1 ? total / 100 : total;
}

/** Repeats of one engine count once: the largest of them, since they are read at slightly different times. */
function perEngine(samples: readonly Sample[], repeats: readonly string[]): ReadonlyMap<string, number> {
  const engines = new Map<string, number>();
  for (const {labels, value} of samples) {
    const key = seriesKey(labels, repeats);
    const before = engines.get(key);
    engines.set(key, before === undefined || Number.isNaN(value) ? value : Math.max(before, value));
  }
  return engines;
}

function readSeries(byName: ByName, source: SignalSource, repeats: readonly string[]): ReadonlyMap<string, number> {
  const engines = perEngine(firstPresent(byName, source.oneOf), repeats);
  return [...engines.values()].every((value) => Number.isFinite(value) && value >= 0) ? engines : new Map();
}

function readHistograms(byName: ByName, source: SignalSource, repeats: readonly string[]): ReadonlyMap<string, Histogram> {
  const buckets = firstPresent(
    byName,
    source.oneOf.map((choice) => ({...choice, name: `${choice.name}_bucket`})),
  );
  const series = new Map<string, Map<number, number>>();
  const left = [...repeats, 'le'];
  for (const {labels, value} of buckets) {
    const key = seriesKey(labels, left);
    const bound = boundOf(labels.get('le'));
    if (Number.isNaN(bound) || !Number.isFinite(value)) return new Map();
    const counts = series.get(key) ?? new Map<number, number>();
    series.set(key, counts.set(bound, Math.max(value, counts.get(bound) ?? 0)));
  }
  const whole = new Map<string, Histogram>();
  for (const [key, counts] of series) {
    const histogram = histogramOf(counts);
    if (histogram !== undefined) whole.set(key, histogram);
  }
  return whole;
}

function boundOf(le: string | undefined): number {
  if (le === undefined || le.trim() === '') return Number.NaN;
  return /^\+?inf$/iu.test(le) ? Number.POSITIVE_INFINITY : Number(le);
}

function firstPresent(byName: ByName, choices: readonly SeriesChoice[]): readonly Sample[] {
  for (const choice of choices) {
    const samples = chosen(byName, choice);
    if (samples.length > 0) return samples;
  }
  return [];
}

function chosen(byName: ByName, {name, where}: SeriesChoice): readonly Sample[] {
  const samples = byName.get(name) ?? [];
  if (where === undefined) return samples;
  return samples.filter(({labels}) => Object.entries(where).every(([label, value]) => labels.get(label) === value));
}

function seriesKey(labels: ReadonlyMap<string, string>, without: readonly string[]): string {
  if (labels.size === 0) return '';
  const kept = [...labels].filter(([name]) => !without.includes(name));
  return kept
    .map(([name, value]) => `${name}\u0000${value}`)
    .sort()
    .join('\u0001');
}

/** All histograms of a signal as one. */
export function sumHistograms(series: Iterable<Histogram>): Histogram | undefined {
  let sum: Histogram | undefined;
  for (const histogram of series) sum = sum === undefined ? histogram : add(sum, histogram);
  return sum;
}
