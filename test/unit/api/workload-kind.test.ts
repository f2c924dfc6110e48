import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {SHIPPED_KINDS} from '../../../src/api/shipped-kinds.ts';
import {readKinds} from '../../../src/api/workload-kind.ts';

const RAY = {group: 'ray.io', kind: 'RayThing', templates: [{path: 'spec.template'}]};

describe('declarations of kinds', () => {
  test('of the kinds that users of inference have are there without being asked for', () => {
    assert.deepEqual([...SHIPPED_KINDS.keys()].sort(), [
      'Deployment.apps',
      'Instance.workloads.x-k8s.io',
      'InstanceSet.workloads.x-k8s.io',
      'LeaderWorkerSet.leaderworkerset.x-k8s.io',
      'RoleBasedGroup.workloads.x-k8s.io',
      'RoleInstance.workloads.x-k8s.io',
      'RoleInstanceSet.workloads.x-k8s.io',
      'StatefulSet.apps',
    ]);
  });

  test('need no more than group, kind and template: the rest is as in a Deployment', () => {
    const read = readKinds({kinds: [RAY]});
    assert.ok('kinds' in read);
    assert.equal(read.kinds[0]?.replicas, 'spec.replicas');
    assert.equal(read.kinds[0].status.ready, 'status.readyReplicas');
  });

  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['a field that does not exist', {kinds: [{...RAY, replica: 'spec.n'}]}, /kinds\.0: .*replica/u],
    ['a path that is none', {kinds: [{...RAY, replicas: '.spec.replicas'}]}, /kinds\.0\.replicas: must be a path such as/u],
    [
      'a list where one value is needed',
      {kinds: [{...RAY, selector: 'spec.roles[*].selector'}]},
      /kinds\.0\.selector: must be a path without/u,
    ],
    ['no template at all', {kinds: [{...RAY, templates: []}]}, /kinds\.0\.templates/u],
    ['a kind in lower case', {kinds: [{...RAY, kind: 'raything'}]}, /kinds\.0\.kind: must be a kind as it is written/u],
    ['a kind that is there twice', {kinds: [RAY, RAY]}, /RayThing\.ray\.io is declared twice/u],
    ['a file of another shape', [], /the file: /u],
  ];
  for (const [name, value, expected] of rows) {
    test(`are refused with ${name}`, () => {
      const read = readKinds(value);
      assert.ok('mistakes' in read);
      assert.match(read.mistakes.join('\n'), expected);
    });
  }
});
