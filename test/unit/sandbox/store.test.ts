/** What code in the same process can rely on: metadata, locking, deletion, garbage collection, order of events. */
import assert from 'node:assert/strict';
import {beforeEach, describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {isApiError, type StatusReason} from '../../../src/sandbox/api-error.ts';
import {createKindRegistry} from '../../../src/sandbox/kinds/registry.ts';
import type {ChangeEvent, ObjectStore} from '../../../src/sandbox/object-store.ts';
import {CONFIG_MAP, DEPLOYMENT, NAMESPACE, POD, REPLICA_SET} from '../../../src/sandbox/resource-types.ts';
import {createMemoryStore} from '../../../src/sandbox/storage/memory-store.ts';
import {FakeClock} from '../../support/fake-clock.ts';
import {workload} from '../../support/workloads.ts';
import {asKubeObject} from '../../../src/sandbox/kinds/decode-object.ts';
import {asObject} from '../../../src/api/json.ts';

const DEFAULT = 'default';
const deployment = (name = 'web'): KubeObject => asKubeObject(DEPLOYMENT, asObject(workload({name, replicas: 2})));
const configMap = (name: string, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name, namespace: DEFAULT, ...metadata},
});
const ownedBy = (owner: KubeObject, blockOwnerDeletion = false): object => ({
  ownerReferences: [
    {apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, blockOwnerDeletion},
  ],
});
const refused = (reason: StatusReason) => (error: unknown) => isApiError(error, reason);

let store: ObjectStore;
let events: ChangeEvent[];
beforeEach(() => {
  let uid = 0;
  const clock = new FakeClock();
  store = createMemoryStore(
    {historyLimit: 100},
    {kinds: createKindRegistry(), clock, random: () => 0.5, uid: () => `uid-${String(++uid)}`},
  );
  store.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: DEFAULT}});
  events = [];
  store.onChange((event) => events.push(event));
});
const told = (): string[] => events.map(({type, object}) => `${type} ${object.kind} ${object.metadata.name}`);
const names = (): string[] => store.list(CONFIG_MAP).map(({metadata}) => metadata.name);

describe('metadata', () => {
  test('a new object has uid, version, generation and time, and its defaults', () => {
    const {metadata, ...object} = store.create(DEPLOYMENT, deployment());
    assert.equal(metadata.generation, 1);
    assert.ok(metadata.uid !== undefined && metadata.resourceVersion !== undefined && metadata.creationTimestamp !== undefined);
    assert.equal(asObject(object['spec'])['progressDeadlineSeconds'], 600);
    assert.deepEqual(object['status'], {});
  });
  test('generateName draws a name', () => {
    const {metadata} = store.create(CONFIG_MAP, configMap('', {generateName: 'a-'}));
    assert.match(metadata.name, /^a-[a-z0-9]{5}$/u);
  });
  test("generation counts changes of the spec, and of a Deployment's annotations, not of labels or status", () => {
    let object = store.create(DEPLOYMENT, deployment());
    const update = (change: object, subresource?: 'status'): number | undefined => {
      object = store.update(DEPLOYMENT, {...object, ...change}, subresource === undefined ? {} : {subresource});
      return object.metadata.generation;
    };
    assert.equal(update({metadata: {...object.metadata, labels: {a: 'b'}}}), 1);
    assert.equal(update({status: {replicas: 2}}, 'status'), 1);
    assert.equal(update({metadata: {...object.metadata, annotations: {a: 'b'}}}), 2);
    assert.equal(update({spec: {...asObject(object['spec']), replicas: 3}}), 3);
  });
  test('an update that changes nothing keeps the version and tells nobody', () => {
    const object = store.create(CONFIG_MAP, configMap('a'));
    events.length = 0;
    assert.equal(store.update(CONFIG_MAP, object).metadata.resourceVersion, object.metadata.resourceVersion);
    assert.deepEqual(told(), []);
  });
  test('objects cannot be changed in place', () => {
    const object = store.create(CONFIG_MAP, configMap('a'));
    assert.throws(() => Object.assign(object.metadata, {name: 'b'}), TypeError);
  });
});

