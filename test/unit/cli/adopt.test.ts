/** What `adopt` finds out about running workloads before it binds them. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {adoptChecks} from '../../../src/cli/adopt-checks.ts';
import {manifestOf, readTargets} from '../../../src/cli/adopt-targets.ts';
import {UsageError} from '../../../src/cli/exit.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import type {Target} from '../../../src/controller/model.ts';
import {STATEFUL_SET} from '../../support/kinds.ts';
import {DEPLOYMENT} from '../../support/model-cluster.ts';

const object = (name: string, more: {metadata?: object; spec?: object; kind?: string} = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: more.kind ?? 'Deployment',
  metadata: {name, namespace: 'default', ...more.metadata},
  spec: {replicas: 2, ...more.spec},
});
const target = (role: string, one: KubeObject): Target => ({
  role,
  namespace: 'default',
  name: one.metadata.name,
  kind: one.kind,
  type: one.kind === 'StatefulSet' ? STATEFUL_SET : DEPLOYMENT,
  object: one,
});

describe('checks', () => {
  const argo = {annotations: {'argocd.argoproj.io/tracking-id': 'x'}};
  const ROWS: readonly [string, KubeObject, string, RegExp][] = [
    ['Argo CD manages it', object('prefill', {metadata: argo}), 'warning', /Argo CD manages Deployment\/prefill/u],
    ['Flux manages it', object('prefill', {metadata: {labels: {'kustomize.toolkit.fluxcd.io/name': 'x'}}}), 'warning', /Flux manages/u],
    ['Helm manages it', object('prefill', {metadata: {labels: {'app.kubernetes.io/managed-by': 'Helm'}}}), 'note', /Helm manages/u],
    ['it has no replicas', object('prefill', {spec: {replicas: 0}}), 'warning', /has 0 replicas/u],
    [
      'it mounts a claim',
      object('prefill', {spec: {template: {spec: {volumes: [{persistentVolumeClaim: {claimName: 'models'}}]}}}}),
      'warning',
      /mounts the claim models/u,
    ],
    [
      'it has volumes of its own',
      object('prefill', {kind: 'StatefulSet', spec: {volumeClaimTemplates: [{}]}}),
      'note',
      /volumes of its own/u,
    ],
    [
      'parking would destroy its volumes',
      object('prefill', {kind: 'StatefulSet', spec: {persistentVolumeClaimRetentionPolicy: {whenScaled: 'Delete'}}}),
      'warning',
      /never parked/u,
    ],
  ];
  for (const [what, one, level, message] of ROWS) {
    test(`say that ${what}`, () => {
      const checks = adoptChecks([target('prefill', one)], []);
      assert.ok(
        checks.some((check) => check.level === level && message.test(check.message)),
        JSON.stringify(checks),
      );
    });
  }
  test('say which autoscaler is on a member, and not which is on something else', () => {
    const hpa = {kind: 'HorizontalPodAutoscaler', namespace: 'default', name: 'hpa', targetKind: 'Deployment', targetName: 'prefill'};
    const checks = adoptChecks([target('prefill', object('prefill'))], [hpa, {...hpa, name: 'other', targetName: 'web'}]);
    assert.deepEqual(
      checks.filter(({level}) => level === 'warning').map(({message}) => message.split(':')[0]),
      ['HorizontalPodAutoscaler hpa scales Deployment/prefill'],
    );
  });
  test('say when roles cannot be told apart', () => {
    const checks = adoptChecks([target('other', object('a')), target('other-2', object('b'))], []);
    assert.equal(checks.at(-1)?.level, 'note');
    assert.equal(adoptChecks([target('other', object('a')), target('other', object('b'))], []).at(-1)?.level, 'warning');
  });
});

test('workloads are named as kubectl names them, any kind in full', () => {
  const read = readTargets(['deploy/prefill', 'StatefulSet/decode', 'lws/w', 'rolebasedgroup.v1alpha1.workloads.x-k8s.io/g']);
  assert.deepEqual(
    read.map(({kind, version}) => `${kind} ${version}`),
    [
      'Deployment apps/v1',
      'StatefulSet apps/v1',
      'LeaderWorkerSet leaderworkerset.x-k8s.io/v1',
      'rolebasedgroup workloads.x-k8s.io/v1alpha1',
    ],
  );
  assert.throws(
    () => readTargets(['prefill', 'rocket/x', 'a/b/c']),
    (error) => error instanceof UsageError && error.mistakes.length === 3,
  );
});

test('the manifest holds what is not a default', () => {
  const manifest = manifestOf(readTargets(['deployment/prefill']), {name: 'llama', namespace: 'ml', engine: 'vllm'});
  assert.deepEqual(manifest['spec'], {
    replicas: 1,
    group: {targetResources: [{name: 'prefill', kind: 'deployment', version: 'apps/v1'}]},
    metrics: {engine: 'vllm'},
  });
});
