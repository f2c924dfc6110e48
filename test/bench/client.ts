/**
 * What flow control and the fence cost: a hundred Deployments created at once by the client of `src/kube`, against a plain keep-alive
 * `node:https` client that sends all requests at once. Ten alternating runs on one real API server; medians.
 *
 *     KUBEBUILDER_ASSETS=… node test/bench/client.ts
 */
import {KubeConfig} from '@kubernetes/client-node';
import type {KubeObject} from '../../src/api/objects.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import {fencedClient, openFence} from '../../src/kube/fence.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {startControlPlane} from '../support/control-plane.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {workload} from '../support/workloads.ts';
import {row, timed} from './figures.ts';
import {plainClient} from './plain-client.ts';

const RUNS = 10;
const COUNT = 100;

const cluster = await startControlPlane({kwok: false, audit: false});
try {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = fencedClient(
    createKubeClient({config, requestTimeoutMs: 30_000, userAgent: 'bench'}, {clock: systemClock}),
    openFence(new AbortController().signal),
  );
  const reference = plainClient(cluster);
  const post = (object: KubeObject): Promise<string> => reference.send('POST', '/apis/apps/v1/namespaces/default/deployments', object);
  const measure = async (prefix: string, create: (object: KubeObject) => Promise<unknown>): Promise<number> => {
    const objects = Array.from({length: COUNT}, (_, at) => workload({name: `${prefix}-${String(at)}`, replicas: 0}) as KubeObject);
    return await timed(() => Promise.all(objects.map((object) => create(object))));
  };
  const times = {ours: [] as number[], plain: [] as number[]};
  for (let run = -1; run < RUNS; run += 1) {
    const ours = await measure(`ours${String(run + 1)}`, (object) => client.create(DEPLOYMENT, object));
    const plain = await measure(`plain${String(run + 1)}`, post);
    if (run < 0) continue;
    times.ours.push(ours);
    times.plain.push(plain);
  }
  row({
    what: 'a hundred creates by the client of `src/kube`',
    ours: times.ours,
    reference: times.plain,
    against: 'plain client, the same at once',
  });
  client.close();
  reference.close();
} finally {
  await cluster.stop();
}
