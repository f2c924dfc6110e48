/** What every role of the program has: a client of the cluster, a clock, chance, a log, a registry of metrics. */
import {KubeConfig} from '@kubernetes/client-node';
import type {Registry} from 'prom-client';
import type {WorkloadKind} from '../api/workload-kind.ts';
import type {ControllerConfig} from '../config.ts';
import {createKubeClient} from '../kube/client.ts';
import {createClientMetrics} from '../kube/metrics.ts';
import {loadKinds} from '../kube/kind-declarations.ts';
import type {ReflectorDeps} from '../kube/reflector.ts';
import {systemClock} from '../runtime/clock.ts';
import {createLog} from '../runtime/log.ts';
import {systemRandom} from '../runtime/random.ts';
import {createRegistry} from '../runtime/registry.ts';

const REQUEST_TIMEOUT_MS = 30_000;

/** What a role is given. */
export interface RoleDeps extends ReflectorDeps {
  readonly registry: Registry;
  /** Of the file of `--kind-declarations`. */
  readonly declaredKinds: readonly WorkloadKind[];
}

export interface Process {
  readonly deps: ReflectorDeps;
  readonly registry: Registry;
  readonly close: () => void;
}

/** `userAgent` is how the cluster's audit log names it. */
export function processOf(config: Pick<ControllerConfig, 'kubeconfig' | 'log-level'>, userAgent: string): Process {
  const options = {config: loadKubeConfig(config.kubeconfig), requestTimeoutMs: REQUEST_TIMEOUT_MS, userAgent};
  const registry = createRegistry();
  const client = createKubeClient(options, {clock: systemClock, random: systemRandom, metrics: createClientMetrics(registry)});
  return {
    deps: {client, clock: systemClock, log: createLog(config['log-level']), random: systemRandom},
    registry,
    close: () => {
      client.close();
    },
  };
}

/** Of `--kind-declarations`; undefined, and what is wrong in the log, where they cannot be used. */
export async function declaredKindsOf(
  {'kind-declarations': file}: Pick<ControllerConfig, 'kind-declarations'>,
  {log}: Pick<ReflectorDeps, 'log'>,
): Promise<readonly WorkloadKind[] | undefined> {
  const read = await loadKinds(file);
  if ('kinds' in read) return read.kinds;
  log.error({file, mistakes: read.mistakes}, 'the declarations of kinds cannot be used');
  return undefined;
}

function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  return config;
}