describe('refusals', () => {
  test('an old version is a conflict, none at all always wins', () => {
    const first = store.create(CONFIG_MAP, configMap('a'));
    store.update(CONFIG_MAP, {...first, data: {a: '1'}});
    assert.throws(() => store.update(CONFIG_MAP, {...first, data: {a: '2'}}), refused('Conflict'));
    assert.deepEqual(store.update(CONFIG_MAP, {...configMap('a'), data: {a: '3'}})['data'], {a: '3'});
  });
  test('what is there already, is not there, is invalid, or has no namespace', () => {
    store.create(CONFIG_MAP, configMap('a'));
    assert.throws(() => store.create(CONFIG_MAP, configMap('a')), refused('AlreadyExists'));
    assert.throws(() => store.update(CONFIG_MAP, configMap('b')), refused('NotFound'));
    assert.throws(() => store.create(CONFIG_MAP, configMap('A_b')), refused('Invalid'));
    assert.throws(() => store.create(CONFIG_MAP, configMap('a', {namespace: 'nowhere'})), refused('NotFound'));
  });
  test('a dry run refuses the same and writes nothing', () => {
    store.create(CONFIG_MAP, configMap('a'), {dryRun: true});
    assert.throws(() => store.create(CONFIG_MAP, configMap('A_b'), {dryRun: true}), refused('Invalid'));
    assert.deepEqual(names(), []);
  });
  test('the uid in a delete is a precondition', () => {
    store.create(CONFIG_MAP, configMap('a'));
    assert.throws(() => store.delete(CONFIG_MAP, {namespace: DEFAULT, name: 'a'}, {uid: 'other'}), refused('Conflict'));
  });
});

