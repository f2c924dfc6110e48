/** The simulated workload controllers do what the real ones do: seen from the pods, as a user sees them. */
import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {asObject} from '../../../../src/api/json.ts';
import {DEPLOYMENT, ENDPOINT_SLICE, POD, REPLICA_SET} from '../../../../src/sandbox/resource-types.ts';
import {controllerOf, withMetadata} from '../../../../src/sandbox/sim/write.ts';
import {images, setImage, simulatedCluster, type SimulatedCluster} from '../../../support/simulated-cluster.ts';
import {workload} from '../../../support/workloads.ts';

let cluster: SimulatedCluster;
beforeEach(() => {
  cluster = simulatedCluster();
});
afterEach(() => cluster.stop());

const statusOf = (type: typeof DEPLOYMENT, name: string): Readonly<Record<string, unknown>> => asObject(cluster.find(type, name)['status']);
describe('a Deployment', () => {
  test('has its pods Running and Ready after their start, and says so', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 3}));
    await cluster.advance();
    assert.equal(cluster.pods().length, 3);
    assert.deepEqual(cluster.readyPods(), []);
    await cluster.advance(1000);
    assert.equal(cluster.readyPods().length, 3);
    const {replicas, updatedReplicas, readyReplicas, availableReplicas, observedGeneration, conditions} = statusOf(DEPLOYMENT, 'prefill');
    assert.deepEqual([replicas, updatedReplicas, readyReplicas, availableReplicas, observedGeneration], [3, 3, 3, 3, 1]);
    const told = (conditions as {type: string; status: string; reason: string}[]).map(({type, status, reason}) => [type, status, reason]);
    assert.deepEqual(told, [
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
  });

  test('writes nothing once it is settled', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 3}));
    await cluster.advance(2000);
    const version = cluster.store.resourceVersion();
    await cluster.advance(60_000);
    assert.equal(cluster.store.resourceVersion(), version);
  });

  test('rolls to another image within maxSurge and maxUnavailable, and keeps the old ReplicaSet', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 4}));
    await cluster.advance(2000);
    setImage(cluster, DEPLOYMENT, 'prefill', 'engine:2');
    for (let at = 0; at < 100; at += 1) {
      await cluster.advance(100);
      assert.ok(cluster.pods().length <= 5, 'at most one pod more');
      assert.ok(cluster.readyPods().length >= 3, 'at most one pod less');
    }
    assert.deepEqual(images(cluster), Array(4).fill('engine:2'));
    assert.equal(cluster.store.list(REPLICA_SET).length, 2);
    assert.equal(cluster.find(DEPLOYMENT, 'prefill').metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
    assert.equal(cluster.find(DEPLOYMENT, 'prefill').metadata.generation, 2, 'the revision counts as no generation');
  });

  test('goes back to an old template with the old ReplicaSet', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 1}));
    await cluster.advance(2000);
    const [first] = cluster.store.list(REPLICA_SET);
    setImage(cluster, DEPLOYMENT, 'prefill', 'engine:2');
    await cluster.advance(5000);
    cluster.edit(DEPLOYMENT, 'prefill', (object) => ({
      ...object,
      spec: {...asObject(object['spec']), template: (workload({name: 'prefill', replicas: 1}) as {spec: {template: object}}).spec.template},
    }));
    await cluster.advance(5000);
    assert.deepEqual(
      cluster.pods().map((name) => name.slice(0, -6)),
      [first?.metadata.name],
    );
  });

  test('Recreate ends all old pods before it makes a new one', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 2, spec: {strategy: {type: 'Recreate'}}}));
    await cluster.advance(2000);
    setImage(cluster, DEPLOYMENT, 'prefill', 'engine:2');
    for (let at = 0; at < 50; at += 1) {
      await cluster.advance(100);
      assert.ok(new Set(images(cluster)).size <= 1, 'never both');
    }
    assert.deepEqual(images(cluster), ['engine:2', 'engine:2']);
  });

  test('paused, it follows replicas and not the template', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 2, spec: {paused: true}}));
    await cluster.advance(2000);
    assert.deepEqual(cluster.pods(), [], 'as the real one, it makes no ReplicaSet while paused');
    cluster.edit(DEPLOYMENT, 'prefill', (object) => ({...object, spec: {...asObject(object['spec']), paused: false}}));
    await cluster.advance(2000);
    cluster.edit(DEPLOYMENT, 'prefill', (object) => ({...object, spec: {...asObject(object['spec']), paused: true}}));
    setImage(cluster, DEPLOYMENT, 'prefill', 'engine:2');
    cluster.scale(DEPLOYMENT, 'prefill', 3);
    await cluster.advance(3000);
    assert.deepEqual(images(cluster), ['engine', 'engine', 'engine']);
  });

  test('scaled in the middle of a rollout, it shares the change out and ends at the wanted number', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 4}));
    await cluster.advance(2000);
    setImage(cluster, DEPLOYMENT, 'prefill', 'engine:2');
    await cluster.advance(500);
    cluster.scale(DEPLOYMENT, 'prefill', 8);
    await cluster.advance(200);
    assert.equal(new Set(images(cluster)).size, 2);
    await cluster.advance(20_000);
    assert.deepEqual(images(cluster), Array(8).fill('engine:2'));
  });

  test('a pod that fails is replaced by nothing, is not Ready, and the Deployment is not available', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 1}));
    await cluster.advance(2000);
    cluster.edit(POD, cluster.pods()[0] ?? '', (pod) => withMetadata(pod, {annotations: {'test/fails': 'true'}}));
    await cluster.advance(500);
    assert.equal(cluster.pods().length, 1);
    assert.equal(statusOf(DEPLOYMENT, 'prefill')['readyReplicas'], undefined);
    assert.equal(statusOf(DEPLOYMENT, 'prefill')['unavailableReplicas'], 1);
  });

  test('deleted in the foreground it is gone after its pods', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 2}));
    await cluster.advance(2000);
    cluster.store.delete(DEPLOYMENT, {namespace: 'default', name: 'prefill'}, {propagation: 'Foreground'});
    await cluster.advance(100);
    assert.ok(cluster.store.get(DEPLOYMENT, 'default', 'prefill') !== undefined, 'waits for its pods');
    await cluster.advance(2000);
    assert.equal(cluster.store.get(DEPLOYMENT, 'default', 'prefill'), undefined);
    assert.equal(cluster.store.list(POD).length, 0);
  });
});

