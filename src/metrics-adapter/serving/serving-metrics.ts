/** The adapter's own metrics: what it is asked, and how it answers. */
import {Counter, Histogram, type Registry} from 'prom-client';
import {METRIC_NAMES} from '../query.ts';

export type Door = 'external' | 'custom' | 'keda' | 'json';

export interface ServingMetrics {
  /** `metric` may be anything that a client has written; unknown ones are counted together. `code` is an HTTP status or a gRPC code's name. */
  answered(door: Door, metric: string, code: string): void;
  took(door: Door, seconds: number): void;
}

const NAMES: ReadonlySet<string> = new Set(METRIC_NAMES);

export function createServingMetrics(registry: Registry): ServingMetrics {
  const requests = new Counter({
    name: 'rsg_adapter_requests_total',
    help: 'Requests for metrics by door, metric and result.',
    labelNames: ['door', 'metric', 'code'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'rsg_adapter_request_duration_seconds',
    help: 'Time from a request for a metric to its answer.',
    labelNames: ['door'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  });
  for (const door of ['external', 'custom', 'keda', 'json'] as const) duration.zero({door});
  return {
    answered: (door, metric, code) => {
      requests.inc({door, metric: NAMES.has(metric) ? metric : 'other', code});
    },
    took: (door, seconds) => {
      duration.observe({door}, seconds);
    },
  };
}
