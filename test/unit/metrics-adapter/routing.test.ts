import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {LABELS} from '../../../src/api/labels.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import {BY_TARGET, targetIndexer} from '../../../src/kube/routing.ts';
import {createStore} from '../../../src/kube/store.ts';
import {BY_DEMAND, concerned, demandIndexer} from '../../../src/metrics-adapter/routing.ts';

interface Shape {
  readonly name: string;
  readonly kind?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
}

function an({name, kind = 'Pod', labels = {}, owner}: Shape, more: object = {}): KubeObject {
  const ownerReferences = owner === undefined ? [] : [{apiVersion: 'v1', kind: 'Any', name: owner, uid: `uid-${owner}`, controller: true}];
  const metadata = {name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '1', labels, ownerReferences};
  return {apiVersion: 'v1', kind, metadata, ...more};
}

function rsg(name: string, target: string, demand?: object): KubeObject {
  const spec = {group: {targetResources: [{name: target}]}, metrics: {engine: 'vllm', ...(demand === undefined ? {} : {demand})}};
  return an({name, kind: 'ResourceScalingGroup'}, {spec});
}

const rsgs = createStore({indexers: {[BY_TARGET]: targetIndexer, [BY_DEMAND]: demandIndexer}});
for (const one of [
  rsg('llama', 'prefill'),
  rsg('qwen', 'router'),
  rsg('selects', 'a', {podSelector: {app: 'gateway'}}),
  rsg('serves', 'b', {service: 'front'}),
]) {
  rsgs.apply(one);
}
const known = [an({name: 'prefill', kind: 'Deployment'}), an({name: 'set', kind: 'ReplicaSet', owner: 'prefill'})];
const watches = {byUid: (_namespace: string, uid: string) => known.find(({metadata}) => metadata.uid === uid)};

function heard(now: KubeObject | undefined, before = now): readonly string[] {
  const {kind} = now ?? before ?? assert.fail('one of them');
  const type = {group: '', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true};
  const users = new Set(['ns/llama', 'ns/qwen', 'ns/selects', 'ns/serves']);
  return [...concerned({type, namespace: 'ns', now, before, users}, {rsgs, watches})].sort();
}

describe('the adapter looks again at', () => {
  const slice = (service: string): KubeObject =>
    an({name: 'front-x1', kind: 'EndpointSlice', labels: {'kubernetes.io/service-name': service}});
  const rows: readonly (readonly [what: string, heard: readonly string[], expected: readonly string[]])[] = [
    ['whose pod it is, above its ReplicaSet, and no other RSG of the namespace', heard(an({name: 'p', owner: 'set'})), ['ns/llama']],
    ['the same when it is gone', heard(undefined, an({name: 'p', owner: 'set'})), ['ns/llama']],
    ["whose clone's pod it is, by its label", heard(an({name: 'p', labels: {[LABELS.rsgUid]: 'uid-qwen'}})), ['ns/qwen']],
    ['whose ReplicaSet it is', heard(an({name: 'set', kind: 'ReplicaSet', owner: 'prefill'})), ['ns/llama']],
    [
      'whom it represents, and whom it did before',
      heard(
        an({name: 'p', owner: 'set', labels: {[LABELS.representative]: 'qwen'}}),
        an({name: 'p', owner: 'set', labels: {[LABELS.representative]: 'selects'}}),
      ),
      ['ns/llama', 'ns/qwen', 'ns/selects'],
    ],
    [
      'whose demand selects it, and who may have it behind a Service',
      heard(an({name: 'g', labels: {app: 'gateway'}})),
      ['ns/selects', 'ns/serves'],
    ],
    ['whose demand selected it', heard(an({name: 'g'}), an({name: 'g', labels: {app: 'gateway'}})), ['ns/selects', 'ns/serves']],
    ['a pod of nobody: who may have it behind a Service', heard(an({name: 'stranger'})), ['ns/serves']],
    ['whose Service a slice is of', heard(slice('front')), ['ns/serves']],
    ["a slice of somebody's Service: nobody", heard(slice('other')), []],
    ["somebody's workload: nobody", heard(an({name: 'other', kind: 'Deployment'})), []],
  ];
  for (const [what, answer, expected] of rows) {
    test(what, () => {
      assert.deepEqual(answer, expected);
    });
  }
});
