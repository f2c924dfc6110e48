/** Metrics in Prometheus' names and base units: one registry per process, and the controller's own in it. */
import {collectDefaultMetrics, Counter, Histogram, Registry} from 'prom-client';

export interface ControllerMetrics {
  readonly reconciled: (outcome: 'ok' | 'conflict' | 'error', seconds: number) => void;
}

/** With what is to be known about the process itself. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({register: registry});
  return registry;
}

export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const total = new Counter({
    name: 'rsg_controller_reconciles_total',
    help: 'Reconciles by outcome.',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'rsg_controller_reconcile_duration_seconds',
    help: 'Time of one reconcile.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return {
    reconciled: (outcome, seconds) => {
      total.inc({outcome});
      duration.observe(seconds);
    },
  };
}
