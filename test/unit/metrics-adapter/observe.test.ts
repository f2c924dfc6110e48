/** Whose pods are whose: by the chain of owners and the RSG's mark, never by selector; and which pods stand in front of the groups. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {createStore} from '../../../src/kube/store.ts';
import {BY_OWNER, BY_RSG, type Watches} from '../../../src/kube/watches.ts';
import {observe} from '../../../src/metrics-adapter/observe.ts';
import {anRsg, aPod} from '../../support/adapter-objects.ts';

interface Meta {
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
}

let versions = 0;

function anObject(kind: string, name: string, {labels = {}, owner}: Meta = {}, more: object = {}): KubeObject {
  versions += 1;
  const ownerReferences = owner === undefined ? [] : [{apiVersion: 'v1', kind: 'Owner', name: 'owner', uid: owner, controller: true}];
  const metadata = {name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(versions), labels, ownerReferences};
  return {apiVersion: 'v1', kind, metadata, ...more};
}

function pod(name: string, meta: Meta): KubeObject {
  const {metadata} = anObject('Pod', name, meta);
  return {...aPod({name}), metadata};
}

/** Watches that have seen these objects. */
function watchesOf(objects: readonly KubeObject[]): Watches {
  const indexers = {
    [BY_OWNER]: (object: KubeObject) => (object.metadata.ownerReferences ?? []).map(({uid}) => uid),
    [BY_RSG]: (object: KubeObject) => [object.metadata.labels?.['resourcescalinggroup.com/rsg-uid'] ?? ''],
  };
  return {
    need: (_key, {type}) => {
      const store = createStore({indexers});
      for (const object of objects) if (object.kind === type.kind) store.apply(object);
      return Promise.resolve(store);
    },
    settle: () => undefined,
    apply: () => undefined,
    remove: () => undefined,
    forget: () => undefined,
    byUid: () => undefined,
  };
}

const discovery = {
  resolve: (apiVersion: string, kind: string) =>
    Promise.resolve({group: apiVersion.split('/')[0] ?? '', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true}),
};

const ORIGINAL = [
  anObject('Deployment', 'prefill', {labels: {'resourcescalinggroup.com/claimed-by': 'rsg-uid'}}),
  anObject('ReplicaSet', 'prefill-1', {owner: 'uid-prefill'}),
  pod('prefill-1-a', {owner: 'uid-prefill-1'}),
  pod('prefill-1-b', {owner: 'uid-prefill-1'}),
  // Its labels match, but it belongs to somebody else.
  pod('stranger', {owner: 'uid-other'}),
];
const one = anRsg({groups: [{id: 'group0', phase: 'Available', members: {prefill: 2}}], ratio: '2'});

async function seen(objects: readonly KubeObject[], rsg = one): Promise<string[]> {
  const {pods} = await observe(rsg, {watches: watchesOf(objects), discovery});
  return pods.map(({group, role, pod: {metadata}}) => `${group} ${role} ${metadata.name}`);
}

