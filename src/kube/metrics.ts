/** The metrics of `src/kube`: requests to the API server, watches, the work queue and the lease. Codes are those of `KubeError`, so they are few. */
import {Counter, Gauge, Histogram, type Registry} from 'prom-client';

export const VERBS = ['get', 'list', 'watch', 'create', 'replace', 'patch', 'delete'] as const;
export type Verb = (typeof VERBS)[number];

export interface ClientMetrics {
  /** `code` is `2xx` or that of the `KubeError`. Of a watch: the time to its headers. */
  request(done: {readonly verb: Verb; readonly code: string; readonly seconds: number}): void;
  /** A read that is asked again. */
  retry(verb: Verb): void;
  /** Where to ask how many requests wait for room. */
  waiting(count: () => number): void;
}

export const NO_METRICS: ClientMetrics = {request: () => undefined, retry: () => undefined, waiting: () => undefined};

export interface QueueMetrics {
  retry(): void;
  depth(count: () => number): void;
}

/** Once per registry: all clients of a process count together. */
export function createClientMetrics(registry: Registry): ClientMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rsg_kube_requests_total',
    help: 'Requests to the API server by verb and outcome: 2xx, or what it or the network refused with.',
    labelNames: ['verb', 'code'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'rsg_kube_request_duration_seconds',
    help: 'Time from asking to the last byte of the answer, waiting for room included; of a watch, to its headers.',
    labelNames: ['verb'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers,
  });
  const retries = new Counter({
    name: 'rsg_kube_request_retries_total',
    help: 'Reads asked again because the API server was busy or the connection broke.',
    labelNames: ['verb'] as const,
    registers,
  });
  for (const verb of VERBS) {
    requests.inc({verb, code: '2xx'}, 0);
    retries.inc({verb}, 0);
    duration.zero({verb});
  }
  const waiting = countGauge('rsg_kube_requests_waiting', 'Requests that wait for others to end.', registers);
  return {
    request: ({verb, code, seconds}) => {
      requests.inc({verb, code});
      duration.observe({verb}, seconds);
    },
    retry: (verb) => {
      retries.inc({verb});
    },
    waiting,
  };
}

export function createQueueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  const retries = new Counter({name: 'rsg_workqueue_retries_total', help: 'Keys put back after a failure.', registers});
  const depth = countGauge('rsg_workqueue_depth', 'Keys that wait for a worker.', registers);
  return {
    retry: () => {
      retries.inc();
    },
    depth,
  };
}

/** Set it to whether this process leads. */
export function createLeaderMetric(registry: Registry): (leads: boolean) => void {
  const gauge = new Gauge({name: 'rsg_leader', help: '1 while this process holds the lease.', registers: [registry]});
  return (leads) => {
    gauge.set(leads ? 1 : 0);
  };
}

/** A gauge that is asked when it is read. */
function countGauge(name: string, help: string, registers: Registry[]): (count: () => number) => void {
  let ask = (): number => 0;
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(ask());
    },
  });
  return (count) => {
    ask = count;
  };
}
