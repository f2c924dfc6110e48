/** The only file that wires collaborators. Start: health, then leadership, then the controller; stop in reverse. */
import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import {KubeConfig} from '@kubernetes/client-node';
import type {Config} from './config.ts';
import {runController} from './controller/controller.ts';
import {createKubeClient} from './kube/client.ts';
import {runAsLeader} from './kube/leader-election.ts';
import {systemClock} from './runtime/clock.ts';
import {startHealthServer} from './runtime/health.ts';
import {createLog} from './runtime/log.ts';
import {systemRandom} from './runtime/random.ts';
import {createControllerMetrics} from './runtime/registry.ts';

const LEASE_NAME = 'rsg-controller';
const REQUEST_TIMEOUT_MS = 30_000;

/** Runs until the signal aborts. Resolves with the exit code: 1 when the lease was lost, so that a restart begins clean. */
export async function runControllerProcess(config: Config, signal: AbortSignal): Promise<number> {
  const log = createLog(config['log-level']);
  const clock = systemClock;
  const options = {config: loadKubeConfig(config.kubeconfig), requestTimeoutMs: REQUEST_TIMEOUT_MS, userAgent: 'rsg-controller'};
  const client = createKubeClient(options, {clock});
  const deps = {client, clock, log, random: systemRandom};
  const metrics = createControllerMetrics();
  const health = await startHealthServer(config['http-address'], {registry: metrics.registry, notReady: () => undefined});
  const identity = `${hostname()}_${randomUUID()}`;
  const lead = (leading: AbortSignal): Promise<void> => {
    log.info({http: health.url}, 'the controller starts');
    return runController(
      {
        rules: {targetKinds: config['target-kinds'], crossNamespaces: config['allow-cross-namespace']},
        namespace: config['watch-namespace'],
        identity,
        onReconciled: metrics.reconciled,
      },
      deps,
      leading,
    );
  };
  try {
    if (!config['leader-elect']) {
      await lead(signal);
      return 0;
    }
    const lease = {namespace: config['lease-namespace'], name: LEASE_NAME, identity};
    return (await runAsLeader(lease, deps, lead, signal)) === 'lost' ? 1 : 0;
  } finally {
    await health.close();
    client.close();
  }
}

function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  return config;
}
