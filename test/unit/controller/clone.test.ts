import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import type {KubeObject} from '../../../src/api/objects.ts';
import {makeClone, sourceHash} from '../../../src/controller/clone.ts';
import {cloneName} from '../../../src/controller/clone-name.ts';
import {asObject} from '../../../src/api/json.ts';
import {STATEFUL_SET} from '../../support/kinds.ts';
import {ModelCluster} from '../../support/model-cluster.ts';

const {rsg} = new ModelCluster({ratio: [1]});

function original(metadata: object = {}, spec: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {name: 'decode', namespace: 'default', uid: 'u', resourceVersion: '7', generation: 3, finalizers: ['x/y'], ...metadata},
    spec: {
      replicas: 4,
      selector: {matchLabels: {app: 'decode'}},
      template: {metadata: {labels: {app: 'decode', tier: 'gpu'}}, spec: {a: 1}},
      ...spec,
    },
    status: {readyReplicas: 4},
  };
}
const clone = (object: KubeObject, replicas = 4): KubeObject =>
  makeClone(rsg, {role: 'decode', type: STATEFUL_SET, siblings: [], object}, {group: 'group1', replicas, hash: 'h'});
const VOLUMES = {volumeClaimTemplates: [{metadata: {name: 'cache'}}]};
const OURS = {
  'resourcescalinggroup.com/name': 'rsg',
  'resourcescalinggroup.com/group': 'group1',
  'resourcescalinggroup.com/role': 'decode',
  'resourcescalinggroup.com/rsg-uid': 'rsg-uid',
};

describe('a clone', () => {
  test('selects by our labels only, and keeps every label of the template beside them', () => {
    const spec = asObject(clone(original())['spec']);
    assert.deepEqual(spec['selector'], {matchLabels: OURS});
    assert.deepEqual(spec['template'], {metadata: {labels: {app: 'decode', tier: 'gpu', ...OURS}}, spec: {a: 1}});
  });

  test('has nothing that the API server assigned, and the RSG as its owner', () => {
    const {metadata, status} = {status: undefined, ...clone(original())};
    assert.equal(status, undefined);
    assert.deepEqual(Object.keys(metadata).sort(), ['annotations', 'labels', 'name', 'namespace', 'ownerReferences']);
    assert.deepEqual(
      metadata.ownerReferences?.map(({uid, controller}) => ({uid, controller})),
      [{uid: 'rsg-uid', controller: true}],
    );
  });

  for (const key of [
    'app.kubernetes.io/managed-by',
    'app.kubernetes.io/instance',
    'argocd.argoproj.io/instance',
    'helm.sh/chart',
    'kustomize.toolkit.fluxcd.io/name',
    'scaledobject.keda.sh/name',
    'resourcescalinggroup.com/claimed-by',
  ]) {
    test(`does not carry the tracking label ${key}, by which a GitOps tool would prune it`, () => {
      const labels = clone(original({labels: {[key]: 'x', team: 'llm'}})).metadata.labels ?? {};
      assert.equal(labels[key], undefined);
      assert.equal(labels['team'], 'llm');
    });
  }

  for (const key of [
    'deployment.kubernetes.io/revision',
    'kubectl.kubernetes.io/last-applied-configuration',
    'meta.helm.sh/release-name',
    'argocd.argoproj.io/tracking-id',
    'resourcescalinggroup.com/parked-replicas',
  ]) {
    test(`does not carry the annotation ${key}`, () => {
      const annotations = clone(original({annotations: {[key]: 'x', note: 'kept'}})).metadata.annotations ?? {};
      assert.equal(annotations[key], undefined);
      assert.equal(annotations['note'], 'kept');
    });
  }

  test('takes its volumes with it, unless keepVolumes is set', () => {
    assert.deepEqual(asObject(clone(original({}, VOLUMES))['spec'])['persistentVolumeClaimRetentionPolicy'], {whenDeleted: 'Delete'});
    const keeping = {...rsg, spec: {...rsg.spec, scaleIn: {...rsg.spec.scaleIn, keepVolumes: true}}};
    const kept = makeClone(
      keeping,
      {role: 'decode', type: STATEFUL_SET, siblings: [], object: original({}, VOLUMES)},
      {group: 'group1', replicas: 4, hash: 'h'},
    );
    assert.equal(asObject(kept['spec'])['persistentVolumeClaimRetentionPolicy'], undefined);
  });

  test('has the count it is given: a parked source has 0 in its spec', () => {
    assert.equal(asObject(clone(original({}, {replicas: 0}), 4)['spec'])['replicas'], 4);
  });
});

test('a clone name fits 52 characters and is its own', () => {
  const name = fc.stringMatching(/^[a-z][-a-z0-9]{0,80}[a-z0-9]$/u);
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.ok(cloneName(a, 'group12', 52).length <= 52);
      assert.match(cloneName(a, 'group12', 52), /^[a-z][-a-z0-9]*[a-z0-9]$/u);
      assert.equal(cloneName(a, 'group12', 52) === cloneName(b, 'group12', 52), a === b);
    }),
  );
});

test('the source hash ignores the order of keys, status and tracking labels, and sees everything else', () => {
  const hash = (object: KubeObject): string => sourceHash(rsg, {role: 'decode', type: STATEFUL_SET, siblings: [], object}, 4);
  const base = original({labels: {a: '1', b: '2'}});
  assert.equal(hash(base), hash(original({labels: {b: '2', a: '1'}, resourceVersion: '9', generation: 9})));
  assert.equal(hash(base), hash(original({labels: {a: '1', b: '2', 'helm.sh/chart': 'x'}})));
  assert.notEqual(hash(base), hash(original({labels: {a: '1', b: '3'}})));
  assert.notEqual(hash(base), hash(original({labels: {a: '1', b: '2'}}, {serviceName: 'x'})));
  assert.notEqual(hash(base), sourceHash(rsg, {role: 'decode', type: STATEFUL_SET, siblings: [], object: base}, 5));
});
