/**
 * The EndpointSlice controller: one slice per Service with a selector, of the pods that it selects. A pod that is being deleted stays in
 * it, not ready, until it is gone; one that has no address yet is not in it. Pure.
 */
import {sameJson} from '../../api/canonical.ts';
import {z} from 'zod';
import type {KubeObject} from '../../api/objects.ts';
import {asObject, asObjects} from '../../api/json.ts';
import {ENDPOINT_SLICE} from '../resource-types.ts';
import {isReady, nodeOf, phaseOf} from './pod-state.ts';
import {matches} from './selector.ts';
import {controllerOf, controllerReference, isTerminating, NOTHING, type Outcome} from './write.ts';

const serviceSchema = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()).default({}),
    publishNotReadyAddresses: z.boolean().default(false),
    ports: z
      .array(
        z.object({
          name: z.string().default(''),
          port: z.number(),
          targetPort: z.union([z.number(), z.string()]).optional(),
          protocol: z.string().default('TCP'),
        }),
      )
      .default([]),
  }),
});
type Port = z.output<typeof serviceSchema>['spec']['ports'][number];

export interface ServiceInput {
  readonly service: KubeObject;
  /** Pods and EndpointSlices of the namespace. */
  readonly pods: readonly KubeObject[];
  readonly slices: readonly KubeObject[];
  readonly suffix: () => string;
}

export function reconcileService({service, pods, slices, suffix}: ServiceInput): Outcome {
  const {selector, ports, publishNotReadyAddresses} = serviceSchema.parse(service).spec;
  if (Object.keys(selector).length === 0 || isTerminating(service)) return NOTHING;
  const selected = pods
    .filter((pod) => matches({matchLabels: selector, matchExpressions: []}, pod.metadata.labels))
    .filter((pod) => addressOf(pod) !== undefined && phaseOf(pod) !== 'Failed' && phaseOf(pod) !== 'Succeeded');
  const endpoints = selected.map((pod) => endpointOf(pod, publishNotReadyAddresses));
  const [first] = selected;
  const content = {
    addressType: 'IPv4',
    endpoints,
    ports: first === undefined ? [] : ports.flatMap((port) => portOf(port, first)),
  };
  const existing = slices.find((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  if (existing === undefined) return {writes: [{do: 'create', type: ENDPOINT_SLICE, object: {...newSlice(service, suffix()), ...content}}]};
  const {addressType, endpoints: before, ports: portsBefore} = existing;
  if (sameJson({addressType, endpoints: before ?? [], ports: portsBefore ?? []}, content)) return NOTHING;
  return {writes: [{do: 'update', type: ENDPOINT_SLICE, object: {...existing, ...content}}]};
}

function addressOf(pod: KubeObject): string | undefined {
  const ip = asObject(pod['status'])['podIP'];
  return typeof ip === 'string' && ip !== '' ? ip : undefined;
}

function endpointOf(pod: KubeObject, publishNotReady: boolean): object {
  const {name, namespace, uid} = pod.metadata;
  const serving = publishNotReady || isReady(pod);
  return {
    addresses: [addressOf(pod)],
    conditions: {ready: serving && (publishNotReady || !isTerminating(pod)), serving, terminating: isTerminating(pod)},
    nodeName: nodeOf(pod),
    targetRef: {kind: 'Pod', name, namespace, uid},
  };
}

/** A named target port is looked up in the pod's containers. */
function portOf({name, port, targetPort = port, protocol}: Port, pod: KubeObject): object[] {
  if (typeof targetPort === 'number') return [{name, port: targetPort, protocol}];
  const ports = asObjects(asObject(pod['spec'])['containers']).flatMap((container) => asObjects(container['ports']));
  const found = ports.find((one) => one['name'] === targetPort);
  return found === undefined ? [] : [{name, port: found['containerPort'], protocol}];
}

function newSlice(service: KubeObject, suffix: string): KubeObject {
  const {name, namespace, labels} = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${suffix}`,
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : {namespace}),
      labels: {
        ...labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controllerReference(service)],
    },
  };
}
