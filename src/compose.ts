/**
 * The roles of the program, each a process: what it starts, in which order, and how it stops. Health is served first and ends last. With
 * `compose/`, the only place that wires collaborators.
 */
import {processOf} from './compose/process.ts';
import {startAdapter} from './compose/adapter.ts';
import {controllerRole} from './compose/controller.ts';
import {healthFromSource} from './compose/metrics-health.ts';
import type {AdapterConfig, ControllerConfig} from './config.ts';
import {startHealthServer} from './runtime/health.ts';

/** Runs until the signal aborts. Resolves with the exit code: 1 when the lease was lost, so that a restart begins clean. */
export async function runControllerProcess(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  const {deps, registry, close} = processOf(config, 'rsg-controller');
  const health = await startHealthServer(config['http-address'], {registry, notReady: () => undefined});
  try {
    deps.log.info({http: health.url}, 'the controller starts');
    return await controllerRole(config, {...deps, registry}, signal);
  } finally {
    await health.close();
    close();
  }
}

/** Runs until the signal aborts. Resolves with the exit code. */
export async function runAdapterProcess(config: AdapterConfig, signal: AbortSignal): Promise<number> {
  const {deps, registry, close} = processOf(config, 'rsg-metrics-adapter');
  const adapter = await startAdapter(config, {...deps, registry}, signal);
  const health = await startHealthServer(config['http-address'], {registry, ...adapter.health});
  deps.log.info({http: health.url, secure: adapter.secureUrl, keda: adapter.kedaUrl}, 'the metrics adapter starts');
  try {
    await adapter.done;
    return 0;
  } finally {
    await health.close();
    close();
  }
}

/** Both in one process. Only the controller waits for the lease; a replica without it serves metrics all the same. */
export async function runBothProcess(config: ControllerConfig & AdapterConfig, signal: AbortSignal): Promise<number> {
  const {deps, registry, close} = processOf(config, 'rsg');
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const adapter = await startAdapter(config, {...deps, registry}, either);
  const health = await startHealthServer(config['http-address'], {registry, ...adapter.health});
  deps.log.info({http: health.url, secure: adapter.secureUrl, keda: adapter.kedaUrl}, 'controller and metrics adapter start');
  try {
    return await controllerRole(config, {...deps, registry, metricsHealth: healthFromSource(adapter.source)}, signal);
  } finally {
    end.abort();
    await adapter.done;
    await health.close();
    close();
  }
}
