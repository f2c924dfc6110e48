/**
 * Plays the controllers of the kinds in `kind-crds.ts`: what each makes for its objects, with the real owners, labels and status. It looks
 * several times a second, as often as is needed for tests, and repairs what it finds.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {KubeConfig} from '@kubernetes/client-node';
import {asObject, strings} from '../../src/api/json.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {apiVersionOf} from '../../src/api/objects.ts';
import {isPodReady} from '../../src/api/workload.ts';
import {createKubeClient, type KubeClient} from '../../src/kube/client.ts';
import {isKubeError} from '../../src/kube/errors.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {ControlPlane} from './control-plane.ts';
import {LEADER_WORKER_SET, ROLE_BASED_GROUP} from './kinds.ts';

const POD: ResourceType = {group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true};
const STATEFUL_SET: ResourceType = {group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true};
const DEPLOYMENT: ResourceType = {group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true};
export const FLEET: ResourceType = {group: 'fleets.example.com', version: 'v1', kind: 'Fleet', plural: 'fleets', namespaced: true};

const LWS = 'leaderworkerset.sigs.k8s.io';
const RBG = 'rbg.workloads.x-k8s.io';

export interface KindController {
  stop(): Promise<void>;
}

type Play = (object: KubeObject, client: KubeClient) => Promise<object>;

const PLAYS: readonly (readonly [ResourceType, Play])[] = [
  [LEADER_WORKER_SET, playLeaderWorkerSet],
  [ROLE_BASED_GROUP, playRoleBasedGroup],
  [FLEET, playFleet],
];

export function startKindController(cluster: ControlPlane): KindController {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 10_000, userAgent: 'kind-controller'}, {clock: systemClock});
  const end = new AbortController();
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      for (const [type, play] of PLAYS) await turn(type, play, client);
      await sleep(150);
    }
  };
  const done = loop();
  return {
    stop: async () => {
      end.abort();
      await done;
      client.close();
    },
  };
}

/** What failed this time, a conflict or an object that has just gone, is looked at again the next. */
async function turn(type: ResourceType, play: Play, client: KubeClient): Promise<void> {
  const {items} = await client.list({type, namespace: 'default'}).catch(() => ({items: []}));
  await Promise.all(
    items.map(async (item) => {
      const object: KubeObject = {...item, apiVersion: apiVersionOf(type), kind: type.kind};
      if (object.metadata.deletionTimestamp !== undefined) return;
      const status = await play(object, client).catch(() => undefined);
      if (status === undefined || JSON.stringify(status) === JSON.stringify(object['status'])) return;
      const ref = {type, namespace: 'default', name: object.metadata.name};
      await client.patch(ref, {status}, {subresource: 'status'}).catch(() => undefined);
    }),
  );
}

function owned(owner: KubeObject, name: string, labels: Readonly<Record<string, string>>): KubeObject['metadata'] {
  const {apiVersion, kind, metadata} = owner;
  const reference = {apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true};
  return {name, namespace: 'default', labels, ownerReferences: [reference]};
}

/** Creates it, or brings its spec to what is wanted; answers what is stored. */
async function ensure(type: ResourceType, wanted: KubeObject, client: KubeClient): Promise<KubeObject> {
  const ref = {type, namespace: 'default', name: wanted.metadata.name};
  try {
    const live = await client.get(ref);
    const {replicas, template} = asObject(live['spec']);
    const spec = asObject(wanted['spec']);
    const same = replicas === spec['replicas'] && JSON.stringify(imagesOf(template)) === JSON.stringify(imagesOf(spec['template']));
    return same ? live : await client.patch(ref, {spec: {replicas: spec['replicas'], template: spec['template']}});
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    return await client.create(type, wanted);
  }
}

/** As much of a template as the tests change. */
function imagesOf(template: unknown): unknown[] {
  const containers = asObject(asObject(template)['spec'])['containers'];
  return Array.isArray(containers) ? containers.map((one: unknown) => asObject(one)['image']) : [];
}

function labelled(template: unknown, labels: Readonly<Record<string, string>>): object {
  const {metadata, spec} = asObject(template);
  return {metadata: {...asObject(metadata), labels: {...strings(asObject(metadata)['labels']), ...labels}}, spec};
}

