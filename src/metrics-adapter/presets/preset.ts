/**
 * A preset is data: which of an engine's metrics carry which signal. Names are those on the wire (counters with `_total`), histograms
 * without `_bucket`. Pure.
 */
import type {SignalName} from '../query.ts';

/** Series of one metric, all of them or those with these labels. */
export interface SeriesChoice {
  readonly name: string;
  readonly where?: Readonly<Record<string, string>>;
}

export interface SignalSource {
  /** Engines rename metrics between versions: the first that a scrape has is taken. */
  readonly oneOf: readonly SeriesChoice[];
  /** Added where a scrape has them: queues that exist only in some modes of the engine. */
  readonly plus?: readonly SeriesChoice[];
  /** Documented as a fraction, seen as a percentage: a value over 1 is one. */
  readonly percentAboveOne?: boolean;
  /** With a series of this name, the absence of the signal's own says 0: they are made only when first needed. */
  readonly zeroBeside?: string;
}

/** Where metrics are served unless the RSG says otherwise. */
export interface Endpoint {
  readonly port: number | string;
  readonly path: string;
  readonly scheme: 'http' | 'https';
}

export interface EnginePreset {
  readonly endpoint: Endpoint;
  readonly signals: Readonly<Partial<Record<SignalName, SignalSource>>>;
  /** Labels of ranks that repeat what their engine reports: such series count once. */
  readonly repeats: readonly string[];
}

/** What stands in front of the groups: requests that wait there, and those that it has sent on and not had back. */
export interface DemandPreset {
  readonly endpoint: Endpoint;
  readonly waiting: SignalSource;
  readonly inFlight?: SignalSource;
}

export type SignalKind = 'gauge' | 'counter' | 'histogram';

/** In the order in which they are told. */
export const SIGNAL_KINDS = {
  queue: 'gauge',
  running: 'gauge',
  kvUsage: 'gauge',
  promptTokens: 'counter',
  generationTokens: 'counter',
  requests: 'counter',
  ttft: 'histogram',
  itl: 'histogram',
  queueTime: 'histogram',
} as const satisfies Readonly<Record<SignalName, SignalKind>>;

export const SIGNALS: readonly SignalName[] = [
  'queue',
  'running',
  'kvUsage',
  'promptTokens',
  'generationTokens',
  'requests',
  'ttft',
  'itl',
  'queueTime',
];

/** Names on the wire that a source reads. */
export function namesOf(source: SignalSource, kind: SignalKind): string[] {
  const series = [...source.oneOf, ...(source.plus ?? [])].map(({name}) => (kind === 'histogram' ? `${name}_bucket` : name));
  return [...series, ...(source.zeroBeside === undefined ? [] : [source.zeroBeside])];
}

export function presetNames(preset: EnginePreset): string[] {
  return SIGNALS.flatMap((signal) => {
    const source = preset.signals[signal];
    return source === undefined ? [] : namesOf(source, SIGNAL_KINDS[signal]);
  });
}
