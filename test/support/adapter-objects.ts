/** An RSG with metrics and pods, as the adapter reads them from the API server. */
import type {KubeObject} from '../../src/api/objects.ts';
import {parseRsg, type Phase, type Rsg} from '../../src/api/schema.ts';

export interface RsgShape {
  readonly metrics?: object;
  readonly groups?: readonly {readonly id: string; readonly phase: Phase; readonly members: Readonly<Record<string, number>>}[];
  readonly ratio?: string;
}

const TWO = [
  {id: 'group0', phase: 'Available', members: {prefill: 2, decode: 4}},
  {id: 'group1', phase: 'Creating', members: {prefill: 2, decode: 4}},
] as const;

export function anRsg({metrics = {engine: 'vllm'}, groups = TWO, ratio = '2:4'}: RsgShape = {}): Rsg {
  const parsed = parseRsg({
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name: 'llama', namespace: 'default', uid: 'rsg-uid', resourceVersion: '1'},
    spec: {group: {targetResources: [{name: 'prefill', kind: 'Deployment', version: 'apps/v1'}]}, metrics},
    status: {
      ratio: {wanted: ratio, observed: ratio},
      groups: groups.map(({id, phase, members}, at) => ({
        id,
        phase,
        since: '2026-01-01T00:00:00Z',
        ...(at === 0 ? {origin: true} : {}),
        members: Object.entries(members).map(([role, replicas]) => ({
          ...{role, kind: 'Deployment', namespace: 'default', name: role, replicas, readyReplicas: replicas},
        })),
      })),
    },
  });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.rsg;
}

export interface PodShape {
  readonly name: string;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly ip?: string | undefined;
  readonly deleted?: boolean;
  readonly hostNetwork?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function aPod({
  name,
  phase = 'Running',
  ready = true,
  ip = '10.0.0.1',
  deleted = false,
  hostNetwork,
  labels = {},
}: PodShape): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, namespace: 'default', uid: `uid-${name}`, labels, ...(deleted ? {deletionTimestamp: '2026-01-01T00:00:00Z'} : {})},
    spec: {hostNetwork, containers: [{ports: [{name: 'http', containerPort: 8080}]}, {ports: [{name: 'metrics', containerPort: 9400}]}]},
    status: {phase, podIP: ip, conditions: [{type: 'Ready', status: ready ? 'True' : 'False'}]},
  };
}
