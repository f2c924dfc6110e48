/** The metrics adapter's role: the data plane that collects, and the doors that serve what it knows. */
import type {AdapterConfig} from '../config.ts';
import {createMetricSource} from '../metrics-adapter/collector.ts';
import {createHealthMetrics} from '../metrics-adapter/health-metrics.ts';
import {addJsonRoutes} from '../metrics-adapter/serving/json-door.ts';
import {registerGauges} from '../metrics-adapter/serving/prometheus.ts';
import type {HealthDeps} from '../runtime/health.ts';
import type {RoleDeps} from './process.ts';
import {collectorOptions} from './source-options.ts';
import {startServing} from './serving.ts';

export interface Adapter {
  /** What `--http-address` serves besides `/livez`. */
  readonly health: Omit<HealthDeps, 'registry'>;
  readonly secureUrl: string;
  readonly kedaUrl: string;
  /** Resolves when the signal has aborted and everything has ended. */
  readonly done: Promise<void>;
}

export async function startAdapter(config: AdapterConfig, deps: RoleDeps, signal: AbortSignal): Promise<Adapter> {
  const source = createMetricSource(collectorOptions(config), {...deps, metrics: createHealthMetrics(deps.registry)});
  const serving = await startServing(config, {...deps, source, sourceNotReady: () => source.notReady()});
  const {metrics} = serving;
  const run = async (): Promise<void> => {
    await source.run(signal);
    await serving.close();
  };
  return {
    health: {
      notReady: serving.notReady,
      beforeMetrics: registerGauges(deps.registry, source),
      routes: (server) => {
        addJsonRoutes(server, {source, metrics});
      },
    },
    secureUrl: serving.secureUrl,
    kedaUrl: serving.kedaUrl,
    done: run(),
  };
}
