/** One scrape of one target: fetched, taken apart, read. Never rejects; whatever goes wrong is a sentence for the user. */
import type {Clock} from '../runtime/clock.ts';
import {nameFilter, scanExposition, type NameFilter} from './exposition.ts';
import type {Sample} from './exposition-line.ts';
import type {HealthMetrics} from './health-metrics.ts';
import type {Failure, Fetcher} from './http-fetch.ts';
import {namesOf, presetNames} from './presets/preset.ts';
import type {Reader, Target} from './targets.ts';

export type Scraped =
  /** `atMs`: when it was asked, milliseconds since the epoch. */
  {readonly atMs: number; readonly samples: readonly Sample[]} | {readonly failure: Failure; readonly problem: string};

export interface ScrapeDeps {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly metrics: HealthMetrics;
  /** Waits until it is this caller's turn to use the processor. */
  readonly turn: () => Promise<void>;
}

const filters = new WeakMap<object, NameFilter>();

/** Filters are made once per preset. */
function filterOf(reader: Reader): NameFilter {
  const known = filters.get(reader.preset);
  if (known !== undefined) return known;
  const filter = nameFilter(readerNames(reader));
  filters.set(reader.preset, filter);
  return filter;
}

export function readerNames(reader: Reader): string[] {
  if (reader.kind === 'engine') return presetNames(reader.preset);
  const {waiting, inFlight} = reader.preset;
  return [...namesOf(waiting, 'gauge'), ...(inFlight === undefined ? [] : namesOf(inFlight, 'gauge'))];
}

export async function scrape(
  {address, reader}: Pick<Target, 'address' | 'reader'>,
  {timeoutMs, signal}: {readonly timeoutMs: number; readonly signal: AbortSignal},
  {clock, fetcher, metrics, turn}: ScrapeDeps,
): Promise<Scraped> {
  if ('problem' in address) return {failure: 'unreachable', problem: address.problem};
  const atMs = clock.now();
  const fetched = await fetcher.fetch(address, timeoutMs, signal);
  const seconds = (clock.now() - atMs) / 1000;
  if ('failure' in fetched) {
    if (!signal.aborted) metrics.scraped('pod', fetched.failure, {seconds});
    return fetched;
  }
  await turn();
  const scan = scanExposition(fetched.body, {names: filterOf(reader), openMetrics: fetched.openMetrics});
  metrics.scraped('pod', 'broken' in scan ? 'broken' : 'ok', {seconds, bytes: fetched.body.length});
  if ('broken' in scan) return {failure: 'broken', problem: `line ${String(scan.broken.line)} of its metrics: ${scan.broken.why}`};
  return {atMs, samples: scan.samples};
}
