/**
 * The metrics adapter's role: the data plane that collects, and the doors that serve what it knows.
 *
 * All that it may need of a cluster (group, resource, verbs):
 * - resourcescalinggroup.com resourcescalinggroups, core pods, apps replicasets, the target kinds and what they own (metadata),
 *   discovery.k8s.io endpointslices: get, list, watch, in the namespaces of RSGs
 * - authentication.k8s.io tokenreviews, authorization.k8s.io subjectaccessreviews: create (ClusterRole system:auth-delegator)
 * - core configmaps kube-system/extension-apiserver-authentication: get, list, watch (Role extension-apiserver-authentication-reader)
 * - without certificate files: core secrets in the namespace of --tls-secret: create, and get, list, watch, update of that name;
 *   apiregistration.k8s.io apiservices: list, watch, and patch of those that are ours
 */
import type {AdapterConfig} from '../config.ts';
import {createMetricSource} from '../metrics-adapter/collector.ts';
import {createHealthMetrics} from '../metrics-adapter/health-metrics.ts';
import {addJsonRoutes} from '../metrics-adapter/serving/json-door.ts';
import {registerGauges} from '../metrics-adapter/serving/prometheus.ts';
import type {MetricSource} from '../metrics-adapter/query.ts';
import type {HealthDeps} from '../runtime/health.ts';
import type {RoleDeps} from './process.ts';
import {collectorOptions} from './source-options.ts';
import {startServing} from './serving.ts';

export interface Adapter {
  /** What `--http-address` serves besides `/livez`. */
  readonly health: Omit<HealthDeps, 'registry'>;
  readonly secureUrl: string;
  readonly kedaUrl: string;
  /** What it knows, for whoever is in the same process. */
  readonly source: MetricSource;
  /** Resolves when the signal has aborted and everything has ended. */
  readonly done: Promise<void>;
}

export async function startAdapter(config: AdapterConfig, deps: RoleDeps, signal: AbortSignal): Promise<Adapter> {
  const options = {...collectorOptions(config), declaredKinds: deps.declaredKinds};
  const source = createMetricSource(options, {...deps, metrics: createHealthMetrics(deps.registry)});
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
    source,
    done: run(),
  };
}
