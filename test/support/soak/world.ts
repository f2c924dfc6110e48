/** What a soak works on: namespaces with one RSG each, all of another shape, and beside it a workload that is nobody's. */
import {KubeConfig} from '@kubernetes/client-node';
import {ANNOTATIONS, LABELS, RSG_TYPE} from '../../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import {parseRsg, type Rsg} from '../../../src/api/schema.ts';
import {createKubeClient, type KubeClient} from '../../../src/kube/client.ts';
import {isKubeError} from '../../../src/kube/errors.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import type {ControlPlane} from '../control-plane.ts';
import {DEPLOYMENT, STATEFUL_SET} from '../fault-world.ts';
import {eventually} from '../wait.ts';
import {rsgOf, workload} from '../workloads.ts';

export const WORKLOADS: readonly ResourceType[] = [DEPLOYMENT, STATEFUL_SET];
export const POD: ResourceType = {group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true};
export const RSG_NAME = 'llama';
/** How the soak's own requests are told apart in the audit log. */
export const SOAK_AGENT = 'soak';

export interface Shape {
  readonly namespace: string;
  /** The roles, each an original of that name. */
  readonly members: Readonly<Record<string, 'Deployment' | 'StatefulSet'>>;
  readonly spec: object;
  /** Whether the originals may go, which `originPolicy: Keep` forbids. */
  readonly parks: boolean;
}

const PAIR = {prefill: 'Deployment', decode: 'StatefulSet'} as const;
const DEPLOYMENTS = {prefill: 'Deployment', decode: 'Deployment'} as const;

export const SHAPES: readonly Shape[] = [
  {namespace: 'plain', members: PAIR, spec: {}, parks: true},
  {namespace: 'draining', members: PAIR, spec: {scaleIn: {drain: {timeoutSeconds: 2, settleSeconds: 0}}}, parks: true},
  {namespace: 'kept', members: DEPLOYMENTS, spec: {scaleIn: {originPolicy: 'Keep'}}, parks: false},
  {namespace: 'parallel', members: DEPLOYMENTS, spec: {sync: {rollout: 'Parallel'}, scaleIn: {whenListEnds: 'Oldest'}}, parks: true},
  {namespace: 'three', members: {...PAIR, router: 'Deployment'}, spec: {sync: {maxUnavailableGroups: 2}}, parks: true},
];

export interface World {
  readonly cluster: ControlPlane;
  readonly client: KubeClient;
  readonly shapes: readonly Shape[];
  /** Uids of the originals and of the workload that is nobody's, by `namespace/name`: none is ever to change. */
  readonly lasting: ReadonlyMap<string, string>;
}

export async function createWorld(cluster: ControlPlane, shapes: readonly Shape[]): Promise<World> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 10_000, userAgent: SOAK_AGENT}, {clock: systemClock});
  const lasting = new Map<string, string>();
  for (const shape of shapes) {
    const {namespace, members} = shape;
    await cluster.kubectlOk('create', 'namespace', namespace);
    const originals = Object.entries(members).map(([name, kind], at) => workload({name, kind, replicas: at + 1, namespace}));
    await cluster.apply([...originals, workload({name: 'bystander', replicas: 1, namespace})]);
    await cluster.apply(rsgFor(shape, 2));
    for (const type of WORKLOADS)
      for (const {metadata} of (await client.list({type, namespace})).items)
        lasting.set(`${namespace}/${metadata.name}`, metadata.uid ?? '');
  }
  return {cluster, client, shapes, lasting};
}

export function rsgFor({namespace, members, spec}: Shape, replicas: number): object {
  const targetResources = Object.entries(members).map(([name, kind]) => ({name, kind, version: 'apps/v1'}));
  const made = rsgOf(RSG_NAME, {replicas, group: {targetResources}, restoreTimeoutSeconds: 30, ...spec}) as KubeObject;
  return {...made, metadata: {...made.metadata, namespace}};
}

export const rsgRef = ({namespace}: Shape): {type: ResourceType; namespace: string; name: string} => ({
  type: RSG_TYPE,
  namespace,
  name: RSG_NAME,
});

export async function readRsg({client}: World, shape: Shape): Promise<Rsg> {
  const parsed = parseRsg(await client.get(rsgRef(shape)));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.rsg;
}

export interface Member {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

export interface Members {
  readonly originals: readonly Member[];
  readonly clones: readonly Member[];
}

/** What lives of an RSG's workloads; those being deleted left out. */
export async function readMembers({client}: World, {namespace, members}: Shape): Promise<Members> {
  const lists = await Promise.all(
    WORKLOADS.map(async (type) => (await client.list({type, namespace})).items.map((object): Member => ({type, object}))),
  );
  const live = lists.flat().filter(({object}) => object.metadata.deletionTimestamp === undefined);
  return {
    originals: live.filter(({object}) => object.metadata.name in members),
    clones: live.filter(({object}) => object.metadata.labels?.[LABELS.rsgUid] !== undefined),
  };
}

export const groupOf = ({object}: Member): string => object.metadata.labels?.[LABELS.group] ?? '';
export const refOf = ({type, object: {metadata}}: Member): {type: ResourceType; namespace: string | undefined; name: string} => ({
  type,
  namespace: metadata.namespace,
  name: metadata.name,
});

export function isParked({object}: Member): boolean {
  const keys = Object.keys(object.metadata.annotations ?? {});
  return keys.includes(ANNOTATIONS.parkedReplicas) || keys.includes(ANNOTATIONS.parking);
}

/** Deletes the RSG, waits until it is gone, with every clone, and makes it anew. */
export async function remakeRsg(world: World, shape: Shape, replicas: number): Promise<void> {
  const {client} = world;
  await client.delete(rsgRef(shape), {propagation: 'Background'});
  await eventually(
    'the RSG is gone',
    async () => {
      try {
        await client.get(rsgRef(shape));
        return false;
      } catch (error) {
        return isKubeError(error, 'NotFound');
      }
    },
    {timeoutMs: 120_000},
  );
  await client.create(RSG_TYPE, rsgFor(shape, replicas) as KubeObject);
}
