import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {LABELS} from '../../../src/api/labels.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import {concerned} from '../../../src/controller/routing.ts';
import {BY_TARGET, targetIndexer} from '../../../src/kube/routing.ts';
import {createStore} from '../../../src/kube/store.ts';
import type {WatchedChange, Watches} from '../../../src/kube/watches.ts';

const NAMESPACE = 'ns';

interface Shape {
  readonly name: string;
  readonly kind?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
  readonly [field: string]: unknown;
}

function an({name, kind = 'Deployment', labels = {}, owner, ...fields}: Shape): KubeObject {
  const ownerReferences = owner === undefined ? [] : [{apiVersion: 'v1', kind: 'Any', name: owner, uid: `uid-${owner}`, controller: true}];
  return {
    apiVersion: 'v1',
    kind,
    metadata: {name, namespace: NAMESPACE, uid: `uid-${name}`, resourceVersion: '1', labels, ownerReferences},
    ...fields,
  };
}

function rsg(name: string, ...targets: string[]): KubeObject {
  return an({name, kind: 'ResourceScalingGroup', spec: {group: {targetResources: targets.map((target) => ({name: target}))}}});
}

const rsgs = createStore({indexers: {[BY_TARGET]: targetIndexer}});
for (const one of [rsg('llama', 'prefill', 'decode'), rsg('qwen', 'router'), rsg('rival', 'prefill')]) rsgs.apply(one);

const ofQwen = {[LABELS.rsgUid]: 'uid-qwen'};
const known = [
  an({name: 'router', labels: {[LABELS.claimedBy]: 'uid-qwen'}}),
  an({name: 'router-rs', kind: 'ReplicaSet', owner: 'router'}),
  an({name: 'lws', kind: 'LeaderWorkerSet', labels: ofQwen}),
  an({name: 'leader', kind: 'Pod', owner: 'lws'}),
  an({name: 'workers', kind: 'StatefulSet', owner: 'leader'}),
  an({name: 'round', kind: 'StatefulSet', owner: 'about'}),
  an({name: 'about', kind: 'StatefulSet', owner: 'round'}),
];
const watches = {byUid: (_namespace: string, uid: string) => known.find(({metadata}) => metadata.uid === uid)} as Watches;
const EVERYONE = ['ns/llama', 'ns/qwen', 'ns/rival'];

function heard(change: Partial<Pick<WatchedChange, 'now' | 'before'>>): readonly string[] {
  const kind = (change.now ?? change.before)?.kind ?? '';
  const type = {group: '', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true};
  const whole = {type, namespace: NAMESPACE, now: undefined, before: undefined, users: new Set(EVERYONE), ...change};
  return [...concerned(whole, {rsgs, watches})].sort();
}

const changed = (shape: Shape): readonly string[] => heard({before: an(shape), now: an({...shape, changed: true})});

describe('a change is told to', () => {
  const rows: readonly (readonly [what: string, heard: readonly string[], expected: readonly string[]])[] = [
    ['whose clone it is', changed({name: 'router-group1', labels: ofQwen}), ['ns/qwen']],
    ['whose clone it is, by its selector alone', changed({name: 'x', spec: {selector: {matchLabels: ofQwen}}}), ['ns/qwen']],
    ['everyone who names the workload as a target', changed({name: 'prefill'}), ['ns/llama', 'ns/rival']],
    [
      'who claimed it, though its name is on no list any more',
      changed({name: 'old', labels: {[LABELS.claimedBy]: 'uid-llama'}}),
      ['ns/llama'],
    ],
    [
      'who claimed it before',
      heard({before: an({name: 'old', labels: {[LABELS.claimedBy]: 'uid-llama'}}), now: an({name: 'old'})}),
      ['ns/llama'],
    ],
    ['the owner of the pod above its ReplicaSet', changed({name: 'pod', kind: 'Pod', owner: 'router-rs'}), ['ns/qwen']],
    ['the owner of a pod that is gone', heard({before: an({name: 'pod', kind: 'Pod', owner: 'router-rs'})}), ['ns/qwen']],
    ['the owner of a worker, through pods', changed({name: 'worker', kind: 'Pod', owner: 'workers'}), ['ns/qwen']],
    [
      'both, where a ReplicaSet changes hands',
      heard({
        before: an({name: 'rs', kind: 'ReplicaSet', labels: {[LABELS.rsgUid]: 'uid-llama'}, owner: 'gone'}),
        now: an({name: 'rs', kind: 'ReplicaSet', owner: 'router'}),
      }),
      ['ns/llama', 'ns/qwen'],
    ],
    [
      'whose source a ControllerRevision holds',
      changed({name: 'rev', kind: 'ControllerRevision', labels: {[LABELS.sourceOf]: 'uid-qwen'}}),
      ['ns/qwen'],
    ],
    ['whose companion it is', changed({name: 'svc', kind: 'Service', labels: ofQwen}), ['ns/qwen']],
    ["everyone, where it is somebody's Service", changed({name: 'svc', kind: 'Service'}), EVERYONE],
    ['everyone, where it is an HPA, whatever its name', changed({name: 'router', kind: 'HorizontalPodAutoscaler'}), EVERYONE],
    ['everyone, where a workload comes: it may take a name', heard({now: an({name: 'decode-group3'})}), EVERYONE],
    ['everyone, where a workload goes: it may free a name', heard({before: an({name: 'decode-group3'})}), EVERYONE],
    ["nobody, where a workload changes that is nobody's", changed({name: 'web'}), []],
    ["nobody, where a pod comes that is nobody's", heard({now: an({name: 'job-1', kind: 'Pod', owner: 'job'})}), []],
    ['nobody, where owners go round in a circle', changed({name: 'pod', kind: 'Pod', owner: 'round'}), []],
  ];
  for (const [what, actual, expected] of rows) {
    test(what, () => {
      assert.deepEqual(actual, expected);
    });
  }
});
