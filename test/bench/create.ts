/**
 * How long four groups of two members take, from the PATCH of /scale to the eighth clone seen by a watch, against a plain keep-alive client
 * that creates the same eight objects at once. Ten alternating runs on one control plane; medians.
 *
 *     KUBEBUILDER_ASSETS=… node test/bench/create.ts
 */
import {KubeConfig} from '@kubernetes/client-node';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {createKubeClient, type KubeClient} from '../../src/kube/client.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd, startController} from '../support/controller.ts';
import {eventually} from '../support/wait.ts';
import {getRsg, pair, replicas, rsgOf} from '../support/workloads.ts';
import {row} from './figures.ts';

const RUNS = 10;
const APPS = {group: 'apps', version: 'v1', namespaced: true} as const;
const TYPES: readonly ResourceType[] = [
  {...APPS, kind: 'Deployment', plural: 'deployments'},
  {...APPS, kind: 'StatefulSet', plural: 'statefulsets'},
];

/** Resolves with the moment at which the `count`th new object of both kinds was seen. */
async function watchNew(client: KubeClient, count: number): Promise<{seen: Promise<number>}> {
  const end = new AbortController();
  let left = count;
  let done: (at: number) => void = () => undefined;
  const seen = new Promise<number>((resolve) => {
    done = resolve;
  });
  for (const type of TYPES) {
    const query = {type, namespace: 'default'};
    const {resourceVersion} = await client.list(query);
    const follow = async (): Promise<void> => {
      for await (const event of client.watch(query, {resourceVersion, timeoutSeconds: 60}, end.signal)) {
        if (event.type !== 'ADDED') continue;
        left -= 1;
        if (left > 0) continue;
        done(performance.now());
        end.abort();
      }
    };
    follow().catch(() => undefined);
  }
  return {seen};
}

const cluster = await startControlPlane({audit: false});
try {
  await installCrd(cluster);
  const controller = await startController(cluster);
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 10_000, userAgent: 'bench'}, {clock: systemClock});
  await cluster.apply(pair());
  await cluster.apply(rsgOf('llama'));
  await eventually('bound', async () => (await getRsg(cluster, 'llama')).status.availableReplicas === 1);
  const rsgType: ResourceType = {
    group: 'resourcescalinggroup.com',
    version: 'v1',
    kind: 'ResourceScalingGroup',
    plural: 'resourcescalinggroups',
    namespaced: true,
  };
  const scale = (to: number): Promise<unknown> =>
    client.patch({type: rsgType, namespace: 'default', name: 'llama'}, {spec: {replicas: to}}, {subresource: 'scale'});
  const onlyOriginals = (): Promise<unknown> =>
    eventually(
      'only the originals are left',
      async () => Object.keys(await replicas(cluster)).length === 2 && (await getRsg(cluster, 'llama')).status.terminatingReplicas === 0,
    );

  const withRsg = async (): Promise<number> => {
    const {seen} = await watchNew(client, 8);
    const from = performance.now();
    await scale(5);
    const took = (await seen) - from;
    await eventually('counted', async () => (await getRsg(cluster, 'llama')).status.replicas === 5);
    await scale(1);
    await onlyOriginals();
    return took;
  };
  const plain = async (run: number): Promise<number> => {
    const templates = await Promise.all(
      TYPES.map((type, at) => client.get({type, namespace: 'default', name: at === 0 ? 'prefill' : 'decode'})),
    );
    const objects = templates.flatMap((template, at) =>
      Array.from({length: 4}, (_, index): [ResourceType | undefined, KubeObject] => [
        TYPES[at],
        {
          apiVersion: 'apps/v1',
          kind: template.kind,
          metadata: {name: `plain-${String(run)}-${String(at)}-${String(index)}`, namespace: 'default'},
          spec: template['spec'],
        },
      ]),
    );
    const {seen} = await watchNew(client, 8);
    const from = performance.now();
    const created = await Promise.all(objects.map(([type, object]) => client.create(type ?? TYPES[0] ?? rsgType, object)));
    const took = (await seen) - from;
    await Promise.all(
      created.map((object) => {
        const type = TYPES.find(({kind}) => kind === object.kind) ?? rsgType;
        return client.delete({type, namespace: 'default', name: object.metadata.name}, {propagation: 'Background'});
      }),
    );
    await onlyOriginals();
    return took;
  };

  const times = {rsg: [] as number[], plain: [] as number[]};
  await withRsg();
  await plain(RUNS);
  for (let run = 0; run < RUNS; run += 1) {
    times.rsg.push(await withRsg());
    times.plain.push(await plain(run));
  }
  row({
    what: '1 to 5 groups of a Deployment and a StatefulSet: the last of 8 clones is seen',
    ours: times.rsg,
    reference: times.plain,
    against: 'the same client, the same 8 at once',
  });
  client.close();
  await controller.stop();
} finally {
  await cluster.stop();
}