describe('a ReplicaSet', () => {
  test('keeps a pod that loses a label which only a Service selects by, and the Service drops it', async () => {
    cluster.apply(
      workload({
        name: 'clone',
        replicas: 2,
        labels: {app: 'prefill'},
        spec: {selector: {matchLabels: {group: 'g1'}}, template: template({app: 'prefill', group: 'g1'})},
      }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {name: 'prefill', namespace: 'default'},
        spec: {selector: {app: 'prefill'}, ports: [{port: 8000}]},
      },
    );
    await cluster.advance(2000);
    const before = cluster.pods();
    cluster.edit(POD, before[0] ?? '', (pod) => {
      const {app: _app, ...labels} = pod.metadata.labels ?? {};
      return withMetadata(pod, {labels});
    });
    await cluster.advance(1000);
    assert.deepEqual(cluster.pods(), before);
    const [slice] = cluster.store.list(ENDPOINT_SLICE);
    const names = (slice?.['endpoints'] as {targetRef: {name: string}}[]).map(({targetRef}) => targetRef.name);
    assert.deepEqual(names, [before[1]]);
  });

  test('lets a pod go that its selector no longer matches, and makes another', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 1}));
    await cluster.advance(2000);
    const [name = ''] = cluster.pods();
    cluster.edit(POD, name, (pod) => withMetadata(pod, {labels: {app: 'other'}}));
    await cluster.advance(2000);
    assert.equal(cluster.pods().length, 2);
    assert.equal(controllerOf(cluster.find(POD, name)), undefined);
    cluster.edit(POD, name, (pod) => withMetadata(pod, {labels: cluster.find(REPLICA_SET, name.slice(0, -6)).metadata.labels ?? {}}));
    await cluster.advance(2000);
    assert.equal(cluster.pods().length, 1, 'taken back, one is too many');
  });

  test('scaling in takes pods that are not ready before ready ones', async () => {
    cluster.apply(workload({name: 'prefill', replicas: 3}));
    await cluster.advance(2000);
    const [, second = ''] = cluster.pods();
    cluster.edit(POD, second, (pod) => withMetadata(pod, {annotations: {'test/fails': 'true'}}));
    await cluster.advance(200);
    cluster.scale(DEPLOYMENT, 'prefill', 2);
    await cluster.advance(200);
    assert.ok(!cluster.pods().includes(second));
  });
});

function template(labels: Readonly<Record<string, string>>): object {
  return {metadata: {labels}, spec: {containers: [{name: 'engine', image: 'engine'}]}};
}
