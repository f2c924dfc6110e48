import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {createWatches, HPA, POD, SERVICE, type WatchedChange, type Watches} from '../../../src/kube/watches.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';
import {silentLog} from '../../support/silent-log.ts';

const object = (type: ResourceType, name: string, version: number, fields: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: type.kind,
  metadata: {name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: String(version)},
  ...fields,
});

/** Watches over lists of one object per kind, with what they told and which streams are open. */
function start(): {watches: Watches; told: WatchedChange[]; open: Set<string>} {
  const open = new Set<string>();
  const client = {
    list: ({type}) => Promise.resolve({items: [object(type, 'first', 1)], resourceVersion: '1'}),
    watch: async function* ({type, namespace}, _from, signal) {
      open.add(`${type.plural} ${namespace ?? ''}`);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, {once: true});
      });
      open.delete(`${type.plural} ${namespace ?? ''}`);
      yield* [];
    },
  } as Partial<KubeClient> as KubeClient;
  const told: WatchedChange[] = [];
  const deps = {client, clock: new FakeClock(), log: silentLog, random: () => 1};
  const watches = createWatches((change) => told.push(change), deps, new AbortController().signal);
  return {watches, told, open};
}

describe('watches', () => {
  test('are shared by all who need them, and end after the last', async () => {
    const {watches, open} = start();
    for (const key of ['ns/a', 'ns/b']) {
      await watches.need(key, {type: POD, namespace: 'ns'});
      watches.settle(key);
    }
    await settle();
    assert.deepEqual([...open], ['pods ns']);
    watches.settle('ns/a');
    await settle();
    assert.deepEqual([...open], ['pods ns']);
    watches.settle('ns/b');
    await settle();
    assert.deepEqual([...open], []);
  });

  test('go on through looks that need them again, and end with the first that does not', async () => {
    const {watches, open} = start();
    for (const type of [POD, SERVICE]) await watches.need('ns/a', {type, namespace: 'ns'});
    watches.settle('ns/a');
    await watches.need('ns/a', {type: POD, namespace: 'ns'});
    watches.settle('ns/a');
    await settle();
    assert.deepEqual([...open], ['pods ns']);
  });

  test('of an RSG that is gone end, also those of a look that never came to its end', async () => {
    const {watches, open} = start();
    await watches.need('ns/a', {type: POD, namespace: 'ns'});
    watches.settle('ns/a');
    await watches.need('ns/a', {type: SERVICE, namespace: 'ns'});
    watches.forget('ns/a');
    await settle();
    assert.deepEqual([...open], []);
  });

  test('tell news to those who read the kind in the namespace', async () => {
    const {watches, told} = start();
    await watches.need('ns/a', {type: POD, namespace: 'ns'});
    await watches.need('ns/b', {type: SERVICE, namespace: 'ns'});
    await watches.need('other/c', {type: POD, namespace: 'other'});
    told.length = 0;
    watches.apply(POD, object(POD, 'second', 2));
    assert.deepEqual(
      told.map(({now, namespace, users}) => [now?.metadata.name, namespace, [...users]]),
      [['second', 'ns', ['ns/a']]],
    );
  });

  test('a new status of an HPA is no news, a new target is', async () => {
    const {watches, told} = start();
    await watches.need('ns/a', {type: HPA, namespace: 'ns'});
    const spec = {scaleTargetRef: {name: 'llama'}};
    watches.apply(HPA, object(HPA, 'second', 2, {spec}));
    told.length = 0;
    watches.apply(HPA, object(HPA, 'second', 3, {spec, status: {desiredReplicas: 4}}));
    assert.equal(told.length, 0);
    watches.apply(HPA, object(HPA, 'second', 4, {spec: {scaleTargetRef: {name: 'qwen'}}}));
    assert.equal(told.length, 1);
  });

  test('find an object by its uid among all kinds of its namespace only', async () => {
    const {watches} = start();
    await watches.need('ns/a', {type: POD, namespace: 'ns'});
    await watches.need('ns/a', {type: SERVICE, namespace: 'ns'});
    watches.apply(SERVICE, object(SERVICE, 'second', 2));
    assert.equal(watches.byUid('ns', 'uid-second')?.kind, 'Service');
    assert.equal(watches.byUid('other', 'uid-second'), undefined);
  });
});
