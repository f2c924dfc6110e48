/** Many RSGs of two Deployments each, made by a plain client. */
import {LABELS, RSG_TYPE} from '../../src/api/labels.ts';
import type {KubeObject} from '../../src/api/objects.ts';
import type {Rsg} from '../../src/api/schema.ts';
import type {ControlPlane} from '../support/control-plane.ts';
import {workload} from '../support/workloads.ts';
import type {Named} from './observer.ts';
import {plainClient, type PlainClient} from './plain-client.ts';

export interface FleetShape {
  readonly count: number;
  readonly namespaces: number;
  readonly replicas: number;
  /** Of each RSG's spec, beside replicas and targets. */
  readonly spec?: object;
}

const ROLES = ['prefill', 'decode'] as const;

/** Creates the namespaces, the Deployments (one replica each) and the RSGs. */
export async function createFleet(cluster: ControlPlane, {count, namespaces, replicas, spec = {}}: FleetShape): Promise<readonly Named[]> {
  const client = plainClient(cluster, 32);
  const members = Array.from({length: count}, (_, at): Named => ({
    namespace: `bench-${String(at % namespaces)}`,
    name: `rsg${String(at)}`,
  }));
  const all = [...new Set(members.map(({namespace}) => namespace))];
  await Promise.all(all.map((name) => client.send('POST', '/api/v1/namespaces', {apiVersion: 'v1', kind: 'Namespace', metadata: {name}})));
  await Promise.all(members.map((member) => createDeployments(client, member)));
  await Promise.all(
    members.map(async (member) => {
      await createRsg(client, member, {replicas, ...spec});
    }),
  );
  client.close();
  return members;
}

/** One RSG and its two Deployments. */
export async function createPair(client: PlainClient, member: Named, spec: object): Promise<void> {
  await createDeployments(client, member);
  await createRsg(client, member, spec);
}

async function createDeployments(client: PlainClient, {namespace, name}: Named): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const objects = ROLES.map((role) => workload({name: `${role}-${name}`, namespace, replicas: 1}));
  await Promise.all(objects.map((object) => client.send('POST', path, object)));
}

/** The RSG `name` over the Deployments `prefill-NAME` and `decode-NAME`. */
async function createRsg(client: PlainClient, {namespace, name}: Named, spec: object): Promise<void> {
  const targetResources = ROLES.map((role) => ({name: `${role}-${name}`, kind: 'deployment', version: 'apps/v1'}));
  const metadata = {name, namespace};
  await client.send('POST', pathOf({namespace}), {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: RSG_TYPE.kind,
    metadata,
    spec: {group: {targetResources}, ...spec},
  });
}

export function pathOf({namespace, name}: {namespace: string; name?: string}): string {
  return `/apis/${RSG_TYPE.group}/${RSG_TYPE.version}/namespaces/${namespace}/${RSG_TYPE.plural}${name === undefined ? '' : `/${name}`}`;
}

export async function scaleTo(client: PlainClient, member: Named, replicas: number): Promise<void> {
  await client.send('PATCH', `${pathOf(member)}/scale`, {spec: {replicas}});
}

/** Whether a Deployment is a clone that this RSG made. */
export function cloneOf({namespace, name}: Named): (deployment: KubeObject) => boolean {
  return ({metadata}) => metadata.labels?.[LABELS.name] === name && metadata.namespace === namespace;
}

/** So many groups, all available, every clone known to be the same as its original, and nothing left to do. */
export function inSync(groups: number): (rsg: Rsg) => boolean {
  return ({metadata, status}) =>
    status.observedGeneration === metadata.generation &&
    status.replicas === groups &&
    status.availableReplicas === groups &&
    status.terminatingReplicas === 0 &&
    (status.pendingGroups ?? []).length === 0 &&
    (status.groups ?? []).every(({origin, members}) => origin === true || members.every(({synced}) => synced === true));
}
