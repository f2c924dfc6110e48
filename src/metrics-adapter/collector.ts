/**
 * The adapter's data plane: watches RSGs and their pods, scrapes engines, and answers queries from memory. Nothing is written to the
 * cluster. Every replica of the adapter runs one of its own; none needs another.
 */
import type {KubeObject} from '../api/objects.ts';
import {RSG_TYPE} from '../api/labels.ts';
import {parseRsg, type Rsg} from '../api/schema.ts';
import type {WorkloadKind} from '../api/workload-kind.ts';
import {createDiscovery} from '../kube/discovery.ts';
import {declaringDiscovery} from '../kube/kind-declarations.ts';
import {startReflector, type ReflectorDeps} from '../kube/reflector.ts';
import {BY_TARGET, targetIndexer} from '../kube/routing.ts';
import {createStore, type Store} from '../kube/store.ts';
import {createWatches, type Watches} from '../kube/watches.ts';
import {createWorkQueue, type WorkQueue} from '../kube/workqueue.ts';
import {messageOf} from '../runtime/errors.ts';
import {createEngineStates, type EngineStates} from './engine-states.ts';
import {noHealthMetrics, type HealthMetrics} from './health-metrics.ts';
import {createFetcher} from './http-fetch.ts';
import {observe} from './observe.ts';
import {createPrometheusClient, type PrometheusClient, type PrometheusOptions} from './prometheus-client.ts';
import {pollPrometheus} from './prometheus.ts';
import type {MetricSource} from './query.ts';
import {BY_DEMAND, concerned, demandIndexer} from './routing.ts';
import type {Scraped} from './scrape.ts';
import {createScraper, type Scraper} from './scraper.ts';
import {createTurns} from './slots.ts';
import {createSnapshots, type Snapshots} from './snapshots.ts';
import {planOf, type Plan, type Target} from './targets.ts';
import {createViews, type Views} from './views.ts';

export interface CollectorOptions {
  readonly scrapeIntervalMs: number;
  /** Share of the Ready pods that must have a fresh sample, 0–1. */
  readonly coverage: number;
  readonly allowHostNetwork: boolean;
  /** Without one: RSGs of all namespaces. */
  readonly namespace?: string | undefined;
  /** For RSGs whose source is `prometheus`. */
  readonly prometheus?: PrometheusOptions | undefined;
  /** Kinds of workload besides those that are known: by them the pods of such targets are found. */
  readonly declaredKinds?: readonly WorkloadKind[];
}

export interface CollectorDeps extends ReflectorDeps {
  readonly metrics?: HealthMetrics;
}

export interface Collector extends MetricSource {
  /** Why answers cannot be given yet, for readiness; undefined once the RSGs and the pods of each have been read. */
  notReady(): string | undefined;
  /** Runs until the signal aborts; resolves when everything it started has ended. */
  run(signal: AbortSignal): Promise<void>;
}

const WORKERS = 4;
const BACKOFF = {baseMs: 100, maxMs: 30_000};
/** A net under the watches. */
const RESYNC_MS = 5 * 60_000;
/** Rates and quantiles are taken over four scrapes, and never over less than a minute. */
const SHORTEST_WINDOW_MS = 60_000;

/** What the collector knows. Keys are `namespace/name` of RSGs. */
interface Memory {
  readonly rsgs: Store;
  readonly plans: Map<string, Plan>;
  readonly states: EngineStates;
  readonly snapshots: Snapshots;
  readonly views: Views;
  readonly queue: WorkQueue;
  synced: boolean;
}

export function createMetricSource(options: CollectorOptions, deps: CollectorDeps): Collector {
  const {clock, random} = deps;
  const rsgs = createStore({indexers: {[BY_TARGET]: targetIndexer, [BY_DEMAND]: demandIndexer}});
  const plans = new Map<string, Plan>();
  const states = createEngineStates({windowMs: Math.max(SHORTEST_WINDOW_MS, 4 * options.scrapeIntervalMs)});
  const awaited = (key: string): string | undefined => {
    if (!memory.synced) return 'ResourceScalingGroups have not been read yet';
    const waiting = rsgOf(rsgs, key)?.spec.metrics !== undefined && !plans.has(key);
    return waiting ? `the pods of ${key} have not been read yet` : undefined;
  };
  const rules = {freshMs: freshMsOf(options), coverage: options.coverage};
  const snapshots = createSnapshots(states);
  const views = createViews(rules, {plans, snapshots, clock, awaited});
  const memory: Memory = {rsgs, plans, states, snapshots, views, queue: createWorkQueue(BACKOFF, {clock, random}), synced: false};
  return {
    ...views.source,
    notReady: () => (memory.synced ? rsgs.list().flatMap((one) => awaited(keyOf(one)) ?? [])[0] : awaited('')),
    run: (signal) => run(memory, {options, deps}, signal),
  };
}

/** A sample counts for three intervals. */
function freshMsOf({scrapeIntervalMs}: CollectorOptions): number {
  return 3 * scrapeIntervalMs;
}