describe('pods of the members', () => {
  test('are those that the workload owns through its ReplicaSets', async () => {
    assert.deepEqual(await seen(ORIGINAL), ['group0 prefill prefill-1-a', 'group0 prefill prefill-1-b']);
  });
  test('of a LeaderWorkerSet are the leaders: workers serve nobody', async () => {
    const kind = 'LeaderWorkerSet';
    const [group0 = assert.fail('a group')] = one.status.groups ?? [];
    const lws = {
      ...one,
      spec: {...one.spec, group: {...one.spec.group, targetResources: [{name: 'prefill', kind, version: 'leaderworkerset.x-k8s.io/v1'}]}},
      status: {...one.status, groups: [{...group0, members: group0.members.map((member) => ({...member, kind}))}]},
    };
    const objects = [
      anObject(kind, 'prefill', {labels: {'resourcescalinggroup.com/claimed-by': 'rsg-uid'}}),
      anObject('StatefulSet', 'leaders', {owner: 'uid-prefill'}),
      pod('prefill-0', {owner: 'uid-leaders', labels: {'leaderworkerset.sigs.k8s.io/worker-index': '0'}}),
      anObject('StatefulSet', 'workers', {owner: 'uid-prefill-0'}),
      pod('prefill-0-1', {owner: 'uid-workers', labels: {'leaderworkerset.sigs.k8s.io/worker-index': '1'}}),
    ];
    assert.deepEqual(await seen(objects, lws), ['group0 prefill prefill-0']);
  });
  test('of a workload that does not carry the mark of this RSG are left alone', async () => {
    const [, ...rest] = ORIGINAL;
    assert.deepEqual(
      await seen([anObject('Deployment', 'prefill', {labels: {'resourcescalinggroup.com/claimed-by': 'another'}}), ...rest]),
      [],
    );
  });
  test('of groups that the status has no room for are found by what their clones say of themselves', async () => {
    const clone = (group: string, uid: string): KubeObject[] => {
      const name = `prefill-${group}`;
      const labels = Object.entries({'rsg-uid': uid, group, role: 'prefill'}).map(([key, value]) => [
        `resourcescalinggroup.com/${key}`,
        value,
      ]);
      const workload = anObject('Deployment', name, {labels: Object.fromEntries(labels) as Record<string, string>});
      return [workload, anObject('ReplicaSet', `${name}-1`, {owner: `uid-${name}`}), pod(`${name}-1-a`, {owner: `uid-${name}-1`})];
    };
    const objects = [...ORIGINAL, ...clone('group501', 'rsg-uid'), ...clone('group7', 'another')];
    const full = {...one, status: {...one.status, omittedGroups: 1}};
    assert.deepEqual((await seen(objects, full)).slice(2), ['group501 prefill prefill-group501-1-a']);
    assert.deepEqual((await observe(full, {watches: watchesOf(objects), discovery})).unlisted, ['group501']);
    assert.deepEqual((await seen(objects)).slice(2), []);
  });
  test('of a workload that is gone are none', async () => {
    assert.deepEqual(await seen(ORIGINAL.slice(1)), []);
  });
});

describe('pods in front of the groups', () => {
  const slice = (service: string, ...targets: readonly object[]): KubeObject =>
    anObject('EndpointSlice', `${service}-x`, {labels: {'kubernetes.io/service-name': service}}, {endpoints: targets});
  const gateways = [pod('gw-1', {labels: {app: 'gw'}}), pod('gw-2', {labels: {app: 'gw', tier: 'front'}})];
  const toPod = (name: string): object => ({addresses: ['10.0.0.1'], targetRef: {kind: 'Pod', name, namespace: 'default'}});
  const demandOf = async (demand: object, objects: readonly KubeObject[]): Promise<readonly string[] | string> => {
    const found = (await observe(anRsg({groups: [], metrics: {engine: 'vllm', demand}}), {watches: watchesOf(objects), discovery})).demand;
    if (found === undefined) return 'none';
    return 'problem' in found ? found.problem : found.pods.map(({metadata}) => metadata.name);
  };

  const ROWS: readonly [string, object, readonly KubeObject[], readonly string[] | string][] = [
    ["are the service's endpoints", {service: 'gw'}, [...gateways, slice('gw', toPod('gw-1'), toPod('gw-2'))], ['gw-1', 'gw-2']],
    [
      'are none of another service',
      {service: 'gw'},
      [...gateways, slice('other', toPod('gw-1'))],
      'service gw has no endpoints that are pods',
    ],
    [
      'are never an address that anybody could choose',
      {service: 'gw'},
      [slice('gw', {addresses: ['10.9.9.9']})],
      'service gw has no endpoints that are pods',
    ],
    ['are those with all of the labels', {podSelector: {app: 'gw', tier: 'front'}}, gateways, ['gw-2']],
    ['are not every pod', {podSelector: {}}, gateways, 'podSelector is empty'],
  ];
  for (const [what, demand, objects, expected] of ROWS) {
    test(what, async () => {
      assert.deepEqual(await demandOf({...demand, preset: 'dynamo'}, objects), expected);
    });
  }
});
