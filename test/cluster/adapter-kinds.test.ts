/** The adapter finds the engines of kinds whose pods are not the workload's own: other objects stand between, and not every pod serves. */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {stringify} from 'yaml';
import {z} from 'zod';
import {startAdapter, type AdapterProcess} from '../support/adapter.ts';
import type {TargetKind} from '../support/chart-rights.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {startEngines, type Engines} from '../support/engines.ts';
import {startKindController, type KindController} from '../support/kind-controller.ts';
import {FLEET_CRD, FLEET_DECLARATION, LEADER_WORKER_SET_CRD} from '../support/kind-crds.ts';
import {leaderWorkerSet} from '../support/kinds.ts';
import {eventually} from '../support/wait.ts';
import {items, settledGroups} from '../support/workloads.ts';

const {kind, group, ...paths} = FLEET_DECLARATION;
const DECLARATION = {...paths, owns: [{version: 'apps/v1', kind: 'StatefulSet'}]};
const OWNS = [{group: 'apps', resource: 'statefulsets'}];
const TARGET_KINDS: readonly TargetKind[] = [
  {kind: 'LeaderWorkerSet', group: 'leaderworkerset.x-k8s.io', resource: 'leaderworkersets', owns: OWNS},
  {kind, group, resource: 'fleets', owns: OWNS, declaration: DECLARATION},
];
const valueSchema = z.object({value: z.number()});

describe('engines of other kinds', {skip: controlPlaneSkip(), concurrency: true}, () => {
  let cluster: ControlPlane;
  let kinds: KindController;
  let controller: ControllerProcess;
  let adapter: AdapterProcess;
  let engines: Engines;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    await cluster.apply([LEADER_WORKER_SET_CRD, FLEET_CRD]);
    const served = ['leaderworkersets.leaderworkerset.x-k8s.io', 'fleets.fleets.example.com'];
    await cluster.kubectlOk('wait', '--for=condition=Established', ...served.map((name) => `crd/${name}`), '--timeout=30s');
    const file = join(cluster.directory, 'kinds.yaml');
    await writeFile(file, stringify({kinds: [{kind, group, ...DECLARATION}]}));
    kinds = startKindController(cluster);
    const declared = `--kind-declarations=${file}`;
    const allowed = '--target-kinds=LeaderWorkerSet.leaderworkerset.x-k8s.io';
    [controller, adapter, engines] = await Promise.all([
      startController(cluster, [allowed, declared], {targetKinds: TARGET_KINDS}),
      startAdapter(cluster, [declared], TARGET_KINDS),
      startEngines(),
    ]);
    engines.answer = () => ({waiting: 4, running: 3, kvUsage: 0.1});
  });
  after(async () => {
    await Promise.all([controller.stop(), adapter.stop(), engines.close()]);
    await kinds.stop();
    await cluster.stop();
  });

  const twoGroupsOf = async (name: string, target: {readonly kind: string; readonly version: string}): Promise<void> => {
    await cluster.apply({
      apiVersion: 'resourcescalinggroup.com/v1',
      kind: 'ResourceScalingGroup',
      metadata: {name, namespace: 'default'},
      spec: {replicas: 2, group: {targetResources: [{name, ...target}]}, metrics: {engine: 'vllm', port: engines.port}},
    });
    await settledGroups(cluster, name, 2);
  };
  const value = async (rsg: string, metric: string): Promise<number | undefined> => {
    const answer = await fetch(`http://${adapter.httpAddress}/v1/namespaces/default/rsgs/${rsg}/${metric}`);
    return answer.status === 200 ? valueSchema.parse(await answer.json()).value : undefined;
  };

  test('a LeaderWorkerSet: its leaders are scraped, in every group, and its workers never', async () => {
    await cluster.apply(leaderWorkerSet('decode', 2));
    await twoGroupsOf('decode', {kind: 'LeaderWorkerSet', version: 'leaderworkerset.x-k8s.io/v1'});
    // Of two leaders a group, each with half a queue of 8.
    await eventually('the load of two groups', async () => (await value('decode', 'rsg_load')) === 1);
    assert.equal(await value('decode', 'rsg_running_requests'), 4 * 3);
    const pods = await items(cluster, 'pods', '-l', 'leaderworkerset.sigs.k8s.io/name');
    const scraped = pods.filter(({status}) => engines.scrapes.has(String(status?.['podIP']))).map(({metadata: {name}}) => name);
    assert.deepEqual(scraped.sort(), ['decode-0', 'decode-1', 'decode-group1-0', 'decode-group1-1']);
    assert.equal(pods.length, 12);
  });

  test('a declared kind with StatefulSets in between: its pods are found by what the declaration says that it owns', async () => {
    const template = {
      metadata: {labels: {app: 'fleet'}},
      spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine'}]},
    };
    await cluster.apply({
      apiVersion: 'fleets.example.com/v1',
      kind: 'Fleet',
      metadata: {name: 'fleet', namespace: 'default'},
      spec: {engines: {count: 3, pod: template, inSets: true}},
    });
    await twoGroupsOf('fleet', {kind: 'Fleet', version: 'fleets.example.com/v1'});
    await eventually('the load of two groups', async () => (await value('fleet', 'rsg_load')) === 1);
    assert.equal(await value('fleet', 'rsg_running_requests'), 6 * 3);
  });
});
