/** The demo as text: a whole picture for a terminal, or a line per change where there is none. Pure. */
import type {Claim} from './claims.ts';
import {ADD_ADDRESSES} from './loopback.ts';
import {EXTERNAL_METRICS} from './manifests.ts';
import {replicasIn, type GroupSeen, type Observation} from './observation.ts';
import {LONG_REQUESTS, RATES, ROLES, RSG_NAME, SPEED, TRACE_END, UTILIZATION} from './settings.ts';

export interface Frame {
  readonly observation: Observation;
  /** Seconds of the trace; undefined where no traffic is played. */
  readonly second: number | undefined;
  readonly steady: boolean;
  /** Load in groups at the engines. */
  readonly load: number;
  /** Ids of the requests that each group's engines hold. */
  readonly held: ReadonlyMap<string, readonly number[]>;
  readonly promptTokensPerSecond: number;
  /** The latest notable things, oldest first. */
  readonly news: readonly string[];
}

const BAR = 24;
const LONG_SECONDS = String(Math.round(LONG_REQUESTS.generatedTokens / RATES.decode.tokensPerSecondEach / SPEED));
const NEWS_WIDTH = 140;

export function picture(frame: Frame): string[] {
  const {observation, news} = frame;
  const {wanted, actual, available, hpa, groups} = observation;
  return [
    traffic(frame),
    `HPA       wants ${String(hpa.desired)}   load per group ${hpa.metric} of ${String(UTILIZATION * 1000)}m   ${hpa.active}`,
    `groups    ${String(wanted)} wanted, ${String(actual)} there, ${String(available)} available`,
    '',
    `  ${'GROUP'.padEnd(10)}${'PHASE'.padEnd(11)}${ROLES.map((role) => role.toUpperCase().padEnd(9)).join('')}${'RATIO'.padEnd(7)}REQUESTS`,
    ...groups.map((group) => row(group, frame)),
    '',
    `next to go  ${observation.nextVictims.slice(0, 5).join(', ') || 'none'}`,
    `plan        ${observation.plan}`,
    '',
    ...news.slice(-6).map((line) => `  ${line}`),
  ];
}

function traffic({second, steady, load, promptTokensPerSecond}: Frame): string {
  if (second === undefined) return 'traffic   none: the engines of this cluster are not played by the demo';
  const clock = `${String(Math.floor(second / 60)).padStart(2, '0')}:${String(Math.floor(second % 60)).padStart(2, '0')}`;
  const after = steady ? 'steady, as in the busiest ten minutes of the hour' : 'quiet';
  const where = second < TRACE_END ? `minute ${clock} of the trace` : after;
  return `traffic   ${where}   ${String(Math.round(promptTokensPerSecond))} prompt tokens/s   load ${load.toFixed(2)} groups`;
}

function row(group: GroupSeen, {held}: Frame): string {
  const member = (role: (typeof ROLES)[number]): string => {
    const found = group.members.find((one) => one.role === role);
    return found === undefined ? '–' : `${String(found.ready)}/${String(found.replicas)}`;
  };
  const ratio = `${String(replicasIn(group, 'prefill'))}:${String(replicasIn(group, 'decode'))}`;
  const requests = held.get(group.id)?.length ?? 0;
  const bar = '█'.repeat(Math.min(BAR, Math.ceil(requests / 2)));
  return `  ${group.id.padEnd(10)}${group.phase.padEnd(11)}${ROLES.map((role) => member(role).padEnd(9)).join('')}${ratio.padEnd(7)}${bar} ${String(requests)}`;
}

/** What is new since the observation before, one sentence each. */
export function changes(before: Observation | undefined, now: Observation): string[] {
  const told: string[] = [];
  if (before === undefined || before.wanted !== now.wanted)
    told.push(now.wanted === 1 ? '1 group is wanted' : `${String(now.wanted)} groups are wanted`);
  for (const group of now.groups) {
    const old = before?.groups.find(({id}) => id === group.id)?.phase;
    if (old !== group.phase) told.push(`${group.id} is ${group.phase}${old === undefined ? '' : `, was ${old}`}`);
  }
  for (const {id} of before?.groups ?? []) if (!now.groups.some((group) => group.id === id)) told.push(`${id} is gone`);
  if (before !== undefined && before.hpa.active !== now.hpa.active) told.push(`the HPA: ${now.hpa.active.slice(0, NEWS_WIDTH)}`);
  return told;
}

export function summary(claims: readonly Claim[]): string[] {
  const failed = claims.filter(({holds}) => !holds).length;
  return [
    '',
    'What was claimed, and what was seen:',
    ...claims.map(({text, holds, figure}) => `  ${holds ? '✔' : '✘'} ${text}\n      ${figure}`),
    '',
    failed === 0 ? `all ${String(claims.length)} claims hold` : `${String(failed)} of ${String(claims.length)} claims do not hold`,
  ];
}

export function opening(kubeconfig: string | undefined): string {
  const cluster = kubeconfig === undefined ? 'an in-memory Kubernetes API with simulated pods and HPA' : `the cluster of ${kubeconfig}`;
  return `ResourceScalingGroup on ${cluster}; the controller and the metrics adapter are the real ones.`;
}

/** Whether the demo plays the engines of the pods; `elsewhere`: they are pods of a cluster that is not on this machine. */
export type Engineering = 'played' | 'elsewhere' | 'without addresses' | 'others serve metrics';

/** What is played. */
export function programme(engines: Engineering): string[] {
  if (engines === 'elsewhere') {
    return ['Its pods are real ones, whose engines the demo does not play: it scales as a person would with kubectl scale.', ''];
  }
  if (engines === 'others serve metrics') {
    return [
      `Something else serves External metrics in this cluster (kubectl get apiservice ${EXTERNAL_METRICS}), and is left alone: the demo plays`,
      'no traffic, and scales as a person would with kubectl scale.',
      '',
    ];
  }
  if (engines === 'without addresses') {
    return [
      'This machine has no loopback addresses for the engines of the pods, so that there is no load and no HPA to follow it: the demo scales as a',
      'person would with kubectl scale. With them (until the next start of the machine) it plays an hour of traffic:',
      `  ${ADD_ADDRESSES}`,
      '',
    ];
  }
  return [
    `An hour of recorded LLM traffic (Azure LLM inference trace 2023, conversation; CC-BY 4.0) passes in ${String(Math.round(TRACE_END / SPEED))} s,`,
    `then a quiet time, then steady load; beside it, requests that take ${LONG_SECONDS} s each, so that there is something to wait for when a group goes.`,
    '',
  ];
}

export function farewell(kubeconfig: string, namespace: string): string[] {
  const kubectl = `kubectl --kubeconfig ${kubeconfig}${namespace === 'default' ? '' : ` -n ${namespace}`}`;
  return [
    '',
    'It stays up until Ctrl-C. In another terminal:',
    `  ${kubectl} get rsg -w`,
    `  ${kubectl} get deploy,sts,pods,hpa -o wide`,
    `  ${kubectl} describe rsg ${RSG_NAME}`,
    `  ${kubectl} delete hpa ${RSG_NAME}; ${kubectl} scale rsg ${RSG_NAME} --replicas=4`,
    '',
  ];
}

/** After the demo was a guest in a cluster: `left` is what could not be removed, as commands. */
export function departure(left: readonly string[]): string[] {
  if (left.length === 0) return ['nothing of it is left in the cluster'];
  return ['this is left, and these commands remove it:', ...left.map((command) => `  ${command}`)];
}
