/**
 * Scheduler and kubelet of the sandbox: pods get a node, an address, and after a while they are Running and Ready; being deleted they end.
 * A pod may steer it by annotation, as under KWOK in the cluster suites:
 *
 *   test/ready-after: 3s       from scheduling to ready; 24h stands for never
 *   test/terminate-after: 5s   from deletion to gone
 *   test/fails: "true"         its containers crash: not Ready from now on, with one restart counted
 *
 * Pure.
 */
import {asObject, asObjects} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {timestamp} from '../../runtime/clock.ts';
import {POD} from '../resource-types.ts';
import {durationMs} from './duration.ts';
import {isReady, nodeOf, phaseOf} from './pod-state.ts';
import {createdAt, isTerminating, NOTHING, told, type Outcome} from './write.ts';

export const READY_AFTER = 'test/ready-after';
export const TERMINATE_AFTER = 'test/terminate-after';
export const FAILS = 'test/fails';

export interface KubeletOptions {
  /** Used where a pod's annotation does not say otherwise. Milliseconds. */
  readonly startMs: number;
  readonly terminateMs: number;
  /** In [0, 1): which network of addresses pods get; by chance unless given. */
  readonly network?: number;
}

export interface PodInput {
  readonly pod: KubeObject;
  readonly now: number;
  readonly options: KubeletOptions;
  /** Where a pod that has no node yet is to run; undefined where there is no node. */
  readonly node: string | undefined;
  /** The address for a pod that starts. */
  readonly address: () => string;
  /** When this kubelet saw that the pod is to go: deletionTimestamp lies a grace period after it. */
  readonly deletionSeenAt: number | undefined;
}

export function reconcilePod(input: PodInput): Outcome {
  const {pod, now, options} = input;
  if (isTerminating(pod)) {
    const goneAt = (input.deletionSeenAt ?? now) + annotated(pod, TERMINATE_AFTER, options.terminateMs);
    return now >= goneAt ? {writes: [{do: 'remove', type: POD, object: pod}]} : {writes: [], dueAt: goneAt};
  }
  if (nodeOf(pod) === '') return schedule(input);
  if (phaseOf(pod) === 'Pending') {
    const readyAt = scheduledAt(pod) + annotated(pod, READY_AFTER, options.startMs);
    return now >= readyAt ? {writes: [{do: 'status', type: POD, object: started(input)}]} : {writes: [], dueAt: readyAt};
  }
  const failing = pod.metadata.annotations?.[FAILS] === 'true';
  if (phaseOf(pod) !== 'Running' || isReady(pod) === !failing) return NOTHING;
  return {writes: [{do: 'status', type: POD, object: {...pod, status: withReadiness(pod, !failing, now)}}]};
}

function annotated(pod: KubeObject, key: string, otherwise: number): number {
  const text = pod.metadata.annotations?.[key];
  return text === undefined ? otherwise : (durationMs(text) ?? otherwise);
}

function schedule({pod, now, node}: PodInput): Outcome {
  if (node === undefined) return NOTHING;
  const spec = {...asObject(pod['spec']), nodeName: node};
  const bound = {...pod, spec};
  const status = {...asObject(pod['status']), phase: 'Pending', conditions: [condition('PodScheduled', true, now)]};
  const {namespace = '', name} = pod.metadata;
  return {
    writes: [
      {do: 'update', type: POD, object: bound},
      {do: 'status', type: POD, object: {...withoutVersion(bound), status}},
      {...told(pod, 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`), by: 'default-scheduler'},
    ],
  };
}

/** The second write of a round follows the first without having seen its version. */
function withoutVersion(object: KubeObject): KubeObject {
  const {resourceVersion: _version, ...metadata} = object.metadata;
  return {...object, metadata};
}

function condition(type: string, isTrue: boolean, now: number): object {
  return {type, status: isTrue ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: timestamp(now)};
}

function scheduledAt(pod: KubeObject): number {
  const scheduled = asObjects(asObject(pod['status'])['conditions']).find((one) => one['type'] === 'PodScheduled');
  return scheduled === undefined ? createdAt(pod) : Date.parse(String(scheduled['lastTransitionTime']));
}

function containersOf(pod: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  return asObjects(asObject(pod['spec'])['containers']);
}

function started({pod, now, address}: PodInput): KubeObject {
  const at = timestamp(now);
  const ip = address();
  const before = asObject(pod['status']);
  const scheduled = asObjects(before['conditions']);
  return {
    ...pod,
    status: {
      ...before,
      phase: 'Running',
      startTime: at,
      hostIP: '127.0.0.1',
      podIP: ip,
      podIPs: [{ip}],
      conditions: [
        condition('Initialized', true, now),
        condition('ContainersReady', true, now),
        condition('Ready', true, now),
        ...scheduled,
      ],
      containerStatuses: containersOf(pod).map(({name, image}) => ({
        name,
        image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        lastState: {},
        state: {running: {startedAt: at}},
      })),
    },
  };
}

function withReadiness(pod: KubeObject, ready: boolean, now: number): object {
  const status = asObject(pod['status']);
  return {
    ...status,
    conditions: asObjects(status['conditions']).map((one) =>
      one['type'] === 'Ready' || one['type'] === 'ContainersReady' ? condition(one['type'], ready, now) : one,
    ),
    containerStatuses: asObjects(status['containerStatuses']).map((one) => ({
      ...one,
      ready,
      restartCount: Number(one['restartCount'] ?? 0) + (ready ? 0 : 1),
    })),
  };
}