async function podsOf(client: KubeClient, labels: Readonly<Record<string, string>>): Promise<readonly KubeObject[]> {
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const {items} = await client.list({type: POD, namespace: 'default', labelSelector});
  return items.map((item) => ({...item, apiVersion: 'v1', kind: 'Pod'})).filter(({metadata}) => metadata.deletionTimestamp === undefined);
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Leaders are a StatefulSet's pods; each of them owns the StatefulSet of its workers. */
async function playLeaderWorkerSet(lws: KubeObject, client: KubeClient): Promise<object> {
  const {name} = lws.metadata;
  const spec = asObject(lws['spec']);
  const {leaderTemplate, workerTemplate, size} = asObject(spec['leaderWorkerTemplate']);
  const leaders = {[`${LWS}/name`]: name, [`${LWS}/worker-index`]: '0'};
  const set = await ensure(
    STATEFUL_SET,
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: owned(lws, name, {[`${LWS}/name`]: name}),
      spec: {
        replicas: spec['replicas'],
        serviceName: name,
        podManagementPolicy: 'Parallel',
        selector: {matchLabels: leaders},
        template: labelled(leaderTemplate ?? workerTemplate, leaders),
      },
    },
    client,
  );
  let ready = 0;
  for (const leader of await podsOf(client, leaders)) {
    const group = leader.metadata.name.slice(name.length + 1);
    const workers = {[`${LWS}/name`]: name, [`${LWS}/group-index`]: group, [`${LWS}/group-key`]: leader.metadata.uid ?? ''};
    const workerSet = await ensure(
      STATEFUL_SET,
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: owned(leader, leader.metadata.name, {[`${LWS}/name`]: name}),
        spec: {
          replicas: number(size) - 1,
          serviceName: name,
          podManagementPolicy: 'Parallel',
          ordinals: {start: 1},
          selector: {matchLabels: workers},
          template: labelled(workerTemplate, workers),
        },
      },
      client,
    );
    if (isPodReady(leader) && number(asObject(workerSet['status'])['readyReplicas']) === number(size) - 1) ready += 1;
  }
  const {replicas, updatedReplicas} = asObject(set['status']);
  return {
    hpaPodSelector: `${LWS}/name=${name},${LWS}/worker-index=0`,
    observedGeneration: lws.metadata.generation,
    readyReplicas: ready,
    replicas: number(replicas),
    updatedReplicas: number(updatedReplicas),
  };
}

/** A Deployment for each role, as a role asks for with its workload type. */
async function playRoleBasedGroup(group: KubeObject, client: KubeClient): Promise<object> {
  const roles = asObject(group['spec'])['roles'];
  const roleStatuses = [];
  for (const role of Array.isArray(roles) ? roles.map(asObject) : []) {
    const name = String(role['name']);
    const labels = {[`${RBG}/group-name`]: group.metadata.name, [`${RBG}/role-name`]: name};
    const deployment = await ensure(
      DEPLOYMENT,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: owned(group, `${group.metadata.name}-${name}`, labels),
        spec: {
          replicas: role['replicas'],
          selector: {matchLabels: labels},
          template: labelled(asObject(role['standalonePattern'])['template'], labels),
        },
      },
      client,
    );
    const {readyReplicas, replicas, updatedReplicas} = asObject(deployment['status']);
    roleStatuses.push({name, readyReplicas: number(readyReplicas), replicas: number(replicas), updatedReplicas: number(updatedReplicas)});
  }
  return {observedGeneration: group.metadata.generation, roleStatuses};
}

/** Bare pods with names of their own, or with `inSets` those of a StatefulSet in between. */
async function playFleet(fleet: KubeObject, client: KubeClient): Promise<object> {
  const {name} = fleet.metadata;
  const {count, pod, inSets} = asObject(asObject(fleet['spec'])['engines']);
  const labels = {'fleets.example.com/name': name};
  const pods = await podsOf(client, labels);
  if (inSets === true) {
    const spec = {replicas: count, podManagementPolicy: 'Parallel', selector: {matchLabels: labels}, template: labelled(pod, labels)};
    await ensure(STATEFUL_SET, {apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: owned(fleet, name, labels), spec}, client);
    return fleetStatus(fleet, pods);
  }
  for (let at = pods.length; at < number(count); at += 1) {
    const {metadata, spec} = asObject(labelled(pod, labels));
    const made = owned(fleet, `${name}-${crypto.randomUUID().slice(0, 8)}`, strings(asObject(metadata)['labels']));
    await client.create(POD, {apiVersion: 'v1', kind: 'Pod', metadata: made, spec});
  }
  for (const surplus of pods.slice(number(count))) {
    await client.delete({type: POD, namespace: 'default', name: surplus.metadata.name}, {propagation: 'Background'});
  }
  return fleetStatus(fleet, pods);
}

function fleetStatus({metadata: {name, generation}}: KubeObject, pods: readonly KubeObject[]): object {
  return {engines: pods.length, generation, ready: pods.filter(isPodReady).length, selector: `fleets.example.com/name=${name}`};
}
