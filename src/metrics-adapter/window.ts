/**
 * What a pod's scrapes add up to over a window of time: the latest gauges, and for counters and histograms how much they rose. Increases
 * are taken per series, so that a reset adds what was counted since and never subtracts; a series seen for the first time is only a
 * beginning. A pod scraped once has no rate. Values in, values out: the same scrapes give the same window. Pure.
 */
import {add, increase, minus, type Histogram} from './histogram.ts';
import type {CounterSignal, GaugeSignal, HistogramSignal, PodReading} from './signals.ts';

/** What a signal has risen by since it was first seen, at one scrape. */
interface Point<T> {
  readonly atMs: number;
  readonly total: T;
}

interface Track<T> {
  /** By series, as last scraped. */
  readonly series: ReadonlyMap<string, T>;
  /** From the window's start to the latest scrape. */
  readonly points: readonly Point<T>[];
}

export interface PodWindow {
  /** When the latest scrape was taken, milliseconds since the epoch. */
  readonly atMs: number;
  readonly gauges: Readonly<Partial<Record<GaugeSignal, number>>>;
  readonly counters: Readonly<Partial<Record<CounterSignal, Track<number>>>>;
  readonly histograms: Readonly<Partial<Record<HistogramSignal, Track<Histogram>>>>;
}

export interface Rise<T> {
  readonly value: T;
  readonly seconds: number;
}

/** Points kept over a window: enough to slide smoothly, few enough to hold thousands of pods. */
const POINTS = 12;

/** The window with one more scrape. One that is not newer than the latest changes nothing. */
export function advance(
  window: PodWindow | undefined,
  reading: PodReading,
  {atMs, windowMs}: {readonly atMs: number; readonly windowMs: number},
): PodWindow {
  if (window !== undefined && atMs <= window.atMs) return window;
  const step = {atMs, windowMs};
  const counters = tracks(window?.counters ?? {}, reading.counters, {
    ...step,
    rise: (now, before) => (now < before ? now : now - before),
    sum,
  });
  const histograms = tracks(window?.histograms ?? {}, reading.histograms, {...step, rise: increase, sum: add});
  return {atMs, gauges: reading.gauges, counters, histograms};
}

const sum = (one: number, other: number): number => one + other;

interface Step<T> {
  readonly atMs: number;
  readonly windowMs: number;
  readonly rise: (now: T, before: T) => T;
  readonly sum: (one: T, other: T) => T;
}

/** A signal that the scrape lacks loses its track: what comes after is a new beginning. */
function tracks<K extends string, T>(
  before: Readonly<Partial<Record<K, Track<T>>>>,
  reading: Readonly<Partial<Record<K, ReadonlyMap<string, T>>>>,
  step: Step<T>,
): Partial<Record<K, Track<T>>> {
  const result: Partial<Record<K, Track<T>>> = {};
  for (const signal of keysOf(reading)) {
    const series = reading[signal];
    if (series !== undefined) result[signal] = follow(before[signal], series, step);
  }
  return result;
}

function keysOf<K extends string>(record: Readonly<Partial<Record<K, unknown>>>): K[] {
  return Object.keys(record).filter((key): key is K => key in record);
}

function follow<T>(track: Track<T> | undefined, series: ReadonlyMap<string, T>, {atMs, windowMs, rise, sum: plus}: Step<T>): Track<T> {
  let risen: T | undefined;
  for (const [key, now] of series) {
    const before = track?.series.get(key);
    if (before === undefined) continue;
    const one = rise(now, before);
    risen = risen === undefined ? one : plus(risen, one);
  }
  const latest = track?.points.at(-1);
  // Without a series in common there is nothing to compare with.
  if (track === undefined || latest === undefined || risen === undefined) return {series, points: [{atMs, total: nothing(series, rise)}]};
  const kept = thinned(track.points, {atMs, windowMs});
  return {series, points: [...kept, {atMs, total: plus(latest.total, risen)}]};
}

/** The zero of a signal: what a series has risen by since itself. */
function nothing<T>(series: ReadonlyMap<string, T>, rise: (now: T, before: T) => T): T {
  const [first] = series.values();
  if (first === undefined) throw new Error('a signal without series has no track');
  return rise(first, first);
}

/** Points within the window, the latest of them only if it is far enough from the one before. */
function thinned<T>(
  points: readonly Point<T>[],
  {atMs, windowMs}: {readonly atMs: number; readonly windowMs: number},
): readonly Point<T>[] {
  const spacing = windowMs / POINTS;
  const within = points.filter((point) => atMs - point.atMs <= windowMs + spacing);
  const [last, previous] = [within.at(-1), within.at(-2)];
  return last !== undefined && previous !== undefined && last.atMs - previous.atMs < spacing ? within.slice(0, -1) : within;
}

/** Per second over the window; undefined before the second scrape. */
export function rateOf(window: PodWindow, signal: CounterSignal): Rise<number> | undefined {
  const span = spanOf(window.counters[signal]);
  return span === undefined ? undefined : {value: (span.last - span.first) / span.seconds, seconds: span.seconds};
}

/** What was observed within the window; undefined before the second scrape. */
export function observedIn(window: PodWindow, signal: HistogramSignal): Rise<Histogram> | undefined {
  const span = spanOf(window.histograms[signal]);
  return span === undefined ? undefined : {value: minus(span.last, span.first), seconds: span.seconds};
}

function spanOf<T>(track: Track<T> | undefined): {first: T; last: T; seconds: number} | undefined {
  const [first, last] = [track?.points[0], track?.points.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  return {first: first.total, last: last.total, seconds: (last.atMs - first.atMs) / 1000};
}
