/** What the demo plays: the pair of workloads, what their engines can do, and how fast the trace passes. */

export const RSG_NAME = 'llama';
export const RATIO = {prefill: 2, decode: 4} as const;
export type Role = keyof typeof RATIO;
export const ROLES = ['prefill', 'decode'] as const;

/** Seconds of the trace in a second: the hour takes 39 seconds. */
export const SPEED = 90;
/** Real seconds after the trace in which little comes, so that groups go and the originals are parked however quick the machine is. */
const QUIET_SECONDS = 13;
/** Of the steady load. */
export const QUIET_SHARE = 0.15;
/** Real seconds of steady load at the end, at the mean of the trace's busiest ten minutes. */
export const STEADY_SECONDS = 12;
/** The last minute of the trace is cut off in the middle. */
export const TRACE_END = 3480;
export const QUIET_END = TRACE_END + QUIET_SECONDS * SPEED;

/** Prompts running per prefill pod that count as saturated. */
export const PREFILL_TARGET = 8;
export const DECODE_TARGET = 16;
/** Load per group that the HPA aims at. */
export const UTILIZATION = 0.7;

/** Tokens per second of trace time. */
export const RATES = {
  prefill: {tokensPerSecond: 6000, tokensPerSecondEach: 250, kvCacheTokens: 100_000},
  decode: {tokensPerSecond: 1200, tokensPerSecondEach: 40, kvCacheTokens: 100_000},
} as const;

/** Each of them takes four real seconds: 14400 tokens at 40 a second are 6 minutes of the trace. */
export const LONG_REQUESTS = {everySeconds: 20, promptTokens: 1000, generatedTokens: 14_400} as const;

/** Two clones, then the originals, which are parked, then another clone. */
export const REMOVAL_ORDER = ['group2', 'group0', 'group4'];

export const SELECTORS = {prefill: {app: 'prefill'}, decode: {app: 'decode'}} as const;

/** The sandbox, quick enough for a minute: pods take a second and a half to start, HPAs are evaluated every second. */
export const QUICK_CLUSTER = {
  kubelet: {startMs: 1500, terminateMs: 300},
  nodes: 4,
  hpa: {syncMs: 1000, downscaleStabilizationMs: 300_000},
} as const;
