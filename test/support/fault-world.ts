/** What the fault suites look at: one RSG over a Deployment and a StatefulSet in a namespace of its own, and what happened there. */
import assert from 'node:assert/strict';
import {LABELS, RSG_TYPE} from '../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import {replicasOf} from '../../src/api/workload.ts';
import {NAMESPACE, type ApiServer} from './api-server.ts';
import {eventually} from './wait.ts';
import {rsgOf, workload} from './workloads.ts';

const APPS = {group: 'apps', version: 'v1', namespaced: true} as const;
export const DEPLOYMENT: ResourceType = {...APPS, kind: 'Deployment', plural: 'deployments'};
export const STATEFUL_SET: ResourceType = {...APPS, kind: 'StatefulSet', plural: 'statefulsets'};
const RATIO = {prefill: 2, decode: 4};

export interface World {
  readonly namespace: string;
  scale(replicas: number): Promise<void>;
  /** Resolves once so many groups exist and nothing is left to do. */
  settled(groups: number): Promise<void>;
  rsg(): Promise<Rsg>;
  /** Deletes the RSG, and makes one of the same name as soon as it is gone. */
  remake(): Promise<void>;
  /** Names of the clones that exist, sorted. */
  clones(): Promise<string[]>;
  /** Names of all clones that ever existed, sorted. Fails for what must never be: see the head of `watchClones`. */
  everMade(): string[];
  /** Fails when the originals are not as they were, but for our label. */
  assertOriginalsUntouched(): Promise<void>;
  /** Ends the watching. */
  end(): Promise<void>;
}

export async function createWorld({client}: ApiServer, namespace: string): Promise<World> {
  await client.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}});
  const make = (type: ResourceType, object: object): Promise<KubeObject> => client.create(type, inNamespace(object, namespace));
  const prefill = await make(DEPLOYMENT, workload({name: 'prefill', replicas: RATIO.prefill}));
  const decode = await make(STATEFUL_SET, workload({name: 'decode', kind: 'StatefulSet', replicas: RATIO.decode}));
  const watched = watchClones({client}, namespace);
  const makeRsg = (): Promise<KubeObject> => make(RSG_TYPE, rsgOf('llama', {scaleIn: {drain: {timeoutSeconds: 1}}}));
  await makeRsg();
  const ref = {type: RSG_TYPE, namespace, name: 'llama'};
  const rsg = async (): Promise<Rsg> => {
    const parsed = parseRsg(await client.get(ref));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.rsg;
  };
  const clones = async (): Promise<string[]> => {
    const lists = await Promise.all([DEPLOYMENT, STATEFUL_SET].map((type) => client.list({type, namespace})));
    const names = lists.flatMap(({items}) => items.map(({metadata}) => metadata.name));
    return names.filter((name) => name !== 'prefill' && name !== 'decode').sort();
  };
  return {
    namespace,
    rsg,
    remake: async () => {
      await client.delete(ref, {propagation: 'Background'});
      const gone = async (): Promise<boolean> => (await client.list({type: RSG_TYPE, namespace})).items.length === 0;
      await eventually('the RSG is gone', gone, {intervalMs: 5});
      await makeRsg();
    },
    clones,
    scale: async (replicas) => {
      await client.patch(ref, {spec: {replicas}}, {subresource: 'scale'});
    },
    settled: (groups) =>
      eventually(
        `${String(groups)} groups, and nothing left to do`,
        async () => {
          const {metadata, spec, status} = await rsg();
          const members = await clones();
          assert.equal(spec.replicas, groups);
          assert.deepEqual([status.replicas, status.terminatingReplicas, status.drainingReplicas], [groups, 0, 0]);
          assert.equal(status.observedGeneration, metadata.generation);
          assert.deepEqual([status.pendingGroups ?? [], Object.keys(metadata.annotations ?? {})], [[], []]);
          assert.equal(members.length, (groups - 1) * 2, members.join(' '));
          return true;
        },
        {timeoutMs: 60_000, intervalMs: 50},
      ).then(() => undefined),
    everMade: watched.names,
    assertOriginalsUntouched: async () => {
      for (const [type, before] of [
        [DEPLOYMENT, prefill],
        [STATEFUL_SET, decode],
      ] as const) {
        const now = await client.get({type, namespace, name: before.metadata.name});
        const {uid, generation} = now.metadata;
        assert.deepEqual(
          {uid, generation, spec: now['spec']},
          {uid: before.metadata.uid, generation: before.metadata.generation, spec: before['spec']},
        );
      }
    },
    end: watched.end,
  };
}

function inNamespace(object: object, namespace: string): KubeObject {
  const {metadata, ...rest} = object as KubeObject;
  return {...rest, metadata: {...metadata, namespace}};
}

/**
 * Sees every clone from its first moment, straight from the server. Two objects of one name would be an ID used twice; a clone with another
 * count than its original's would be a broken ratio; one without the RSG's labels an orphan.
 */
function watchClones({client}: Pick<ApiServer, 'client'>, namespace: string): {names: () => string[]; end: () => Promise<void>} {
  const uids = new Map<string, string>();
  const wrong: string[] = [];
  const end = new AbortController();
  const see = (type: ResourceType, object: KubeObject): void => {
    const {name, uid = '', labels} = object.metadata;
    const role = name.startsWith('prefill') ? 'prefill' : 'decode';
    if (name === role) return;
    if (uids.has(name) && uids.get(name) !== uid) wrong.push(`${name} was made twice`);
    if (replicasOf({type, object}) !== RATIO[role]) wrong.push(`${name} had ${String(replicasOf({type, object}))} replicas`);
    if (labels?.[LABELS.rsgUid] === undefined) wrong.push(`${name} belongs to no RSG`);
    uids.set(name, uid);
  };
  const follow = async (type: ResourceType): Promise<void> => {
    let {resourceVersion} = await client.list({type, namespace});
    while (!end.signal.aborted) {
      const events = client.watch({type, namespace}, {resourceVersion, timeoutSeconds: 300}, end.signal);
      for await (const event of events) {
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        if (event.type !== 'BOOKMARK') see(type, event.object);
      }
    }
  };
  const following = Promise.allSettled([DEPLOYMENT, STATEFUL_SET].map(follow));
  return {
    names: () => {
      assert.deepEqual(wrong, []);
      return [...uids.keys()].sort();
    },
    end: async () => {
      end.abort();
      await following;
    },
  };
}
