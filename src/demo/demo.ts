/**
 * `npm run demo`: a cluster (the sandbox, or the one of --kubeconfig), the real controller and metrics adapter, simulated engines under a
 * recorded hour of traffic, an HPA. It shows what happens, then checks what it claims on what it saw.
 */
import {mkdtemp, readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {asObject} from '../api/json.ts';
import {startEmbeddedCluster} from '../compose/embedded-cluster.ts';
import {parseTrace, startEngines, type Engines, type Trace} from '../compose/engines.ts';
import {processOf} from '../compose/process.ts';
import type {ReflectorDeps} from '../kube/reflector.ts';
import {enter, leave} from './guest.ts';
import {installAdapter, installHpa, installRsg, installWorkloads, type InstallDeps} from './install.ts';
import type {Place} from './manifests.ts';
import {startProgram} from './program.ts';
import {findLoopback, type Loopback} from './loopback.ts';
import type {Observation} from './observation.ts';
import {createRecorder, type Recorder} from './recorder.ts';
import {createScreen, type Output, type Screen} from './screen.ts';
import {LONG_REQUESTS, QUICK_CLUSTER, RATES, RATIO, SELECTORS, SPEED} from './settings.ts';
import {playScript} from './script.ts';
import {demoTrace, END} from './traffic.ts';
import {departure, farewell, opening, programme, summary, type Engineering} from './view.ts';
import {watchDemo, type Watching} from './watch.ts';

export interface DemoOptions {
  /** Of a cluster to use instead of the sandbox. */
  readonly kubeconfig: string | undefined;
  readonly keep: boolean;
  /** In that cluster. */
  readonly namespace: string;
  readonly image: string;
}

interface Stage {
  readonly options: DemoOptions;
  readonly deps: ReflectorDeps;
  readonly place: Place;
  readonly kubeconfig: string;
  readonly loopback: Loopback;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** What ends when the signal aborts. */
  readonly ending: Promise<unknown>[];
}

const TICK_MS = 100;
/** Images may have to be fetched. */
const READY_MS = 120_000;
/** In a cluster that is shared, others may play engines on the usual ports. */
const ENGINE_PORTS = {from: 20_000, count: 8_000};

/** Resolves with the exit code: 1 when a claim does not hold, or when the signal ended it. */
export async function runDemo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<number> {
  return options.kubeconfig === undefined
    ? await inSandbox(options, output, signal)
    : await asGuest(options.kubeconfig, options, {output, signal});
}

async function inSandbox(options: DemoOptions, output: Output, signal: AbortSignal): Promise<number> {
  const kubeconfig = join(await mkdtemp(join(tmpdir(), 'rsg-demo-')), 'kubeconfig');
  const loopback = await findLoopback();
  const kubelet = {...QUICK_CLUSTER.kubelet, ...(loopback === 'first' ? {network: 0} : {})};
  const {deps, close} = processOf({kubeconfig, 'log-level': 'error'}, 'rsg-demo');
  const place = {namespace: 'default', enginePort: 8000, image: 'example.com/llm-engine:1'};
  try {
    return await untilEnded(signal, async (running) => {
      const simulation = {...QUICK_CLUSTER, kubelet};
      const cluster = await startEmbeddedCluster({port: 0, kubeconfigOut: kubeconfig, simulation}, running.signal);
      running.ending.push(cluster.done);
      return await perform({options, deps, place, kubeconfig, loopback, screen: createScreen(output, deps), ...running});
    });
  } finally {
    close();
  }
}

type Running = Pick<Stage, 'signal' | 'ending'>;

/** Ends whatever was started, and waits for it. What breaks off because the user ended it is no error. */
async function untilEnded(signal: AbortSignal, run: (running: Running) => Promise<number>): Promise<number> {
  const end = new AbortController();
  const ending: Promise<unknown>[] = [];
  try {
    return await run({signal: AbortSignal.any([signal, end.signal]), ending});
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
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
  const {deps, close} = processOf({kubeconfig, 'log-level': 'error'}, 'rsg-demo');
  const {namespace, image} = options;
  // Others may play engines on the usual ports.
  const place = {namespace, enginePort: ENGINE_PORTS.from + Math.floor(deps.random() * ENGINE_PORTS.count), image};
  const screen = createScreen(output, deps);
  const loopback = await findLoopback();
  try {
    await enter(place, deps);
    try {
      return await untilEnded(signal, (running) => perform({options, deps, place, kubeconfig, loopback, screen, ...running}));
    } finally {
      screen.say(`removing what the demo has made in the cluster (the namespace ${namespace} and all in it) …`);
      for (const line of departure(await leave(place, deps))) screen.say(line);
    }
  } finally {
    close();
  }
}

async function perform(stage: Stage, {signal} = stage): Promise<number> {
  const {deps, place, screen} = stage;
  const installing: InstallDeps = {...deps, signal};
  screen.say(opening(stage.options.kubeconfig));
  await installWorkloads(place, installing);
  const watching = await watchDemo(place.namespace, deps, signal);
  stage.ending.push(watching.done);
  await until(() => originalsReady(watching), 'the originals are ready', stage);
  const program = await startProgram({kubeconfig: stage.kubeconfig, namespace: place.namespace}, signal);
  stage.ending.push(program.done);
  const engines = enginesOf(watching, stage.loopback);
  const plays = engines === 'played';
  for (const line of programme(engines)) screen.say(line);
  // Loopback addresses: the cluster is on this machine, so that its API server reaches the adapter here.
  if (plays) await installAdapter(place, program.port, installing);
  await installRsg(place, plays, installing);
  const recorded = parseTrace(await readFile(new URL('data/azure-llm-conv-10s.csv', import.meta.url), 'utf8'));
  const trace = demoTrace(recorded);
  const played = plays ? playEngines(trace, {stage, watching}) : undefined;
  const recorder = createRecorder({watching, screen, clock: deps.clock, engines: played, trace});
  await until(() => recorder.look()?.available === 1, 'group0 is bound and available', stage);
  if (played === undefined) await playScript({namespace: place.namespace, until: untilSeen(recorder, stage)}, installing);
  else await hour(played, recorder, {stage, installing});
  recorder.look();
  screen.leave();
  const seen = recorder.claims();
  for (const line of summary(seen)) screen.say(line);
  if (stage.options.keep && !signal.aborted) await keep(recorder, stage);
  return !signal.aborted && seen.every(({holds}) => holds) ? 0 : 1;
}

function playEngines(trace: Trace, {stage, watching}: {stage: Stage; watching: Watching}): Engines {
  const engines = startEngines({trace, speed: SPEED, rates: RATES, selectors: SELECTORS, long: LONG_REQUESTS}, stage.deps, stage.signal);
  const follow = (): void => {
    engines.follow(watching.seen().pods);
  };
  watching.onPods(follow);
  follow();
  stage.ending.push(engines.done);
  return engines;
}

/** The trace, then steady load: what an HPA follows. */
async function hour(engines: Engines, recorder: Recorder, {stage, installing}: {stage: Stage; installing: InstallDeps}): Promise<void> {
  engines.begin();
  await installHpa(stage.place, installing);
  while (engines.second() < END && !stage.signal.aborted) {
    recorder.look();
    await stage.deps.clock.sleep(TICK_MS, stage.signal);
  }
}

function untilSeen(recorder: Recorder, stage: Stage): (holds: (now: Observation) => boolean, what: string) => Promise<void> {
  return async (holds, what) => {
    await until(
      () => {
        const now = recorder.look();
        return now !== undefined && holds(now);
      },
      what,
      stage,
    );
  };
}

async function keep(recorder: Recorder, {screen, kubeconfig, deps, signal, place}: Stage): Promise<void> {
  for (const line of farewell(kubeconfig, place.namespace)) screen.say(line);
  while (!signal.aborted) {
    recorder.look();
    await deps.clock.sleep(1000, signal);
  }
}

function originalsReady(watching: Watching): boolean {
  const pods = watching.seen().pods.filter((pod) => asObject(pod['status'])['phase'] === 'Running');
  return pods.length >= RATIO.prefill + RATIO.decode;
}

/** Engines can be played where pods have loopback addresses, here and in the control plane of the cluster suites, and this machine has them. */
function enginesOf(watching: Watching, loopback: Loopback): Engineering {
  const elsewhere = watching.seen().pods.some((pod) => {
    const address = asObject(pod['status'])['podIP'];
    return typeof address === 'string' && !address.startsWith('127.');
  });
  if (elsewhere) return 'elsewhere';
  return loopback === 'none' ? 'without addresses' : 'played';
}

async function until(holds: () => boolean, what: string, {deps, signal}: Stage): Promise<void> {
  const deadline = deps.clock.now() + READY_MS;
  while (!holds() && !signal.aborted) {
    if (deps.clock.now() > deadline) throw new Error(`not within ${String(READY_MS / 1000)} s: ${what}`);
    await deps.clock.sleep(TICK_MS, signal);
  }
}
