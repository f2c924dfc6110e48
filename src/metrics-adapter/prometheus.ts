/**
 * The source `prometheus`: instead of scraping pods, one query per metric name, whatever the number of RSGs, against a server that has
 * scraped them. Raw samples are asked for (a range selector), so that each has its own time and is treated as if scraped here: the same
 * freshness, the same rates. A pod of which nothing comes back is unknown, never 0. The server must scrape at least as often as the
 * adapter's interval, and label series with `namespace` and `pod`.
 */
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {Sample} from './exposition-line.ts';
import type {HealthMetrics} from './health-metrics.ts';
import type {PrometheusClient, RangeSeries} from './prometheus-client.ts';
import {readerNames, type Scraped} from './scrape.ts';
import {createSlots} from './slots.ts';
import type {Target} from './targets.ts';

export interface PollerOptions {
  readonly intervalMs: number;
  /** How far back a sample may lie. */
  readonly freshMs: number;
  /** What is asked for now. */
  readonly targets: () => readonly Target[];
  readonly onRound: (results: ReadonlyMap<Target, Scraped>) => void;
}

export interface PollerDeps {
  readonly client: PrometheusClient;
  readonly clock: Clock;
  readonly metrics: HealthMetrics;
  readonly log: Log;
}

const AT_ONCE = 4;

/** Polls once per interval until the signal aborts. Never rejects. */
export async function pollPrometheus(
  {intervalMs, freshMs, targets, onRound}: PollerOptions,
  deps: PollerDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const startedMs = deps.clock.now();
    const wanted = targets();
    if (wanted.length > 0) {
      const results = await poll(wanted, {freshMs, timeoutMs: intervalMs}, deps, signal);
      if (isAborted(signal)) return;
      onRound(results);
    }
    await deps.clock.sleep(Math.max(0, startedMs + intervalMs - deps.clock.now()), signal);
  }
}

/** A function, since the compiler would take the loop's condition for settled. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** One round. A query that fails leaves every target without an answer: part of a pod's metrics would be a wrong picture. */
export async function poll(
  targets: readonly Target[],
  {freshMs, timeoutMs}: {readonly freshMs: number; readonly timeoutMs: number},
  {client, clock, metrics, log}: PollerDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<Target, Scraped>> {
  const atMs = clock.now();
  const names = [...new Set(targets.flatMap(({reader}) => readerNames(reader)))];
  const slots = createSlots(AT_ONCE);
  const namespaces = namespacesOf(targets);
  const query = async (name: string): Promise<[string, ReadonlyMap<string, readonly Sample[]>]> => {
    const selector = `${name}{namespace=~"${namespaces}"}[${String(Math.ceil(freshMs / 1000))}s]`;
    return [name, byPod(name, await client.range(selector, {atMs, timeoutMs}, signal))];
  };
  try {
    const answers = new Map(await Promise.all(names.map((name) => slots.run(() => query(name)))));
    metrics.scraped('prometheus', 'ok', {seconds: (clock.now() - atMs) / 1000});
    return new Map(targets.map((target): [Target, Scraped] => [target, resultOf(target, answers)]));
  } catch (error) {
    const problem = `Prometheus: ${messageOf(error)}`;
    if (!signal.aborted) {
      metrics.scraped('prometheus', 'unreachable', {seconds: (clock.now() - atMs) / 1000});
      log.warn({error: messageOf(error)}, 'a query to Prometheus failed');
    }
    return new Map(targets.map((target): [Target, Scraped] => [target, {failure: 'unreachable', problem}]));
  }
}

/** Namespaces of the targets as a regular expression: they are DNS labels, so nothing in them needs an escape. */
function namespacesOf(targets: readonly Target[]): string {
  return [...new Set(targets.map(({namespace}) => namespace))].sort().join('|');
}

function resultOf({reader, namespace, pod}: Target, answers: ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>): Scraped {
  const samples = readerNames(reader).flatMap((name) => answers.get(name)?.get(`${namespace}/${pod}`) ?? []);
  if (samples.length === 0) return {failure: 'unreachable', problem: 'Prometheus has no fresh sample of it'};
  return {atMs: Math.min(...samples.map(({timestampMs = 0}) => timestampMs)), samples};
}

/** Labels that tell how a series was scraped, not what it is: a pod scraped by two jobs has each series once. */
const SCRAPE_LABELS = new Set([
  '__name__',
  'namespace',
  'pod',
  'container',
  'endpoint',
  'instance',
  'job',
  'node',
  'prometheus',
  'prometheus_replica',
  'service',
]);

/** The latest sample of each series, by `namespace/pod`. */
function byPod(name: string, series: readonly RangeSeries[]): ReadonlyMap<string, readonly Sample[]> {
  const pods = new Map<string, Map<string, Sample>>();
  for (const {labels, points} of series) {
    const latest = points.at(-1);
    if (latest === undefined) continue;
    const pod = `${labels['namespace'] ?? ''}/${labels['pod'] ?? ''}`;
    const own = Object.entries(labels).filter(([label]) => !SCRAPE_LABELS.has(label));
    const identity = JSON.stringify(own.sort());
    const samples = pods.get(pod) ?? new Map<string, Sample>();
    pods.set(pod, samples);
    const before = samples.get(identity);
    if (before?.timestampMs !== undefined && before.timestampMs >= latest.atMs) continue;
    samples.set(identity, {name, labels: new Map(own), value: latest.value, timestampMs: latest.atMs});
  }
  return new Map([...pods].map(([pod, samples]) => [pod, [...samples.values()]]));
}
