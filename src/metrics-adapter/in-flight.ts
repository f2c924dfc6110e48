/**
 * How many requests a group holds right now, asked of just its pods: what ends a drain and finds the least loaded group. Unknown as soon
 * as one pod that could hold a request does not answer: a wrong 0 would cut requests.
 */
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {strings} from '../api/json.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Log} from '../runtime/log.ts';
import {noHealthMetrics, type HealthMetrics} from './health-metrics.ts';
import {createFetcher} from './http-fetch.ts';
import {rolePlans} from './plan.ts';
import {createPrometheusClient, type PrometheusOptions} from './prometheus-client.ts';
import {poll} from './prometheus.ts';
import {scrape, type Scraped} from './scrape.ts';
import {readPod} from './signals.ts';
import {createSlots, createTurns} from './slots.ts';
import {engineTarget, type Target} from './targets.ts';

export interface InFlightOptions {
  readonly allowHostNetwork: boolean;
  /** For one pod's whole answer. */
  readonly timeoutMs: number;
  /** For RSGs whose source is `prometheus`, with how far back a sample may lie. */
  readonly prometheus?: PrometheusOptions & {readonly freshMs: number};
}

export interface InFlightDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: HealthMetrics;
}

export interface RolePod {
  readonly role: string;
  readonly pod: KubeObject;
}

export type InFlight = {readonly requests: number} | {readonly unknown: string};

/** Waiting and running requests over the pods whose role has an engine. Never rejects. */
export type InFlightProbe = (rsg: Rsg, pods: readonly RolePod[], signal: AbortSignal) => Promise<InFlight>;

const AT_ONCE = 16;

export function createInFlightProbe(options: InFlightOptions, {clock, log, metrics = noHealthMetrics}: InFlightDeps): InFlightProbe {
  const {timeoutMs, prometheus} = options;
  const fetcher = createFetcher({clock});
  const slots = createSlots(AT_ONCE);
  const deps = {clock, fetcher, metrics, turn: createTurns()};
  const scrapeAll = async (targets: readonly Target[], signal: AbortSignal): Promise<ReadonlyMap<Target, Scraped>> => {
    const results = targets.map(async (target): Promise<[Target, Scraped]> => [
      target,
      await slots.run(() => scrape(target, {timeoutMs, signal}, deps)),
    ]);
    return new Map(await Promise.all(results));
  };
  const queryAll = async (targets: readonly Target[], signal: AbortSignal): Promise<ReadonlyMap<Target, Scraped> | undefined> => {
    if (prometheus === undefined) return undefined;
    const client = createPrometheusClient(prometheus, {clock});
    return poll(targets, {freshMs: prometheus.freshMs, timeoutMs}, {client, clock, metrics, log}, signal);
  };
  return async (rsg, pods, signal) => {
    const plans = rolePlans(rsg);
    if (plans.length === 0) return {unknown: 'no role has an engine (spec.metrics.engine)'};
    const targets = pods
      .filter(({pod}) => mayHoldRequests(pod))
      .flatMap(({role, pod}) => {
        const plan = plans.find((one) => one.role === role);
        return plan === undefined ? [] : [engineTarget(pod, plan, options)];
      });
    if (targets.length === 0) return {requests: 0};
    const results = rsg.spec.metrics?.source === 'prometheus' ? await queryAll(targets, signal) : await scrapeAll(targets, signal);
    return results === undefined ? {unknown: 'its source is prometheus, and no --prometheus-url is given'} : sumOf(results);
  };
}

/** A pod that has not started or has ended holds none; one being deleted may still be answering. */
function mayHoldRequests(pod: KubeObject): boolean {
  return strings(pod['status'])['phase'] === 'Running';
}

function sumOf(results: ReadonlyMap<Target, Scraped>): InFlight {
  let requests = 0;
  for (const [{pod, reader}, result] of results) {
    if ('failure' in result) return {unknown: `pod ${pod}: ${result.problem}`};
    if (reader.kind !== 'engine') continue;
    const {queue, running} = readPod(result.samples, reader.preset).gauges;
    if (queue === undefined || running === undefined) {
      return {unknown: `pod ${pod}: its metrics have no ${queue === undefined ? 'queue' : 'running'}`};
    }
    requests += queue + running;
  }
  return {requests};
}
