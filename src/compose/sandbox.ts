/** The role `sandbox`: the in-memory API server with the simulated controllers, kubelet and HPAs, as a process. */
import type {SandboxConfig} from '../config.ts';
import {systemClock} from '../runtime/clock.ts';
import {createLog} from '../runtime/log.ts';
import {systemRandom} from '../runtime/random.ts';
import {startSandbox} from '../sandbox/sandbox.ts';
import {DEFAULT_SIMULATION, runSimulation} from './simulation.ts';

/** Runs until the signal aborts. Resolves with the exit code. */
export async function runSandboxProcess(config: SandboxConfig, signal: AbortSignal): Promise<number> {
  const log = createLog(config['log-level']);
  const kubeconfigOut = config['kubeconfig-out'];
  const deps = {clock: systemClock, random: systemRandom, log};
  const sandbox = await startSandbox({port: config.port, kubeconfigOut}, deps);
  log.info({url: sandbox.url, kubeconfig: kubeconfigOut}, 'the sandbox is ready');
  await runSimulation(DEFAULT_SIMULATION, sandbox, {deps, signal});
  await sandbox.close();
  return 0;
}
