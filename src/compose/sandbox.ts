/** The role `sandbox`: the in-memory API server as a process. */
import {once} from 'node:events';
import type {SandboxConfig} from '../config.ts';
import {systemClock} from '../runtime/clock.ts';
import {createLog} from '../runtime/log.ts';
import {systemRandom} from '../runtime/random.ts';
import {startSandbox} from '../sandbox/sandbox.ts';

/** Runs until the signal aborts. Resolves with the exit code. */
export async function runSandboxProcess(config: SandboxConfig, signal: AbortSignal): Promise<number> {
  const log = createLog(config['log-level']);
  const kubeconfigOut = config['kubeconfig-out'];
  const sandbox = await startSandbox({port: config.port, kubeconfigOut}, {clock: systemClock, random: systemRandom, log});
  log.info({url: sandbox.url, kubeconfig: kubeconfigOut}, 'the sandbox is ready');
  if (!signal.aborted) await once(signal, 'abort');
  await sandbox.close();
  return 0;
}
