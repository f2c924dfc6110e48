/** What the controller learns of engines: when a group that is drained is idle, asked of its pods; and what the adapter misses. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {startStreamingEngines, type StreamingEngines} from '../support/streaming-engines.ts';
import {eventually, never} from '../support/wait.ts';
import {getRsg, items, rsgOf, workload} from '../support/workloads.ts';

describe('what the controller learns of engines', {skip: controlPlaneSkip(), concurrency: true}, () => {
  let cluster: ControlPlane;
  let adapter: AdapterProcess;
  let controller: ControllerProcess;
  let engines: StreamingEngines;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    [adapter, engines] = await Promise.all([startAdapter(cluster), startStreamingEngines(cluster)]);
    controller = await startController(cluster, ['--scrape-interval', '1s', '--metrics-adapter-url', `http://${adapter.httpAddress}`]);
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), engines.close()]);
    await cluster.stop();
  });

  /** Two groups of one prefill and one decode pod each, in a namespace of their own. */
  const bind = async (namespace: string, timeoutSeconds: number): Promise<void> => {
    await cluster.kubectlOk('create', 'namespace', namespace);
    const pairs = [
      workload({name: 'prefill', namespace, replicas: 1}),
      workload({name: 'decode', namespace, kind: 'StatefulSet', replicas: 1}),
    ];
    const services = ['prefill', 'decode'].map((app) => ({
      ...{apiVersion: 'v1', kind: 'Service', metadata: {name: app, namespace}},
      spec: {selector: {app}, ports: [{port: 8000}]},
    }));
    await cluster.apply([...pairs, ...services]);
    const metrics = {engine: 'vllm', port: engines.port};
    const rsg = rsgOf('llama', {replicas: 2, metrics, scaleIn: {drain: {timeoutSeconds, settleSeconds: 1}}});
    await cluster.apply({...rsg, metadata: {name: 'llama', namespace}});
    await eventually(`${namespace}: two groups`, async () => (await getRsg(cluster, 'llama', namespace)).status.availableReplicas === 2);
  };
  const names = async (namespace: string, selector: string): Promise<string[]> =>
    (await items(cluster, 'pods', '-n', namespace, '-l', selector)).map(({metadata: {name}}) => name).sort();
  const ipOf = (namespace: string, pod: string): Promise<string> =>
    cluster.kubectlOk('get', 'pod', pod, '-n', namespace, '-o', 'jsonpath={.status.podIP}');
  const removed = async (namespace: string): Promise<boolean> =>
    (await names(namespace, 'resourcescalinggroup.com/group=group1')).length < 2;
  const scaleTo1 = (namespace: string): Promise<string> => cluster.kubectlOk('scale', 'rsg', 'llama', '-n', namespace, '--replicas=1');

  test('a busy group is out of traffic at once, goes when its last stream has ended, and none is cut', async () => {
    const namespace = 'drained';
    await bind(namespace, 600);
    const prefill = (await names(namespace, 'resourcescalinggroup.com/group=group1,resourcescalinggroup.com/role=prefill'))[0] ?? '';
    const [leaving, alsoLeaving, staying] = await Promise.all(['decode-group1-0', prefill, 'decode-0'].map((pod) => ipOf(namespace, pod)));
    assert.ok(leaving !== undefined && alsoLeaving !== undefined && staying !== undefined);
    const streams = await Promise.all([leaving, leaving, alsoLeaving, staying].map((ip) => engines.open(ip)));
    await scaleTo1(namespace);
    await eventually('no Service finds its pods', async () => (await names(namespace, 'app=decode')).join() === 'decode-0');
    await eventually('it is drained', async () => (await getRsg(cluster, 'llama', namespace)).status.drainingReplicas === 1);
    await never('a removal while it is busy', () => removed(namespace), 4000);
    for (const ip of [leaving, leaving]) {
      engines.finishOne(ip);
      await never('a removal before its last stream has ended', () => removed(namespace), 3000);
    }
    engines.finishOne(alsoLeaving);
    await eventually('it is gone', async () => (await names(namespace, 'resourcescalinggroup.com/group=group1')).length === 0);
    engines.finishOne(staying);
    assert.deepEqual(await Promise.all(streams.map(({ended}) => ended)), ['finished', 'finished', 'finished', 'finished']);
  });

  test('the same streams are cut where no drain is wanted, so that a cut shows', async () => {
    const namespace = 'cut';
    await bind(namespace, 0);
    const {ended} = await engines.open(await ipOf(namespace, 'decode-group1-0'));
    await scaleTo1(namespace);
    assert.equal(await ended, 'cut');
  });

  test('MetricsAvailable names the pod and the signal that are missing, and recovers', async () => {
    const namespace = 'reported';
    await bind(namespace, 0);
    const ip = await ipOf(namespace, 'decode-group1-0');
    const becomes = (expected: RegExp): Promise<unknown> =>
      eventually(
        String(expected),
        async () => {
          const {status} = await getRsg(cluster, 'llama', namespace);
          const found = status.conditions?.find(({type}) => type === 'MetricsAvailable');
          return expected.test(`${found?.status ?? ''} ${found?.reason ?? ''}: ${found?.message ?? ''}`);
        },
        // The controller asks every 15 s.
        {timeoutMs: 60_000, intervalMs: 500},
      );
    await becomes(/^True AllReported/u);
    engines.lacks = (of) => (of === ip ? 'kvUsage' : undefined);
    await becomes(/^False SignalsMissing: signals are missing of decode-group1-0 \(kvUsage\);/u);
    engines.lacks = () => undefined;
    await becomes(/^True AllReported/u);
  });
});
