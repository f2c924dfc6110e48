/** Readiness, status and restarts of a pod as `kubectl get pods` sums them up. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {listOf, numberOf, textOf} from '../kinds/fill.ts';
import {since} from './age.ts';

export interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

export function summarizePod(pod: KubeObject, now: number): PodSummary {
  const status = asObject(pod['status']);
  const containers = listOf(asObject(pod['spec'])['containers']);
  const statuses = listOf(status['containerStatuses']);
  const ready = statuses.filter((one) => one['ready'] === true && stateOf(one, 'running') !== undefined).length;
  return {
    ready: `${String(ready)}/${String(containers.length)}`,
    status: statusText(pod, status, statuses),
    restarts: restartsText(statuses, now),
  };
}

function statusText(pod: KubeObject, status: Json, statuses: readonly Json[]): string {
  const phase = textOf(status['phase']);
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status['reason'] === 'NodeLost') return 'Unknown';
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  }
  const initial = initializing(pod, status);
  if (initial !== undefined) return initial;
  const conditions = listOf(status['conditions']);
  const gated = conditions.some(({type, reason}) => type === 'PodScheduled' && reason === 'SchedulingGated');
  let text = textOf(status['reason']) === '' ? phase : textOf(status['reason']);
  if (gated) text = 'SchedulingGated';
  // The first container has the last word.
  for (const one of statuses.toReversed()) text = containerText(one) ?? text;
  if (text !== 'Completed') return text;
  const running = statuses.some((one) => one['ready'] === true && stateOf(one, 'running') !== undefined);
  const isReady = conditions.some(({type, status: value}) => type === 'Ready' && value === 'True');
  return running ? (isReady ? 'Running' : 'NotReady') : text;
}

function stateOf(status: Json, state: string): Json | undefined {
  const found = asObject(status['state'])[state];
  return found === undefined ? undefined : asObject(found);
}

function containerText(status: Json): string | undefined {
  const waiting = textOf(stateOf(status, 'waiting')?.['reason']);
  if (waiting !== '') return waiting;
  const terminated = stateOf(status, 'terminated');
  if (terminated === undefined) return undefined;
  if (textOf(terminated['reason']) !== '') return textOf(terminated['reason']);
  if (numberOf(terminated['signal']) !== 0) return `Signal:${String(numberOf(terminated['signal']))}`;
  return `ExitCode:${String(numberOf(terminated['exitCode']))}`;
}

/** While an init container has not ended well, the pod's status is that one's. */
function initializing(pod: KubeObject, status: Json): string | undefined {
  const total = listOf(asObject(pod['spec'])['initContainers']).length;
  const statuses = listOf(status['initContainerStatuses']);
  for (const [at, one] of statuses.entries()) {
    const terminated = stateOf(one, 'terminated');
    if (terminated !== undefined && numberOf(terminated['exitCode']) === 0) continue;
    if (terminated !== undefined) return `Init:${containerText(one) ?? ''}`;
    const waiting = textOf(stateOf(one, 'waiting')?.['reason']);
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${String(at)}/${String(total)}`;
  }
  return undefined;
}

function restartsText(statuses: readonly Json[], now: number): string {
  const count = statuses.reduce((sum, one) => sum + numberOf(one['restartCount']), 0);
  const ended = statuses.map((one) => textOf(asObject(asObject(one['lastState'])['terminated'])['finishedAt'])).sort();
  const last = ended.at(-1) ?? '';
  return count === 0 || last === '' ? String(count) : `${String(count)} (${since(last, now)} ago)`;
}
