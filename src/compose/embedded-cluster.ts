/** The sandbox with its simulators, as a cluster to run the program against in the same process. */
import {systemClock} from '../runtime/clock.ts';
import {createLog} from '../runtime/log.ts';
import {systemRandom} from '../runtime/random.ts';
import {startSandbox} from '../sandbox/sandbox.ts';
import {runSimulation, type SimulationOptions} from './simulation.ts';

export interface EmbeddedOptions {
  /** 0 is any free one. */
  readonly port: number;
  readonly kubeconfigOut: string;
  readonly simulation: SimulationOptions;
}

export interface EmbeddedCluster {
  readonly url: string;
  /** Resolves when the signal has aborted and everything has ended. */
  readonly done: Promise<void>;
}

export async function startEmbeddedCluster({simulation, ...options}: EmbeddedOptions, signal: AbortSignal): Promise<EmbeddedCluster> {
  const deps = {clock: systemClock, random: systemRandom, log: createLog('error')};
  const sandbox = await startSandbox(options, deps);
  const run = async (): Promise<void> => {
    await runSimulation(simulation, sandbox, {deps, signal});
    await sandbox.close();
  };
  return {url: sandbox.url, done: run()};
}
