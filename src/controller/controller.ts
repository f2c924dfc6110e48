/** Runs the reconciler: watches RSGs, queues those that something happened to, and retries what failed. */
import type {KubeObject} from '../api/objects.ts';
import {RSG_TYPE} from '../api/labels.ts';
import {createDiscovery} from '../kube/discovery.ts';
import {createEventRecorder} from '../kube/events.ts';
import {isKubeError} from '../kube/errors.ts';
import type {QueueMetrics} from '../kube/metrics.ts';
import {spread} from '../kube/retry.ts';
import {startReflector, type ReflectorDeps} from '../kube/reflector.ts';
import {BY_TARGET, targetIndexer} from '../kube/routing.ts';
import {createStore, type Store} from '../kube/store.ts';
import {createWorkQueue} from '../kube/workqueue.ts';
import type {Clock} from '../runtime/clock.ts';
import {sameJson} from '../api/canonical.ts';
import {asObject} from '../api/json.ts';
import {messageOf} from '../runtime/errors.ts';
import {createLimit} from '../runtime/limit.ts';
import {actDeps} from './act.ts';
import {createInFlight, type InFlightProbe} from './in-flight.ts';
import {createMetricsHealths, type MetricsHealthProbe, type MetricsHealths} from './metrics-health.ts';
import {forgetRsg, reconcile, type ReconcilerDeps} from './reconciler.ts';
import {createRefusals} from './refusals.ts';
import {concerned} from './routing.ts';
import {createSyncMemory} from './sync-memory.ts';
import type {Rules} from './targets.ts';
import {createWatches, type Watches} from '../kube/watches.ts';

export interface ControllerOptions {
  readonly rules: Rules;
  /** Without one: RSGs of all namespaces. */
  readonly namespace?: string | undefined;
  /** Name of this process in events. */
  readonly identity: string;
  /** Asks engines for their requests; without it they are unknown. */
  readonly probe?: InFlightProbe | undefined;
  /** Asks the metrics adapter what it misses; without it MetricsAvailable is Unknown. */
  readonly metricsHealth?: MetricsHealthProbe | undefined;
  /** Least time between two readings of the same group, in milliseconds. */
  readonly readingIntervalMs?: number;
  readonly onReconciled?: (outcome: 'ok' | 'conflict' | 'error', seconds: number) => void;
  readonly queueMetrics?: QueueMetrics;
}

const WORKERS = 16;
const CHECKS_AT_ONCE = 8;
const READING_INTERVAL_MS = 15_000;
/** What happens to workloads comes in showers, and each look at an RSG may write its status: at most ten of them a second. */
const PACE = {baseMs: 100, maxMs: 60_000, restMs: 100};
/** Nothing depends on it: a net under the watches. */
const RESYNC_MS = 10 * 60_000;

/** Runs until the signal aborts; nothing is written after that. */
export async function runController(options: ControllerOptions, deps: ReflectorDeps, signal: AbortSignal): Promise<void> {
  const {client, clock, log, random} = deps;
  const queue = createWorkQueue(PACE, {clock, random, metrics: options.queueMetrics});
  const refusals = createRefusals({clock, random});
  const memory = createSyncMemory({clock, random});
  const rsgs = createStore({indexers: {[BY_TARGET]: targetIndexer}});
  const watches: Watches = createWatches(
    (change) => {
      for (const key of concerned(change, {rsgs, watches})) queue.addSoon(key);
    },
    deps,
    signal,
  );
  rsgs.onChange((now, before) => {
    const changed = now ?? before;
    if (changed === undefined) return;
    if (isStatusOnly(now, before)) queue.addSoon(keyOf(changed));
    else queue.add(keyOf(changed));
    // An RSG that goes may free a target that another waits for.
    if (now !== undefined) return;
    for (const other of targetIndexer(changed).flatMap((target) => rsgs.by(BY_TARGET, target))) queue.add(keyOf(other));
    forgetRsg(changed.metadata.uid ?? '', {refusals, memory});
  });
  const {probe} = options;
  const inFlight =
    probe === undefined
      ? undefined
      : createInFlight({
          probe,
          clock,
          signal,
          answered: (key) => {
            queue.add(key);
          },
        });
  const metricsHealths = metricsHealthsOf(options, {
    rsgs,
    clock,
    changed: (key) => {
      queue.add(key);
    },
  });
  const reconciler: ReconcilerDeps = {
    ...actDeps({client, watches, rsgs, refusals, tried: new Set(), memory, oneOfFew: createLimit(CHECKS_AT_ONCE), signal}),
    inFlight,
    metricsHealths,
    readingIntervalMs: options.readingIntervalMs ?? READING_INTERVAL_MS,
    discovery: createDiscovery({client, clock}),
    rules: options.rules,
    refusals,
    events: createEventRecorder({component: 'rsg-controller', instance: options.identity}, {client, clock, log}),
    clock,
  };

  const isKnown = (key: string): boolean => {
    const [namespace, name = ''] = key.split('/');
    return rsgs.get(namespace, name) !== undefined;
  };
  const handle = async (key: string): Promise<void> => {
    const startedAt = clock.now();
    const done = (outcome: 'ok' | 'conflict' | 'error'): void => options.onReconciled?.(outcome, (clock.now() - startedAt) / 1000);
    try {
      const dueMs = await reconcile(key, reconciler);
      queue.forget(key);
      if (isKnown(key)) queue.addAfter(key, Math.max(dueMs ?? RESYNC_MS, 20));
      done('ok');
    } catch (error) {
      if (signal.aborted) return;
      queue.addRateLimited(key, isKubeError(error) ? spread(error.retryAfterMs, random) : 0);
      if (isKubeError(error, 'Conflict')) {
        log.debug({rsg: key, error: messageOf(error)}, 'something changed meanwhile; looking again');
        done('conflict');
      } else {
        log.warn({rsg: key, error: messageOf(error)}, 'reconcile failed; trying again');
        done('error');
      }
    }
  };

  const reflector = startReflector({query: {type: RSG_TYPE, namespace: options.namespace}, store: rsgs}, deps, signal);
  await reflector.synced;
  await Promise.all([queue.run(WORKERS, handle, signal), metricsHealths?.run(signal)]);
  await reflector.done;
}

function metricsHealthsOf(
  {metricsHealth: probe}: ControllerOptions,
  {rsgs, clock, changed}: {rsgs: Store; clock: Clock; changed: (key: string) => void},
): MetricsHealths | undefined {
  if (probe === undefined) return undefined;
  const withMetrics = (): {namespace: string; name: string}[] =>
    rsgs
      .list()
      .filter((object) => asObject(object['spec'])['metrics'] !== undefined)
      .map(({metadata}) => ({namespace: metadata.namespace ?? '', name: metadata.name}));
  return createMetricsHealths({probe, clock, changed, rsgs: withMetrics});
}

/** Written by us, most likely. Spec moves the generation, and annotations hold the marks. */
function isStatusOnly(now: KubeObject | undefined, before: KubeObject | undefined): boolean {
  const asked = ({metadata}: KubeObject): unknown => [
    metadata.generation,
    metadata.deletionTimestamp,
    metadata.annotations,
    metadata.finalizers,
  ];
  return now !== undefined && before !== undefined && now.metadata.uid === before.metadata.uid && sameJson(asked(now), asked(before));
}

const keyOf = ({metadata}: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
