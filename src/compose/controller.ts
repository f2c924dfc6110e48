/** The controller's role: leadership, then the controller. */
import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import type {ControllerConfig} from '../config.ts';
import {runController} from '../controller/controller.ts';
import type {MetricsHealthProbe} from '../controller/metrics-health.ts';
import {fencedClient, openFence, type Fence} from '../kube/fence.ts';
import {runAsLeader} from '../kube/leader-election.ts';
import {createLeaderMetric, createQueueMetrics} from '../kube/metrics.ts';
import {createInFlightProbe} from '../metrics-adapter/in-flight.ts';
import {createControllerMetrics} from '../runtime/registry.ts';
import {healthFromUrl} from './metrics-health.ts';
import type {RoleDeps} from './process.ts';
import {inFlightOptions} from './source-options.ts';

const LEASE_NAME = 'rsg-controller';

export interface ControllerRoleDeps extends RoleDeps {
  /** Of the adapter in the same process; without it the one at `--metrics-adapter-url` is asked. */
  readonly metricsHealth?: MetricsHealthProbe;
}

/** Runs until the signal aborts. Resolves with the exit code: 1 when the lease was lost. */
export async function controllerRole(config: ControllerConfig, deps: ControllerRoleDeps, signal: AbortSignal): Promise<number> {
  const metrics = createControllerMetrics(deps.registry);
  const queueMetrics = createQueueMetrics(deps.registry);
  const identity = `${hostname()}_${randomUUID()}`;
  const url = config['metrics-adapter-url'];
  const metricsHealth = deps.metricsHealth ?? (url === undefined ? undefined : healthFromUrl(url));
  const lead = (fence: Fence): Promise<void> =>
    runController(
      {
        rules: {targetKinds: config['target-kinds'], crossNamespaces: config['allow-cross-namespace'], declaredKinds: deps.declaredKinds},
        namespace: config['watch-namespace'],
        identity,
        probe: createInFlightProbe(inFlightOptions(config), deps),
        readingIntervalMs: config['scrape-interval'],
        metricsHealth,
        onReconciled: metrics.reconciled,
        queueMetrics,
      },
      {...deps, client: fencedClient(deps.client, fence)},
      fence.signal,
    );
  if (!config['leader-elect']) {
    await lead(openFence(signal));
    return 0;
  }
  const lease = {namespace: config['lease-namespace'], name: LEASE_NAME, identity};
  return (await runAsLeader(lease, {...deps, onLeading: createLeaderMetric(deps.registry)}, lead, signal)) === 'lost' ? 1 : 0;
}
