/**
 * What the adapter can be asked, and what it answers: the seam between the data plane (targets, scrapes, aggregation) and the doors that
 * serve it (aggregated APIs, KEDA, JSON, Prometheus). Unknown is an error or undefined, never 0.
 */
import type {Phase} from '../api/schema.ts';

/** `role` and `group` narrow the answer; `quantile` (between 0 and 1) is for the metrics in seconds, 0.95 unless given. */
export interface MetricQuery {
  readonly namespace: string;
  readonly rsg: string;
  readonly metric: string;
  readonly role?: string;
  readonly group?: string;
  readonly quantile?: number;
}

/**
 * `timestampMs` is that of the oldest sample that contributed. `windowSeconds` is the time over which rates and quantiles were taken, 0 for
 * what was read as it is. A message is written for the user: it names the pods and signals that are missing.
 */
export type MetricAnswer =
  | {readonly kind: 'value'; readonly value: number; readonly timestampMs: number; readonly windowSeconds: number}
  | {readonly kind: 'error'; readonly code: 'UnknownRsg' | 'UnknownMetric' | 'BadQuery' | 'Unavailable'; readonly message: string};

/** Answers from memory: no I/O in a request's path. */
export interface MetricSource {
  answer(query: MetricQuery): MetricAnswer;
  /** Every RSG that has `metrics`, for JSON, Prometheus and push doors. */
  rsgs(): readonly {readonly namespace: string; readonly name: string}[];
  /** Everything about one RSG, for JSON, the CLI's `top` and dashboards; undefined when it is not known. */
  overview(namespace: string, name: string): RsgOverview | undefined;
  /** Whether there is demand: true/false when a signal says so, undefined when unknown (never reported inactive). */
  active(namespace: string, name: string): boolean | undefined;
  /** Groups that its spec asks for; undefined when it is not known. */
  wanted(namespace: string, name: string): number | undefined;
  /** Tells of RSGs whose answers may have changed, at most about once a second each. Returns the function that ends the subscription. */
  onChange(listener: (namespace: string, name: string) => void): () => void;
}

export const METRIC_NAMES = [
  'rsg_load',
  'rsg_utilization',
  'rsg_queue_depth',
  'rsg_running_requests',
  'rsg_kv_cache_usage',
  'rsg_prompt_tokens_per_second',
  'rsg_generation_tokens_per_second',
  'rsg_requests_per_second',
  'rsg_ttft_seconds',
  'rsg_itl_seconds',
  'rsg_queue_time_seconds',
  'rsg_groups',
  'rsg_demand',
  'rsg_imbalance',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** Normalised signals of a pod; units as in `METRIC_NAMES`: requests, a fraction, per second, seconds (0.95 quantile in an overview). */
export type SignalName = 'queue' | 'running' | 'kvUsage' | 'promptTokens' | 'generationTokens' | 'requests' | 'ttft' | 'itl' | 'queueTime';

/** A number, or why there is none. */
export type Reading = {readonly value: number} | {readonly unknown: string};

export interface RoleOverview {
  readonly role: string;
  /** 1 is saturated. Of the whole RSG: the mean over its groups. */
  readonly utilization: Reading;
  /** In groups: the sum of its utilisation over the groups it covers. */
  readonly load: Reading;
  /** Totals; for `kvUsage` the mean over pods, for seconds the 0.95 quantile. */
  readonly signals: Readonly<Record<SignalName, Reading>>;
}

export interface GroupOverview {
  readonly id: string;
  readonly phase: Phase;
  /** False for a group that has never been available, is parked or being deleted: it is not needed to answer, and adds what it holds. */
  readonly counted: boolean;
  readonly roles: readonly RoleOverview[];
}

/** A signal that is missing from pods that should have it. */
export interface MissingSignal {
  readonly group: string;
  readonly role: string;
  readonly pod: string;
  /** `all` when the pod gives no usable answer at all. */
  readonly signals: readonly SignalName[] | 'all';
  /** Why, in the user's words: refused, timed out, line 12 is broken, the engine does not report it. */
  readonly reason: string;
}

export interface RsgOverview {
  readonly namespace: string;
  readonly name: string;
  /** Of the oldest sample that contributes, milliseconds since the epoch; undefined while there is none. */
  readonly timestampMs: number | undefined;
  readonly groups: readonly GroupOverview[];
  /** The whole RSG by role. */
  readonly roles: readonly RoleOverview[];
  /** The role with the largest load; undefined while that of any role is unknown. */
  readonly bottleneck: string | undefined;
  /** By role: its mean utilisation over the bottleneck's; empty while unknown. */
  readonly imbalance: Readonly<Record<string, number>>;
  /** Replicas per group and role that would level the utilisations, the bottleneck's unchanged: `{prefill: 2, decode: 1.33}`. */
  readonly levelledRatio: Readonly<Record<string, number>>;
  /** Requests waiting in front of the groups; undefined where the RSG names no source of demand. */
  readonly demand: Reading | undefined;
  readonly active: boolean | undefined;
  readonly missing: readonly MissingSignal[];
}
