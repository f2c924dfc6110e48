/** The controller as users start it, a process of its own under the chart's ServiceAccount, against a control plane of a test. */
import {join} from 'node:path';
import {assertNothingForbidden, underChartRights, type TargetKind} from './chart-rights.ts';
import {ProcessGroup, end, endBy, freePorts, signal, type Running} from './processes.ts';
import type {ControlPlane} from './control-plane.ts';
import {renderCrd} from '../../src/api/crd.ts';
import {eventually} from './wait.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface ControllerProcess {
  readonly httpAddress: string;
  /** Of the process that runs now. */
  pid(): number;
  /** SIGSTOP and SIGCONT: it stands still, with its connections open. */
  pause(): void;
  resume(): void;
  /** How it ended: an exit code or a signal. */
  exited(): Promise<string>;
  /** SIGKILL: no clean end of any kind. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. Rejects when it was refused a right. */
  stop(): Promise<string>;
  start(): Promise<void>;
}

export async function installCrd(cluster: ControlPlane): Promise<void> {
  await cluster.apply(renderCrd());
  await cluster.kubectlOk('wait', '--for=condition=Established', 'crd/resourcescalinggroups.resourcescalinggroup.com', '--timeout=30s');
  await eventually('the kind is served', async () => (await cluster.kubectl('get', 'rsg')).code === 0);
}

export interface StartOptions {
  /** What Node is to run, with Node's own flags before it. */
  readonly program?: readonly string[];
  /** What the chart's rights are rendered for, in place of the kinds that it has by itself. */
  readonly targetKinds?: readonly TargetKind[];
}

/** Starts it without leader election unless `flags` say otherwise; resolves when it answers on /readyz. */
export async function startController(
  cluster: ControlPlane,
  flags: readonly string[] = [],
  {program = [MAIN], targetKinds}: StartOptions = {},
): Promise<ControllerProcess> {
  const processes = new ProcessGroup();
  const [port = 0] = await freePorts(1);
  const httpAddress = `127.0.0.1:${String(port)}`;
  const leading = flags.some((flag) => flag.startsWith('--leader-elect')) ? [] : ['--leader-elect=false'];
  const kubeconfig = await underChartRights(cluster, 'controller', targetKinds);
  const local = ['--kubeconfig', kubeconfig, '--http-address', httpAddress];
  const command = [process.execPath, ...program, 'controller', ...local, ...leading, ...flags];
  let running: Running;
  const start = async (): Promise<void> => {
    running = processes.start('rsg', command, {cwd: cluster.directory, logFile: join(cluster.directory, 'rsg.log')});
    await eventually('the controller is ready', async () => {
      if (running.exited !== undefined) await processes.assertAlive();
      return (await fetch(`http://${httpAddress}/readyz`)).ok;
    });
  };
  await start();
  return {
    httpAddress,
    pid: () => running.pid,
    start,
    pause: () => {
      signal(running.pid, 'SIGSTOP');
    },
    resume: () => {
      signal(running.pid, 'SIGCONT');
    },
    exited: () => running.exit,
    kill: () => endBy(running, 'SIGKILL'),
    stop: async () => {
      await end(running, 5000);
      await assertNothingForbidden(cluster);
      return running.exit;
    },
  };
}
