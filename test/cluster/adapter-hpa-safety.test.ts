/**
 * A real HPA on an RSG whose load stays the same while its pods do not: groups start slowly, all pods are replaced, an engine fails. The
 * number of groups must not move. Every RSG is in a namespace of its own, and all are played side by side. Numbers in names are those of
 * the conformance checklist.
 */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import {registerApis, startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {llamaHpa, type LlamaMetric} from '../support/llama-hpa.ts';
import {startSharedLoad, type SharedLoad} from '../support/shared-load.ts';
import {eventually} from '../support/wait.ts';
import {items, rsgOf, workload} from '../support/workloads.ts';

/** Load in groups; at 0.7 a group that is `GROUPS` groups. */
const LOAD = 2.5;
const GROUPS = 4;
/** Several syncs of the HPA (2 s here), and more than a sample is fresh (3 s). */
const STAYS_MS = 6000;
const SLOWLY = {timeoutMs: 150_000, intervalMs: 300};

/**
 * Never fewer than before, and as many in the end. One more for a moment is no fault: a pod that goes in the middle of a round is seen
 * there and, with what it had, on others.
 */
function assertHeld(seen: readonly number[]): void {
  assert.equal(Math.min(...seen), GROUPS, `groups went ${seen.join(', ')}`);
  assert.equal(seen.at(-1), GROUPS, `groups went ${seen.join(', ')}`);
}

interface Scene {
  readonly namespace: string;
  readonly ratio: readonly [number, number];
  readonly metric: LlamaMetric;
  /** How long pods of each take to start and to end. */
  readonly prefill?: Readonly<Record<string, string>>;
  readonly decode?: Readonly<Record<string, string>>;
  /** At first. */
  readonly replicas?: number;
}

describe('an HPA under constant load', {skip: controlPlaneSkip(), concurrency: true}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let adapter: AdapterProcess;
  let load: SharedLoad;
  const failing = new Set<string>();
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    [controller, adapter, load] = await Promise.all([startController(cluster), startAdapter(cluster), startSharedLoad(cluster)]);
    load.fault = ({namespace, name}) => (failing.has(`${namespace}/${name}`) ? 'refuse' : undefined);
    await registerApis(cluster, adapter);
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), load.close()]);
    await cluster.stop();
  });

  /** Past kubectl: it is asked often. */
  const rsg = async (namespace: string): Promise<Rsg> => {
    const {body} = await cluster.get(`/apis/resourcescalinggroup.com/v1/namespaces/${namespace}/resourcescalinggroups/llama`);
    const parsed = parseRsg(JSON.parse(body));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.rsg;
  };
  const available = async (namespace: string): Promise<number> => (await rsg(namespace)).status.availableReplicas ?? 0;

  /** The numbers of groups that the HPA asks for, each once until it changes, from now until `watch.stop()`. */
  const watchGroups = (namespace: string): {readonly stop: () => Promise<number[]>} => {
    const ended = new AbortController();
    const seen: number[] = [];
    const follow = async (): Promise<number[]> => {
      while (!ended.signal.aborted) {
        const now = (await rsg(namespace).catch(() => undefined))?.spec.replicas;
        if (now !== undefined && now !== seen.at(-1)) seen.push(now);
        await sleep(200);
      }
      return seen;
    };
    const following = follow();
    return {
      stop: () => {
        ended.abort();
        return following;
      },
    };
  };

  /** Decode is the bottleneck. Resolves when an HPA follows the load. */
  const play = async ({namespace, ratio, metric, prefill = {}, decode = {}, replicas = 1}: Scene): Promise<void> => {
    load.totals.set(`${namespace}/prefill`, {waiting: 8 * ratio[0], kvUsage: 0});
    load.totals.set(`${namespace}/decode`, {waiting: LOAD * 8 * ratio[1], kvUsage: 0});
    await cluster.kubectlOk('create', 'namespace', namespace);
    await cluster.apply([
      workload({name: 'prefill', namespace, replicas: ratio[0], podAnnotations: prefill}),
      workload({name: 'decode', namespace, kind: 'StatefulSet', replicas: ratio[1], podAnnotations: decode}),
    ]);
    const spec = {
      replicas,
      metrics: {engine: 'vllm', port: load.port},
      scaleIn: {drain: {timeoutSeconds: 0}},
      sync: {rollout: 'Parallel'},
    };
    await cluster.apply({...rsgOf('llama', spec), metadata: {name: 'llama', namespace}});
    await eventually(`${namespace}: all are available`, async () => (await available(namespace)) === replicas, SLOWLY);
    await cluster.apply(llamaHpa(metric, {namespace}));
  };
  const settles = (namespace: string): Promise<unknown> =>
    eventually(`${namespace}: ${String(GROUPS)} groups`, async () => (await available(namespace)) === GROUPS, SLOWLY);

  const STARTS: readonly Pick<Scene, 'ratio' | 'metric'>[] = [
    {ratio: [1, 1], metric: 'external'},
    {ratio: [2, 4], metric: 'external'},
    {ratio: [3, 1], metric: 'external'},
    {ratio: [1, 1], metric: 'object'},
  ];
  for (const {ratio, metric} of STARTS) {
    const shape = ratio.join(':');
    test(`27: groups of ${shape} by ${metric}, whose decode pods are Ready 15 s before their prefill pods: 1, then 4, nothing else`, async () => {
      const namespace = `starts-${metric}-${ratio.join('-')}`;
      // A group whose decode pods take requests is not available for as long as its prefill pods start.
      const slow = {prefill: {'test/ready-after': '20s'}, decode: {'test/ready-after': '5s'}};
      const watch = watchGroups(namespace);
      await play({namespace, ratio, metric, ...slow});
      await settles(namespace);
      await sleep(STAYS_MS);
      assert.deepEqual(await watch.stop(), [1, GROUPS]);
    });
  }

  test('a rolling update of all groups, whose pods take 4 s to finish their requests: no scale-in', async () => {
    const namespace = 'rollout';
    const slow = {'test/ready-after': '1s', 'test/terminate-after': '4s'};
    await play({namespace, ratio: [2, 4], metric: 'object', prefill: slow, decode: slow, replicas: GROUPS});
    await sleep(STAYS_MS);
    const watch = watchGroups(namespace);
    const before = await podUids(namespace);
    const patch = {spec: {template: {metadata: {annotations: {'test/version': '2'}}}}};
    const change = ['-n', namespace, '--type=merge', '-p', JSON.stringify(patch)];
    await Promise.all(['deployment/prefill', 'statefulset/decode'].map((name) => cluster.kubectlOk('patch', name, ...change)));
    await eventually('every pod is another', async () => (await podUids(namespace)).every((uid) => !before.includes(uid)), SLOWLY);
    await settles(namespace);
    await sleep(STAYS_MS);
    assertHeld(await watch.stop());
  });

  for (const metric of ['external', 'value'] as const) {
    test(`by ${metric}, a decode pod whose engine fails, which is then not Ready, and works again: no scale-in`, async () => {
      const namespace = `failing-${metric}`;
      await play({namespace, ratio: [2, 4], metric, replicas: GROUPS});
      await sleep(STAYS_MS);
      const watch = watchGroups(namespace);
      failing.add(`${namespace}/decode-1`);
      await sleep(STAYS_MS);
      const ready = (status: 'True' | 'False'): Promise<string> => {
        const patch = JSON.stringify({status: {conditions: [{type: 'Ready', status}]}});
        return cluster.kubectlOk('patch', 'pod', 'decode-1', '-n', namespace, '--subresource=status', '-p', patch);
      };
      await ready('False');
      await sleep(STAYS_MS);
      failing.delete(`${namespace}/decode-1`);
      await ready('True');
      await sleep(STAYS_MS);
      assertHeld(await watch.stop());
    });
  }

  const podUids = async (namespace: string): Promise<string[]> =>
    (await items(cluster, 'pods', '-n', namespace)).map(({metadata: {uid}}) => uid);
});
