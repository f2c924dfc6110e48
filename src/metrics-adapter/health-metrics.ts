/** The adapter's own health: scrapes by source and outcome. Every series is there from the start, and none is labelled by a pod or RSG. */
import {Counter, Gauge, Histogram, type Registry} from 'prom-client';
import {FAILURES, type Failure} from './http-fetch.ts';

export type ScrapeOutcome = 'ok' | Failure;
export type SourceName = 'pod' | 'prometheus';

export interface HealthMetrics {
  scraped(source: SourceName, outcome: ScrapeOutcome, details: {readonly seconds: number; readonly bytes?: number}): void;
  targets(count: number): void;
}

/** What is counted where nobody asks. */
export const noHealthMetrics: HealthMetrics = {scraped: () => undefined, targets: () => undefined};

const SOURCES: readonly SourceName[] = ['pod', 'prometheus'];

export function createHealthMetrics(registry: Registry): HealthMetrics {
  const registers = [registry];
  const scrapes = new Counter({
    name: 'rsg_adapter_scrapes_total',
    help: 'Scrapes of pods and queries to Prometheus, by outcome.',
    labelNames: ['source', 'outcome'] as const,
    registers,
  });
  const parseErrors = new Counter({name: 'rsg_adapter_parse_errors_total', help: 'Answers that break the exposition format.', registers});
  const duration = new Histogram({
    name: 'rsg_adapter_scrape_duration_seconds',
    help: 'From the request to the whole answer.',
    labelNames: ['source'] as const,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const size = new Histogram({
    name: 'rsg_adapter_scrape_body_bytes',
    help: 'Size of the answers.',
    labelNames: ['source'] as const,
    buckets: [4096, 16384, 65536, 262144, 1048576, 4194304, 16777216],
    registers,
  });
  const targets = new Gauge({name: 'rsg_adapter_targets', help: 'Pods scraped now.', registers});
  for (const source of SOURCES) {
    for (const outcome of ['ok', ...FAILURES] as const) scrapes.inc({source, outcome}, 0);
    duration.zero({source});
    size.zero({source});
  }
  return {
    scraped: (source, outcome, {seconds, bytes}) => {
      scrapes.inc({source, outcome});
      if (outcome === 'broken') parseErrors.inc();
      duration.observe({source}, seconds);
      if (bytes !== undefined) size.observe({source}, bytes);
    },
    targets: (count) => {
      targets.set(count);
    },
  };
}
