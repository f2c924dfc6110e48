/**
 * `npm run demo`: a cluster (the sandbox, or the one of --kubeconfig), the real controller and metrics adapter, simulated engines under a
 * recorded hour of traffic, an HPA. It shows what happens, then checks what it claims on what it saw.
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startEmbeddedCluster} from '../compose/embedded-cluster.ts';
import {processOf, type Process} from '../compose/process.ts';
import {isKubeError} from '../kube/errors.ts';
import {systemClock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import {enter, leave, Refused} from './guest.ts';
import {findLoopback} from './loopback.ts';
import {perform, type Stage} from './perform.ts';
import {createScreen, type Output, type Screen} from './screen.ts';
import {QUICK_CLUSTER} from './settings.ts';
import {departure} from './view.ts';

export interface DemoOptions {
  /** Of a cluster to use instead of the sandbox. */
  readonly kubeconfig: string | undefined;
  readonly keep: boolean;
  /** In that cluster. */
  readonly namespace: string;
  readonly image: string;
}

/** In a cluster that is shared, others may play engines on the usual ports. */
const ENGINE_PORTS = {from: 20_000, count: 8_000};

/** Resolves with the exit code: 1 when a claim does not hold, or when the signal ended it. */
export async function runDemo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<number> {
  return options.kubeconfig === undefined
    ? await inSandbox(options, output, signal)
    : await asGuest(options.kubeconfig, options, {output, signal});
}

async function inSandbox(options: DemoOptions, output: Output, signal: AbortSignal): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'rsg-demo-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const loopback = await findLoopback();
  const kubelet = {...QUICK_CLUSTER.kubelet, ...(loopback === 'first' ? {network: 0} : {})};
  const place = {namespace: 'default', enginePort: 8000, image: 'example.com/llm-engine:1'};
  const screen = createScreen(output, {clock: systemClock});
  let process: Process | undefined;
  try {
    return await untilEnded(signal, screen, async (running) => {
      const simulation = {...QUICK_CLUSTER, kubelet};
      const cluster = await startEmbeddedCluster({port: 0, kubeconfigOut: kubeconfig, simulation}, running.signal);
      running.ending.push(cluster.done);
      // The sandbox has just written the kubeconfig.
      process = processOf({kubeconfig, 'log-level': 'error'}, 'rsg-demo');
      return await perform({options, deps: process.deps, place, kubeconfig, loopback, screen, ...running});
    });
  } finally {
    process?.close();
    await rm(directory, {recursive: true, force: true});
  }
}

type Running = Pick<Stage, 'signal' | 'ending'>;

/** Ends whatever was started, and waits for it. What breaks off because the user ended it is no error. */
async function untilEnded(signal: AbortSignal, screen: Screen, run: (running: Running) => Promise<number>): Promise<number> {
  const end = new AbortController();
  const ending: Promise<unknown>[] = [];
  try {
    return await run({signal: AbortSignal.any([signal, end.signal]), ending});
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.say('stopped before the end: nothing was checked');
    return 1;
  } finally {
    end.abort();
    await Promise.allSettled(ending);
  }
}

/** In a cluster that lives on: whatever happens, what the demo has made there is taken away again. */
async function asGuest(
  kubeconfig: string,
  options: DemoOptions,
  {output, signal}: {readonly output: Output; readonly signal: AbortSignal},
): Promise<number> {
  const {deps, close} = guestProcess(kubeconfig);
  const {namespace, image} = options;
  // Others may play engines on the usual ports.
  const place = {namespace, enginePort: ENGINE_PORTS.from + Math.floor(deps.random() * ENGINE_PORTS.count), image};
  const screen = createScreen(output, deps);
  const loopback = await findLoopback();
  try {
    await admitted(kubeconfig, () => enter(place, deps));
    try {
      return await untilEnded(signal, screen, (running) => perform({options, deps, place, kubeconfig, loopback, screen, ...running}));
    } finally {
      screen.say(`removing what the demo has made in the cluster (the namespace ${namespace} and all in it) …`);
      for (const line of departure(await leave(place, deps))) screen.say(line);
    }
  } finally {
    close();
  }
}

function guestProcess(kubeconfig: string): Process {
  try {
    return processOf({kubeconfig, 'log-level': 'error'}, 'rsg-demo');
  } catch (error) {
    throw new Refused(`this is no kubeconfig that can be used: ${kubeconfig}: ${messageOf(error)}`);
  }
}

/** Says of which file it is that a cluster does not answer, or does not know the user. */
async function admitted(kubeconfig: string, enter: () => Promise<void>): Promise<void> {
  try {
    await enter();
  } catch (error) {
    if (isKubeError(error, 'Unreachable')) throw new Refused(`the cluster of ${kubeconfig} does not answer: ${error.message}`);
    if (isKubeError(error, 'Unauthorized')) throw new Refused(`the cluster of ${kubeconfig} does not know its user: ${error.message}`);
    throw error;
  }
}
