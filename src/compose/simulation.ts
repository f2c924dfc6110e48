/** Wires the simulators to the sandbox's API server: workloads, kubelet and endpoints on its objects, HPAs over its HTTP interface. */
import {KubeConfig} from '@kubernetes/client-node';
import {createKubeClient} from '../kube/client.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {runHpas, type HpaOptions} from '../sandbox/sim/hpa/run.ts';
import {runWorkloads, type WorkloadOptions} from '../sandbox/sim/workloads.ts';

export type SimulationOptions = WorkloadOptions & {readonly hpa: HpaOptions};

/** As fast as a person wants to look at it; HPAs as in a cluster of the cluster suites. */
export const DEFAULT_SIMULATION: SimulationOptions = {
  kubelet: {startMs: 1500, terminateMs: 300},
  nodes: 4,
  hpa: {syncMs: 2000, downscaleStabilizationMs: 300_000},
};

const REQUEST_TIMEOUT_MS = 10_000;

export interface SimulationDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Resolves when the signal has aborted and everything has ended. */
export async function runSimulation(
  options: SimulationOptions,
  sandbox: Pick<Sandbox, 'store' | 'kubeconfig'>,
  {deps, signal}: {readonly deps: SimulationDeps; readonly signal: AbortSignal},
): Promise<void> {
  const config = new KubeConfig();
  config.loadFromString(sandbox.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: REQUEST_TIMEOUT_MS, userAgent: 'rsg-sandbox-hpa'}, deps);
  const all = {...deps, store: sandbox.store, get: (path: string) => client.raw(path, signal)};
  try {
    await Promise.all([runWorkloads(options, all, signal), runHpas(options.hpa, all, signal)]);
  } finally {
    client.close();
  }
}