describe('deletion', () => {
  const remove = (name: string, propagation?: 'Foreground' | 'Background' | 'Orphan'): unknown =>
    store.delete(CONFIG_MAP, {namespace: DEFAULT, name}, propagation === undefined ? {} : {propagation});

  test('an object with finalizers is marked, and goes with the last of them', () => {
    const marked = store.create(CONFIG_MAP, configMap('a', {finalizers: ['x/y']}));
    remove('a');
    const waiting = store.get(CONFIG_MAP, DEFAULT, 'a');
    assert.ok(waiting?.metadata.deletionTimestamp !== undefined);
    store.update(CONFIG_MAP, {...waiting, metadata: {...waiting.metadata, finalizers: []}});
    assert.deepEqual(names(), []);
    assert.equal(events.at(-1)?.object.metadata.uid, marked.metadata.uid);
  });
  test('in the background the owner goes first, then what it owned, all the way down', () => {
    const a = store.create(CONFIG_MAP, configMap('a'));
    const b = store.create(CONFIG_MAP, configMap('b', ownedBy(a)));
    store.create(CONFIG_MAP, configMap('c', ownedBy(b)));
    events.length = 0;
    remove('a');
    assert.deepEqual(told(), ['DELETED ConfigMap a', 'DELETED ConfigMap b', 'DELETED ConfigMap c']);
  });
  test('in the foreground the owner waits for those that block it', () => {
    const a = store.create(CONFIG_MAP, configMap('a'));
    store.create(CONFIG_MAP, configMap('b', {...ownedBy(a, true), finalizers: ['x/y']}));
    remove('a', 'Foreground');
    assert.deepEqual(store.get(CONFIG_MAP, DEFAULT, 'a')?.metadata.finalizers, ['foregroundDeletion']);
    const b = store.get(CONFIG_MAP, DEFAULT, 'b');
    assert.ok(b?.metadata.deletionTimestamp !== undefined);
    store.update(CONFIG_MAP, {...b, metadata: {...b.metadata, finalizers: []}});
    assert.deepEqual(names(), []);
  });
  test('orphaning leaves dependents without their owner', () => {
    const a = store.create(CONFIG_MAP, configMap('a'));
    store.create(CONFIG_MAP, configMap('b', ownedBy(a)));
    remove('a', 'Orphan');
    assert.deepEqual(names(), ['b']);
    assert.equal(store.get(CONFIG_MAP, DEFAULT, 'b')?.metadata.ownerReferences, undefined);
  });
  test('one of two owners takes only its reference along', () => {
    const [a, b] = [store.create(CONFIG_MAP, configMap('a')), store.create(CONFIG_MAP, configMap('b'))];
    const both = [a, b].map(({apiVersion, kind, metadata}) => ({apiVersion, kind, name: metadata.name, uid: metadata.uid}));
    store.create(CONFIG_MAP, configMap('c', {ownerReferences: both}));
    remove('a');
    assert.deepEqual(
      store.get(CONFIG_MAP, DEFAULT, 'c')?.metadata.ownerReferences?.map(({name}) => name),
      ['b'],
    );
  });
  test('what names an owner that is gone does not stay', () => {
    const a = store.create(CONFIG_MAP, configMap('a'));
    remove('a');
    store.create(CONFIG_MAP, configMap('b', ownedBy(a)));
    assert.deepEqual(names(), []);
  });
  test('what names an owner of a kind that is not served stays', () => {
    store.create(CONFIG_MAP, configMap('b', {ownerReferences: [{apiVersion: 'x.y/v1', kind: 'Z', name: 'z', uid: 'z'}]}));
    assert.deepEqual(names(), ['b']);
  });
  test('a running pod waits for its kubelet, one that runs nowhere does not', () => {
    const pod = (name: string, nodeName?: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name, namespace: DEFAULT},
      spec: {containers: [{name: 'c', image: 'i'}], ...(nodeName === undefined ? {} : {nodeName})},
    });
    store.create(POD, pod('pending'));
    store.create(POD, pod('running', 'node-0'));
    for (const name of ['pending', 'running']) store.delete(POD, {namespace: DEFAULT, name});
    assert.deepEqual(
      store.list(POD).map(({metadata}) => metadata.name),
      ['running'],
    );
    store.delete(POD, {namespace: DEFAULT, name: 'running'}, {gracePeriodSeconds: 0});
    assert.deepEqual(store.list(POD), []);
  });
  test('a namespace is emptied, takes nothing new meanwhile, and then goes', () => {
    store.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'n'}});
    store.create(CONFIG_MAP, configMap('held', {namespace: 'n', finalizers: ['x/y']}));
    store.create(CONFIG_MAP, configMap('free', {namespace: 'n'}));
    store.delete(NAMESPACE, {name: 'n'});
    assert.deepEqual(asObject(store.get(NAMESPACE, undefined, 'n')?.['status']), {phase: 'Terminating'});
    assert.deepEqual(names(), ['held']);
    assert.throws(() => store.create(CONFIG_MAP, configMap('new', {namespace: 'n'})), refused('Forbidden'));
    const held = store.get(CONFIG_MAP, 'n', 'held');
    assert.ok(held !== undefined);
    store.update(CONFIG_MAP, {...held, metadata: {...held.metadata, finalizers: []}});
    assert.equal(store.get(NAMESPACE, undefined, 'n'), undefined);
  });
});

describe('events', () => {
  test('a write made by a listener is told after the one that caused it, to all listeners', () => {
    const seen: string[] = [];
    store.onChange(({type, object}) => {
      seen.push(`${type} ${object.metadata.name}`);
      if (object.metadata.name === 'a' && type === 'ADDED') store.create(CONFIG_MAP, configMap('b'));
    });
    store.create(CONFIG_MAP, configMap('a'));
    assert.deepEqual(seen, ['ADDED a', 'ADDED b']);
    assert.deepEqual(told(), ['ADDED ConfigMap a', 'ADDED ConfigMap b']);
  });
});

test('a scale writes replicas and nothing else', () => {
  store.create(DEPLOYMENT, deployment());
  const scale = {apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: {name: 'web', namespace: DEFAULT}, spec: {replicas: 5}};
  const scaled = store.update(DEPLOYMENT, scale, {subresource: 'scale'});
  assert.equal(asObject(scaled['spec'])['replicas'], 5);
  assert.equal(scaled.metadata.generation, 2);
});

test('every kind that is served is listed', () => {
  const plurals = store.resources().map(({plural}) => plural);
  for (const {plural} of [CONFIG_MAP, DEPLOYMENT, REPLICA_SET, POD]) assert.ok(plurals.includes(plural));
});
