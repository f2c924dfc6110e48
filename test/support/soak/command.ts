/** What the soaks have in common as programs: arguments, a control plane of their own, what they say and how they end. */
import {startControlPlane, type ControlPlane, type ControlPlaneOptions} from '../control-plane.ts';
import {installCrd} from '../controller.ts';
import {keepLogs} from './keep-logs.ts';

export interface SoakCommand extends ControlPlaneOptions {
  /** The first argument, unless it is given. */
  readonly count: number;
  /** Answers what is wrong. */
  readonly run: (
    cluster: ControlPlane,
    given: {readonly count: number; readonly seed: number; readonly told: Told},
  ) => Promise<readonly string[]>;
}

export type Told = (line: string) => void;

/** Arguments: a count and a seed. The exit code is 1 when something is wrong; then what is needed to find out why is kept. */
export async function soakCommand({count, run, ...options}: SoakCommand): Promise<void> {
  const [given, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
  const told: Told = (line) => {
    process.stdout.write(`${line}\n`);
  };
  told(`seed ${String(seed)}`);
  const cluster = await startControlPlane({audit: true, ...options});
  try {
    await installCrd(cluster);
    const wrong = await run(cluster, {count: given ?? count, seed, told});
    told(wrong.length === 0 ? 'nothing wrong' : `WRONG:\n${wrong.map((one) => `  ${one}`).join('\n')}`);
    if (wrong.length > 0) told(`logs and objects: ${await keepLogs(cluster)}`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}
