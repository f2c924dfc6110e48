/**
 * A thousand RSGs that nobody would write, all at once, beside one that somebody did: the controller stays up and says something about each
 * of them, the one goes on being served, nothing is written to that no RSG names, and all of it can be deleted again.
 */
import assert from 'node:assert/strict';
import {LABELS, RSG_TYPE} from '../../../src/api/labels.ts';
import {asObject} from '../../../src/api/json.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import {isKubeError} from '../../../src/kube/errors.ts';
import {messageOf} from '../../../src/runtime/errors.ts';
import type {ControlPlane} from '../control-plane.ts';
import {eventually} from '../wait.ts';
import {workload} from '../workloads.ts';
import {createDice, type Dice} from './chance.ts';
import {hostileRsg, POOL} from './hostile-rsg.ts';
import {createWorld, readRsg, rsgRef, WORKLOADS, type Shape, type World} from './world.ts';

export interface HostileOptions {
  readonly rsgs: number;
  readonly seed: number;
  readonly told: (line: string) => void;
}

const NAMESPACES = 20;
const PATIENT = {timeoutMs: 300_000, intervalMs: 1000};
const CANARY: Shape = {namespace: 'canary', members: {prefill: 'Deployment', decode: 'StatefulSet'}, spec: {}, parks: true};

/** Answers what is wrong. Kept short of pods by quotas, so that the API server is not what is tested. */
export async function runHostile(cluster: ControlPlane, {rsgs, seed, told}: HostileOptions): Promise<string[]> {
  const dice = createDice(seed);
  const namespaces = Array.from({length: NAMESPACES}, (_, at) => `hostile-${String(at)}`);
  const world = await createWorld(cluster, [CANARY]);
  for (const namespace of namespaces) await populate(cluster, namespace);
  const wrong: string[] = [];
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const started = Date.now();
    await work().catch((error: unknown) => wrong.push(`${what}: ${messageOf(error)}`));
    told(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  };
  await step('the canary, alone, 2 → 4', () => scaleCanary(world, 4));
  await step(`${String(rsgs)} RSGs are created`, () => createAll(world, dice, {namespaces, rsgs, told}));
  await step('the canary, among them, 4 → 2', () => scaleCanary(world, 2));
  await step('each has a status', () => eventually('each has a status', () => everyOneIsSeen(world), PATIENT));
  await step('the canary, among them, 2 → 4', () => scaleCanary(world, 4));
  await step('nothing else was written to', () => assertForeignUntouched(world, namespaces));
  await step('all are deleted', () => deleteAll(world, namespaces));
  await step('originals are as they were, and alone', () => assertReleased(world, namespaces));
  world.client.close();
  return wrong;
}

async function populate(cluster: ControlPlane, namespace: string): Promise<void> {
  await cluster.kubectlOk('create', 'namespace', namespace);
  const metadata = (name: string): object => ({name, namespace});
  const hard = {'count/deployments.apps': '40', 'count/statefulsets.apps': '30', pods: '5'};
  await cluster.apply([
    {apiVersion: 'v1', kind: 'ResourceQuota', metadata: metadata('few'), spec: {hard}},
    ...POOL.deployments.map((name, at) => workload({name, replicas: at % 3, namespace, labels: {app: `d${String(at)}`}})),
    ...POOL.statefulSets.map((name, at) => workload({name, kind: 'StatefulSet', replicas: 1, namespace, labels: {app: `s${String(at)}`}})),
    workload({name: 'bystander', replicas: 0, namespace}),
    ...POOL.companions.flatMap((name) => [
      {apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name), data: {peer: 'decode'}},
      {apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec: {selector: {app: name}, ports: [{port: 80}]}},
    ]),
  ]);
}

interface Load {
  readonly namespaces: readonly string[];
  readonly rsgs: number;
  readonly told: (line: string) => void;
}

async function createAll({client}: World, dice: Dice, {namespaces, rsgs, told}: Load): Promise<void> {
  const refused = new Map<string, number>();
  for (let at = 0; at < rsgs; at += 1) {
    const name = at % 2 === 0 ? `r${String(at)}` : `${'n'.repeat(56)}-${String(at).padStart(6, '0')}`;
    const object = hostileRsg(dice, {name, namespace: dice.oneOf(namespaces), namespaces});
    try {
      await client.create(RSG_TYPE, object);
    } catch (error) {
      if (!isKubeError(error, 'Invalid')) throw error;
      const why = error.message.replace(/.*is invalid: /u, '').slice(0, 100);
      refused.set(why, (refused.get(why) ?? 0) + 1);
    }
  }
  for (const [why, count] of refused) told(`  ${String(count)} refused: ${why}`);
}

