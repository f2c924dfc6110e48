/** What happens in the demo, wherever its cluster is: the workloads come, the program is started, traffic passes or a script is played, claims are checked. */
import {readFile} from 'node:fs/promises';
import {asObject} from '../api/json.ts';
import {parseTrace, startEngines, type Engines, type Trace} from '../compose/engines.ts';
import type {ReflectorDeps} from '../kube/reflector.ts';
import {messageOf} from '../runtime/errors.ts';
import {othersServeMetrics} from './guest.ts';
import {installAdapter, installHpa, installRsg, installWorkloads, type InstallDeps} from './install.ts';
import type {Loopback} from './loopback.ts';
import type {Place} from './manifests.ts';
import type {Observation} from './observation.ts';
import {startProgram} from './program.ts';
import {createRecorder, type Recorder} from './recorder.ts';
import type {Screen} from './screen.ts';
import {playScript} from './script.ts';
import {LONG_REQUESTS, RATES, RATIO, SELECTORS, SPEED} from './settings.ts';
import {demoTrace, END} from './traffic.ts';
import {farewell, opening, programme, summary, type Engineering} from './view.ts';
import {watchDemo, type Watching} from './watch.ts';

export interface Stage {
  readonly options: {readonly kubeconfig: string | undefined; readonly keep: boolean};
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

/** Resolves with the exit code: 1 when a claim does not hold. Throws when the signal aborts before the claims are checked. */
export async function perform(stage: Stage, {signal} = stage): Promise<number> {
  const {deps, place, screen} = stage;
  const installing: InstallDeps = {...deps, signal};
  screen.say(opening(stage.options.kubeconfig));
  await installWorkloads(place, installing);
  const watching = await watchDemo(place.namespace, deps, signal);
  stage.ending.push(watching.done);
  await until(() => originalsReady(watching), 'the originals are ready', stage);
  const program = await startProgram({kubeconfig: stage.kubeconfig, namespace: place.namespace}, signal);
  stage.ending.push(program.done);
  const engines = await enginesOf(watching, stage);
  const plays = engines === 'played';
  for (const line of programme(engines)) screen.say(line);
  // Loopback addresses: the cluster is on this machine, so that its API server reaches the adapter here.
  if (plays) await installAdapter(place, program.port, installing);
  await installRsg(place, plays, installing);
  const recorder = await Promise.race([play(stage, {watching, plays, installing}), whileItRuns(program.done, signal)]);
  screen.leave();
  signal.throwIfAborted();
  const seen = recorder.claims();
  for (const line of summary(seen)) screen.say(line);
  if (stage.options.keep) await keep(recorder, stage);
  return seen.every(({holds}) => holds) ? 0 : 1;
}

/** Rejects when the program ends before it is told to. */
async function whileItRuns(done: Promise<number>, signal: AbortSignal): Promise<never> {
  const how = await done.then((code) => `exit code ${String(code)}`, messageOf);
  signal.throwIfAborted();
  throw new Error(`the controller and the metrics adapter ended too early: ${how}`);
}

interface Play {
  readonly watching: Watching;
  readonly plays: boolean;
  readonly installing: InstallDeps;
}

/** All that is seen until the end of the traffic, or of the script. */
async function play(stage: Stage, {watching, plays, installing}: Play): Promise<Recorder> {
  const {deps, place, screen} = stage;
  const recorded = parseTrace(await readFile(new URL('data/azure-llm-conv-10s.csv', import.meta.url), 'utf8'));
  const trace = demoTrace(recorded);
  const played = plays ? playEngines(trace, {stage, watching}) : undefined;
  const recorder = createRecorder({watching, screen, clock: deps.clock, engines: played, trace});
  await until(() => recorder.look()?.available === 1, 'group0 is bound and available', stage);
  if (played === undefined) await playScript({namespace: place.namespace, until: untilSeen(recorder, stage)}, installing);
  else await hour(played, recorder, {stage, installing});
  recorder.look();
  return recorder;
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
async function enginesOf(watching: Watching, {loopback, deps}: Stage): Promise<Engineering> {
  const elsewhere = watching.seen().pods.some((pod) => {
    const address = asObject(pod['status'])['podIP'];
    return typeof address === 'string' && !address.startsWith('127.');
  });
  if (elsewhere) return 'elsewhere';
  if (loopback === 'none') return 'without addresses';
  return (await othersServeMetrics(deps)) ? 'others serve metrics' : 'played';
}

async function until(holds: () => boolean, what: string, {deps, signal}: Stage): Promise<void> {
  const deadline = deps.clock.now() + READY_MS;
  while (!holds() && !signal.aborted) {
    if (deps.clock.now() > deadline) throw new Error(`not within ${String(READY_MS / 1000)} s: ${what}`);
    await deps.clock.sleep(TICK_MS, signal);
  }
}
