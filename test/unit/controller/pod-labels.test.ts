/** Who is in traffic and who is not, as the labels on live pods say: a request sent to a pod that is about to go would be cut. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {ANNOTATIONS, LABELS} from '../../../src/api/labels.ts';
import {kindOf} from '../../../src/api/workload.ts';
import type {Action, GroupPod} from '../../../src/controller/model.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

function pod(group: string, role: string, labels: Readonly<Record<string, string>> = {}): GroupPod {
  const name = `${group}-${role}`;
  const template = {app: 'engine'};
  const metadata = {name, namespace: 'default', uid: name, labels: {...template, ...labels}};
  const status = {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]};
  return {group, role, pod: {apiVersion: 'v1', kind: 'Pod', metadata, status}, workload: kindOf({type: DEPLOYMENT}), template};
}
const ROLES = ['role0', 'role1'];
const stateOf = ({pods}: ModelCluster): (string | undefined)[] => pods.map((one) => one.pod.metadata.labels?.[LABELS.state]);
const scaleTo = (cluster: ModelCluster, replicas: number): void => {
  cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas}};
};

describe('pods of the originals that are parked', () => {
  const parking = (): {cluster: ModelCluster; labelled: Extract<Action, {do: 'labelPod'}>['labels'][]} => {
    const cluster = new ModelCluster({ratio: [1, 1], spec: {scaleIn: {drain: {timeoutSeconds: 0}}}});
    cluster.pods = ROLES.map((role) => pod('group0', role));
    cluster.reconcile();
    scaleTo(cluster, 0);
    const labelled: Extract<Action, {do: 'labelPod'}>['labels'][] = [];
    for (let round = 0; round < 3; round += 1) {
      cluster.reconcile(({actions}) => labelled.push(...actions.flatMap((one) => (one.do === 'labelPod' ? [one.labels] : []))));
    }
    return {cluster, labelled};
  };
  const puttingBack = (labels: Readonly<Record<string, string | null>>): boolean => labels[LABELS.state] === null;

  test('stay out of traffic until they are gone, however long that takes the controllers of their kinds', () => {
    const {cluster, labelled} = parking();
    assert.equal(cluster.rsg.metadata.annotations?.[ANNOTATIONS.removing], undefined, 'the removal is over');
    assert.deepEqual(labelled.filter(puttingBack), []);
    assert.deepEqual(stateOf(cluster), ['draining', 'draining']);
  });

  test('are in traffic again when the originals are wanted again before they are gone', () => {
    const {cluster} = parking();
    scaleTo(cluster, 1);
    cluster.reconcile();
    assert.deepEqual(stateOf(cluster), [undefined, undefined]);
  });
});

describe('a drain', () => {
  const draining = (): ModelCluster => {
    const cluster = new ModelCluster({ratio: [1], spec: {replicas: 2, metrics: {engine: 'vllm'}}});
    cluster.reconcile();
    cluster.becomeReady();
    cluster.reconcile();
    cluster.pods = [pod('group1', 'role0')];
    scaleTo(cluster, 1);
    return cluster;
  };
  const idle = (cluster: ModelCluster, startedAt: number): void => {
    cluster.now = startedAt + 40_000;
    cluster.readings.set('group1', {latest: {at: cluster.now, requests: 0}, idleSince: startedAt + 20_000});
  };

  test('asks no pod how idle it is before all are out of traffic', () => {
    const cluster = draining();
    const asked: [boolean, boolean][] = [];
    cluster.reconcile(({probes}) => asked.push([stateOf(cluster).includes(undefined), probes.length > 0]));
    assert.ok(asked.some(([inTraffic]) => inTraffic));
    assert.deepEqual(
      asked.filter(([inTraffic, probed]) => inTraffic && probed),
      [],
    );
    assert.equal(asked.at(-1)?.[1], true);
  });

  test('is not over while a pod of the group could not be taken out of traffic', () => {
    const cluster = draining();
    cluster.reconcile();
    cluster.pods = [pod('group1', 'role0')];
    idle(cluster, cluster.now);
    assert.deepEqual(
      cluster.reconcile(undefined, 0).actions.map((action) => action.do),
      ['labelPod'],
    );
  });

  test('ends when the pods that came meanwhile are out of traffic too', () => {
    const cluster = draining();
    cluster.reconcile();
    cluster.pods = [pod('group1', 'role0', {[LABELS.state]: 'draining'})];
    idle(cluster, cluster.now);
    cluster.reconcile();
    assert.equal(cluster.rsg.status.groups?.find(({id}) => id === 'group1')?.phase, 'Deleting');
  });
});