async function scaleCanary(world: World, replicas: number): Promise<void> {
  await world.client.patch(rsgRef(CANARY), {spec: {replicas}}, {subresource: 'scale'});
  const seen = async (): Promise<boolean> => {
    const {status, metadata} = await readRsg(world, CANARY);
    return status.replicas === replicas && status.observedGeneration === metadata.generation && status.terminatingReplicas === 0;
  };
  await eventually(`the canary has ${String(replicas)} groups`, seen, {timeoutMs: 120_000, intervalMs: 20});
}

async function everyOneIsSeen({client}: World): Promise<boolean> {
  const {items} = await client.list({type: RSG_TYPE});
  const unseen = items.filter(({status, metadata}) => asObject(status)['observedGeneration'] !== metadata.generation);
  if (unseen.length > 0)
    throw new Error(`${String(unseen.length)} have none, such as ${unseen[0]?.metadata.namespace ?? ''}/${unseen[0]?.metadata.name ?? ''}`);
  return true;
}

const isClone = ({metadata}: KubeObject): boolean => metadata.labels?.[LABELS.rsgUid] !== undefined;

async function assertForeignUntouched({client, cluster}: World, namespaces: readonly string[]): Promise<void> {
  const log = await cluster.auditWrites();
  const ours = log.filter(({userAgent, code}) => userAgent.startsWith('rsg-controller') && code < 300);
  const known = new Set<string>([...POOL.deployments, ...POOL.statefulSets]);
  const allowed = new Set(['resourcescalinggroups', 'events', 'controllerrevisions', 'services', 'configmaps', 'pods', 'leases']);
  // Clones are named after their original, with a dash.
  const odd = ours.filter(({resource, verb, name}) => !allowed.has(resource) && !(known.has(name) ? verb === 'patch' : name.includes('-')));
  assert.deepEqual(odd.slice(0, 5), []);
  assert.deepEqual(ours.filter(({name, namespace}) => name === 'bystander' || namespace === 'kube-system').slice(0, 5), []);
  for (const namespace of namespaces)
    for (const type of WORKLOADS)
      for (const {metadata} of (await client.list({type, namespace})).items)
        if (metadata.name === 'bystander') assert.equal(metadata.generation, 1, `${namespace}/bystander`);
}

async function deleteAll({client}: World, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces)
    for (const {metadata} of (await client.list({type: RSG_TYPE, namespace})).items)
      await client.delete({type: RSG_TYPE, namespace, name: metadata.name}, {propagation: 'Background'});
  await eventually(
    'all are gone',
    async () => {
      const left = (await client.list({type: RSG_TYPE})).items.filter(({metadata}) => metadata.namespace !== CANARY.namespace);
      if (left.length > 0) throw new Error(`${String(left.length)} are left, such as ${JSON.stringify(left[0]).slice(0, 3000)}`);
      return true;
    },
    PATIENT,
  );
}

async function assertReleased({client}: World, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    const lists = await Promise.all(WORKLOADS.map(async (type) => (await client.list({type, namespace})).items));
    const all = lists.flat();
    assert.deepEqual(
      all.filter(isClone).map(({metadata}) => metadata.name),
      [],
      `clones in ${namespace}`,
    );
    const replicas = (list: readonly KubeObject[] = []): unknown =>
      Object.fromEntries(
        list.filter(({metadata}) => metadata.name !== 'bystander').map((one) => [one.metadata.name, asObject(one['spec'])['replicas']]),
      );
    assert.deepEqual(replicas(lists[0]), Object.fromEntries(POOL.deployments.map((name, at) => [name, at % 3])), namespace);
    assert.deepEqual(replicas(lists[1]), Object.fromEntries(POOL.statefulSets.map((name) => [name, 1])), namespace);
    const claimed = all.filter(({metadata}) => metadata.labels?.[LABELS.claimedBy] !== undefined);
    assert.deepEqual(
      claimed.map(({metadata}) => metadata.name),
      [],
      `claims in ${namespace}`,
    );
  }
}