interface Setting {
  readonly options: CollectorOptions;
  readonly deps: CollectorDeps;
}

async function run(memory: Memory, {options, deps}: Setting, signal: AbortSignal): Promise<void> {
  const {rsgs, plans, queue, states, snapshots, views} = memory;
  const {clock, random, metrics = noHealthMetrics} = deps;
  const fetcher = createFetcher({clock});
  const scraper = createScraper(
    {
      intervalMs: options.scrapeIntervalMs,
      onScraped: (target, result) => {
        states.record(target, result);
      },
      onRound: {
        begins: (owner) => {
          const plan = plans.get(owner);
          if (plan !== undefined) snapshots.begin(owner, plan);
        },
        ends: (owner) => {
          const plan = plans.get(owner);
          if (plan !== undefined) snapshots.end(owner, plan);
          views.touch(owner);
        },
      },
    },
    {clock, random, fetcher, metrics, turn: createTurns()},
    signal,
  );
  const watches: Watches = createWatches(
    (change) => {
      for (const key of concerned(change, {rsgs, watches})) queue.add(key);
    },
    deps,
    signal,
  );
  const unsubscribe = rsgs.onChange((now, before) => {
    const changed = now ?? before;
    if (changed !== undefined) queue.add(keyOf(changed));
  });
  const reflector = startReflector({query: {type: RSG_TYPE, namespace: options.namespace}, store: rsgs}, deps, signal);
  await reflector.synced;
  memory.synced = true;
  const refresh = refresher(memory, {options, deps}, {watches, scraper});
  await Promise.all([
    queue.run(WORKERS, (key) => refresh(key, signal), signal),
    views.run(signal),
    poll(memory, {options, deps}, signal),
    reflector.done,
  ]);
  await scraper.done();
  unsubscribe();
  fetcher.close();
}

/** Without a server to ask, every pod of such an RSG is without an answer, and says so. */
async function poll({plans, states, snapshots, views}: Memory, {options, deps}: Setting, signal: AbortSignal): Promise<void> {
  const {clock, log, metrics = noHealthMetrics} = deps;
  const {scrapeIntervalMs: intervalMs, prometheus} = options;
  const asked = (): readonly [string, Plan][] => [...plans].filter(([, {source}]) => source === 'prometheus');
  const onRound = (results: ReadonlyMap<Target, Scraped>): void => {
    for (const [target, result] of results) states.record(target, result);
    for (const [key, plan] of asked()) {
      snapshots.begin(key, plan);
      snapshots.end(key, plan);
      views.touch(key);
    }
  };
  const client: PrometheusClient =
    prometheus === undefined
      ? {range: () => Promise.reject(new Error('no --prometheus-url is given'))}
      : createPrometheusClient(prometheus, {clock});
  await pollPrometheus(
    {intervalMs, freshMs: freshMsOf(options), targets: () => asked().flatMap(([, {targets}]) => targets), onRound},
    {client, clock, log, metrics},
    signal,
  );
}

/** Looks at one RSG and its pods again, and scrapes what is to be scraped from now on. */
function refresher(
  {rsgs, plans, states, snapshots, views, queue}: Memory,
  {options, deps}: Setting,
  {watches, scraper}: {readonly watches: Watches; readonly scraper: Scraper},
): (key: string, signal: AbortSignal) => Promise<void> {
  const {declaredKinds = []} = options;
  const discovery = declaringDiscovery(createDiscovery(deps), () => Promise.resolve(declaredKinds));
  const planFor = async (key: string): Promise<Plan | undefined> => {
    const rsg = rsgOf(rsgs, key);
    if (rsg?.spec.metrics !== undefined) return planOf(await observe(rsg, {watches, discovery}), options);
    watches.forget(key);
    return undefined;
  };
  return async (key, signal) => {
    try {
      const plan = await planFor(key);
      if (plan === undefined) plans.delete(key);
      else plans.set(key, plan);
      // Without pods there are no rounds.
      if (plan === undefined || plan.targets.length === 0) snapshots.forget(key);
      scraper.set(key, plan?.source === 'scrape' ? plan.targets : []);
      states.keep(key, plan?.targets ?? []);
      views.touch(key);
      queue.forget(key);
      if (plan !== undefined) queue.addAfter(key, RESYNC_MS);
    } catch (error) {
      if (signal.aborted) return;
      deps.log.warn({rsg: key, error: messageOf(error)}, 'the pods of an RSG cannot be read yet; trying again');
      queue.addRateLimited(key);
    }
  };
}

/** What does not fit the schema is the controller's to report; here it is as if it had no metrics. */
function rsgOf(rsgs: Store, key: string): Rsg | undefined {
  const [namespace, name = ''] = key.split('/');
  const parsed = parseRsg(rsgs.get(namespace, name));
  return 'rsg' in parsed ? parsed.rsg : undefined;
}

const keyOf = ({metadata}: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
