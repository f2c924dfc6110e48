/** Workloads and RSGs as tests use them, and what can be asked about them. */
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {eventually} from './wait.ts';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';

interface Shape {
  readonly name: string;
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly spec?: object;
  readonly owners?: readonly object[];
  /** Of its pods: how long they take to start and to end (`kwok-stages.yaml`). */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

export function workload({
  name,
  kind = 'Deployment',
  replicas,
  labels = {app: name},
  namespace = 'default',
  spec = {},
  owners = [],
  podAnnotations,
}: Shape): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {name, namespace, ...(owners.length === 0 ? {} : {ownerReferences: owners})},
    spec: {
      replicas,
      selector: {matchLabels: labels},
      ...(kind === 'StatefulSet' ? {serviceName: name, podManagementPolicy: 'Parallel'} : {}),
      template: {
        metadata: {labels, ...(podAnnotations === undefined ? {} : {annotations: podAnnotations})},
        spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine', resources: {requests: {cpu: '1'}}}]},
      },
      ...spec,
    },
  };
}

/** The pair of the examples: prefill, a Deployment, and decode, a StatefulSet, in the ratio 2:4 unless given. */
export function pair(ratio: readonly [number, number] = [2, 4]): object[] {
  return [workload({name: 'prefill', replicas: ratio[0]}), workload({name: 'decode', kind: 'StatefulSet', replicas: ratio[1]})];
}

export function rsgOf(name: string, spec: object = {}, groupID?: string): object {
  const targetResources = [
    {name: 'prefill', kind: 'deployment', version: 'apps/v1'},
    {name: 'decode', kind: 'statefulset', version: 'apps/v1'},
  ];
  return {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name, namespace: 'default'},
    spec: {replicas: 1, group: {...(groupID === undefined ? {} : {groupID}), targetResources}, ...spec},
  };
}

const itemSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    generation: z.number().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.looseObject({replicas: z.number().optional()}).optional(),
  status: z.looseObject({readyReplicas: z.number().optional()}).optional(),
});
export type Item = z.output<typeof itemSchema>;

/** `kubectl get KINDS -o json`. */
export async function items(cluster: ControlPlane, kinds: string, ...args: string[]): Promise<Item[]> {
  const text = await cluster.kubectlOk('get', kinds, '-o', 'json', ...args);
  return z.object({items: z.array(itemSchema)}).parse(JSON.parse(text)).items;
}

/** Names of the workloads and their replicas: `{prefill: 2, 'prefill-group1': 2}`; those being deleted left out. */
export async function replicas(cluster: ControlPlane, ...args: string[]): Promise<Record<string, number>> {
  const all = await items(cluster, 'deployments,statefulsets', ...args);
  const live = all.filter((item) => item.metadata.deletionTimestamp === undefined);
  return Object.fromEntries(live.map((item): [string, number] => [item.metadata.name, item.spec?.replicas ?? 0]).sort());
}

export async function getRsg(cluster: ControlPlane, name: string, namespace = 'default'): Promise<Rsg> {
  const parsed = parseRsg(JSON.parse(await cluster.kubectlOk('get', 'rsg', name, '-n', namespace, '-o', 'json')));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.rsg;
}

/** Resolves once exactly so many groups exist, all are available and nothing is being removed any more. */
export function settledGroups(cluster: ControlPlane, name: string, groups: number, namespace = 'default'): Promise<unknown> {
  return eventually(`${String(groups)} available groups`, async () => {
    const {status} = await getRsg(cluster, name, namespace);
    return status.availableReplicas === groups && status.replicas === groups && status.terminatingReplicas === 0;
  });
}

export function conditionOf(rsg: Rsg, type: string): string {
  const found = rsg.status.conditions?.find((one) => one.type === type);
  return found === undefined ? 'none' : `${found.status} ${found.reason}`;
}
