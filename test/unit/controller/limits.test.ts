/** What is written stays well below what the API server takes, whatever the number and the names of groups. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {Decision} from '../../../src/controller/model.ts';
import {removalsText} from '../../../src/controller/removal-marks.ts';
import {ModelCluster} from '../../support/model-cluster.ts';

/** The API server takes 1.5 MiB for an object and 256 KiB for all its annotations. */
const MAX_STATUS = 1 << 20;
const MAX_ANNOTATION = 1 << 17;
/** As long as they may be. */
const GROUP_ID = `${'g'.repeat(29)}0`;
const ROLE = 'r'.repeat(63);

interface Seen {
  status: number;
  annotation: number;
  made: number;
  removing: number;
}

function clusterOf(ratio: readonly number[], spec: object = {}): ModelCluster {
  const targetResources = ratio.map((_, at) => ({
    ...{name: `member${String(at)}`, kind: 'Deployment', version: 'apps/v1'},
    role: `${ROLE.slice(0, -2)}${String(at)}`,
  }));
  return new ModelCluster({ratio, spec: {group: {groupID: GROUP_ID, targetResources}, ...spec}});
}

/** Scales and waits, and answers the largest of what was to be written. */
function scaled(cluster: ModelCluster, replicas: number): Seen {
  const seen: Seen = {status: 0, annotation: 0, made: 0, removing: 0};
  const see = ({status, actions}: Decision): void => {
    seen.status = Math.max(seen.status, JSON.stringify(status).length);
    for (const action of actions) {
      if (action.do === 'create') seen.made = Math.max(seen.made, action.groups.length);
      if (action.do !== 'mark') continue;
      seen.removing = Math.max(seen.removing, action.removing.length);
      seen.annotation = Math.max(seen.annotation, removalsText(action.removing)?.length ?? 0);
    }
  };
  cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, replicas}};
  for (let turn = 0; turn < 6; turn += 1) {
    cluster.reconcile(see);
    cluster.becomeReady();
  }
  return seen;
}

describe('of very many groups', () => {
  test('2,000 are made and removed in portions, and what is written has a bound', () => {
    const cluster = clusterOf([1]);
    const out = scaled(cluster, 2000);
    assert.equal(cluster.rsg.status.availableReplicas, 2000);
    assert.deepEqual([cluster.rsg.status.groups?.length, cluster.rsg.status.omittedGroups], [500, 1500]);
    const back = scaled(cluster, 1);
    assert.equal(cluster.rsg.status.replicas, 1);
    assert.equal(cluster.rsg.status.terminatingReplicas, 0);
    assert.equal(cluster.workloads.size, 1);
    assert.deepEqual([out.made, back.removing], [100, 500]);
    assert.ok(Math.max(out.status, back.status) < MAX_STATUS, `a status of ${String(Math.max(out.status, back.status))} bytes`);
    assert.ok(back.annotation < MAX_ANNOTATION, `an annotation of ${String(back.annotation)} bytes`);
  });

  test('those of sixteen members each are listed as far as there is room', () => {
    const cluster = clusterOf(Array.from({length: 16}, () => 1));
    const {status} = scaled(cluster, 120);
    const {groups = [], omittedGroups} = cluster.rsg.status;
    assert.deepEqual([groups.length, omittedGroups], [93, 27]);
    assert.ok(status < MAX_STATUS, `a status of ${String(status)} bytes`);
  });

  test('a list of a thousand names that nobody knows is reported in part', () => {
    const names = Array.from({length: 500}, (_, at) => `unknown${String(at)}`);
    const cluster = clusterOf([1], {scalingGroupTask: {sortedGroupList: [...names, ...names]}});
    cluster.reconcile();
    const {unknown = [], duplicates = []} = cluster.rsg.status.sortedGroupList ?? {};
    assert.deepEqual([unknown.length, duplicates.length], [100, 100]);
  });

  test('one that status had no room for is not taken for new when its pods are refused', () => {
    const cluster = clusterOf([1]);
    scaled(cluster, 502);
    const last = [...cluster.workloads.values()].at(-1);
    assert.ok(last !== undefined && cluster.rsg.status.omittedGroups === 2);
    const conditions = [{type: 'ReplicaFailure', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z', message: 'quota'}];
    cluster.workloads.set(last.metadata.name, {...last, status: {replicas: 0, conditions}});
    const done: string[] = [];
    cluster.reconcile(({actions}) => done.push(...actions.map((action) => action.do)));
    assert.deepEqual(done, []);
  });
});
