/**
 * What flow control and the fence cost: a hundred Deployments created at once by the client of `src/kube`, against a plain keep-alive
 * `node:https` client that sends all requests at once. Ten alternating runs on one real API server; medians.
 *
 *     KUBEBUILDER_ASSETS=… node test/bench/client.ts
 */
import {Agent, request} from 'node:https';
import {text} from 'node:stream/consumers';
import {KubeConfig} from '@kubernetes/client-node';
import type {KubeObject} from '../../src/api/objects.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import {fencedClient, openFence} from '../../src/kube/fence.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {startControlPlane} from '../support/control-plane.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {workload} from '../support/workloads.ts';

const RUNS = 10;
const COUNT = 100;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
};

const cluster = await startControlPlane({kwok: false});
try {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = fencedClient(
    createKubeClient({config, requestTimeoutMs: 30_000, userAgent: 'bench'}, {clock: systemClock}),
    openFence(new AbortController().signal),
  );
  const {url, ca, cert, key} = cluster;
  const agent = new Agent({ca, cert, key, keepAlive: true});
  const post = (object: KubeObject): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = {'content-type': 'application/json'};
      const path = '/apis/apps/v1/namespaces/default/deployments';
      const call = request(new URL(path, url), {method: 'POST', agent, headers}, (response) => {
        text(response).then(() => {
          if (response.statusCode === 201) resolve();
          else reject(new Error(String(response.statusCode)));
        }, reject);
      });
      call.on('error', reject);
      call.end(JSON.stringify(object));
    });
  const timed = async (prefix: string, create: (object: KubeObject) => Promise<unknown>): Promise<number> => {
    const objects = Array.from({length: COUNT}, (_, at) => workload({name: `${prefix}-${String(at)}`, replicas: 0}) as KubeObject);
    const from = performance.now();
    await Promise.all(objects.map((object) => create(object)));
    return performance.now() - from;
  };
  const times = {ours: [] as number[], plain: [] as number[]};
  for (let run = -1; run < RUNS; run += 1) {
    const ours = await timed(`ours${String(run + 1)}`, (object) => client.create(DEPLOYMENT, object));
    const plain = await timed(`plain${String(run + 1)}`, post);
    if (run < 0) continue;
    times.ours.push(ours);
    times.plain.push(plain);
  }
  const [ours, plain] = [median(times.ours), median(times.plain)];
  const list = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' ');
  process.stdout.write(`client: median ${ours.toFixed(0)} ms (${list(times.ours)})\n`);
  process.stdout.write(`plain:  median ${plain.toFixed(0)} ms (${list(times.plain)})\n`);
  process.stdout.write(`ratio:  ${(ours / plain).toFixed(2)}\n`);
  client.close();
  agent.destroy();
} finally {
  await cluster.stop();
}
