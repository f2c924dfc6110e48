/** The traffic of the demo: the hour of the trace, a quiet time, then steady load at the mean of its busiest ten minutes. Pure. */
import type {Trace} from '../compose/engines.ts';
import {QUIET_END, QUIET_SHARE, SPEED, STEADY_SECONDS, TRACE_END} from './settings.ts';

type Bin = Trace['bins'][number];

/** Second of the trace at which the demo is over. */
export const END = QUIET_END + STEADY_SECONDS * SPEED;
/** Steady load goes on for `--keep`. */
const KEPT_BINS = 100_000;

export function demoTrace(recorded: Trace): Trace {
  const bins = recorded.bins.filter(({second}) => second < TRACE_END);
  const busiest = busiestMinutes(bins, TEN_MINUTES / recorded.binSeconds);
  const mean = (count: (bin: Bin) => number): number => busiest.reduce((sum, bin) => sum + count(bin), 0) / busiest.length;
  const steady = {
    requests: Math.round(mean((bin) => bin.requests)),
    promptTokens: mean((bin) => bin.promptTokens),
    generatedTokens: mean((bin) => bin.generatedTokens),
  };
  const {binSeconds} = recorded;
  const quiet = {
    requests: Math.round(steady.requests * QUIET_SHARE),
    promptTokens: steady.promptTokens * QUIET_SHARE,
    generatedTokens: steady.generatedTokens * QUIET_SHARE,
  };
  const after = Array.from({length: KEPT_BINS}, (_, at) => {
    const second = TRACE_END + at * binSeconds;
    return {second, ...(second < QUIET_END ? quiet : steady)};
  });
  return {binSeconds, bins: [...bins, ...after]};
}

const TEN_MINUTES = 600;

function busiestMinutes(bins: readonly Bin[], length: number): readonly Bin[] {
  const windows = bins.slice(length - 1).map((_, at) => bins.slice(at, at + length));
  const tokens = (window: readonly Bin[]): number => window.reduce((sum, bin) => sum + bin.promptTokens, 0);
  return windows.reduce((best, window) => (tokens(window) > tokens(best) ? window : best), windows[0] ?? bins);
}

/** Prompt tokens per second that arrive at that second of the trace. */
export function arriving({bins, binSeconds}: Trace, second: number): number {
  return (bins[Math.floor(second / binSeconds)]?.promptTokens ?? 0) / binSeconds;
}
