/**
 * The roles of the program, each a process: what it starts, in which order, and how it stops. Health is served first and ends last. With
 * `compose/`, the only place that wires collaborators.
 */
import {declaredKindsOf, processOf, type RoleDeps} from './compose/process.ts';
import {startAdapter} from './compose/adapter.ts';
import {controllerRole} from './compose/controller.ts';
import {healthFromSource} from './compose/metrics-health.ts';
import type {AdapterConfig, ControllerConfig} from './config.ts';
import {startHealthServer} from './runtime/health.ts';

/** Exit code of a program that was started with what it cannot use. */
const UNUSABLE = 2;

/** Runs until the signal aborts. Resolves with the exit code: 1 when the lease was lost, so that a restart begins clean. */
export function runControllerProcess(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  return asProcess(config, 'rsg-controller', async (deps) => {
    const health = await startHealthServer(config['http-address'], {registry: deps.registry, notReady: () => undefined});
    try {
      deps.log.info({http: health.url}, 'the controller starts');
      return await controllerRole(config, deps, signal);
    } finally {
      await health.close();
    }
  });
}

/** Runs until the signal aborts. Resolves with the exit code. */
export function runAdapterProcess(config: AdapterConfig, signal: AbortSignal): Promise<number> {
  return asProcess(config, 'rsg-metrics-adapter', async (deps) => {
    const adapter = await startAdapter(config, deps, signal);
    const health = await startHealthServer(config['http-address'], {registry: deps.registry, ...adapter.health});
    deps.log.info({http: health.url, secure: adapter.secureUrl, keda: adapter.kedaUrl}, 'the metrics adapter starts');
    try {
      await adapter.done;
      return 0;
    } finally {
      await health.close();
    }
  });
}

/** Both in one process. Only the controller waits for the lease; a replica without it serves metrics all the same. */
export function runBothProcess(config: ControllerConfig & AdapterConfig, signal: AbortSignal): Promise<number> {
  return asProcess(config, 'rsg', async (deps) => {
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    const adapter = await startAdapter(config, deps, either);
    const health = await startHealthServer(config['http-address'], {registry: deps.registry, ...adapter.health});
    deps.log.info({http: health.url, secure: adapter.secureUrl, keda: adapter.kedaUrl}, 'controller and metrics adapter start');
    try {
      return await controllerRole(config, {...deps, metricsHealth: healthFromSource(adapter.source)}, signal);
    } finally {
      end.abort();
      await adapter.done;
      await health.close();
    }
  });
}

async function asProcess(
  config: ControllerConfig | AdapterConfig,
  userAgent: string,
  run: (deps: RoleDeps) => Promise<number>,
): Promise<number> {
  const {deps, registry, close} = processOf(config, userAgent);
  try {
    const declaredKinds = await declaredKindsOf(config, deps);
    return declaredKinds === undefined ? UNUSABLE : await run({...deps, registry, declaredKinds});
  } finally {
    close();
  }
}
