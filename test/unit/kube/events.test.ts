import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {KubeError, type KubeErrorCode} from '../../../src/kube/errors.ts';
import {createEventRecorder, type EventNotice} from '../../../src/kube/events.ts';
import {FakeClock} from '../../support/fake-clock.ts';
import {silentLog} from '../../support/silent-log.ts';

const rsg: KubeObject = {
  apiVersion: 'resourcescalinggroup.com/v1',
  kind: 'ResourceScalingGroup',
  metadata: {name: 'llama', namespace: 'ns', uid: 'u1', resourceVersion: '7'},
};
const notice = (message: string): EventNotice => ({type: 'Normal', reason: 'ScalingOut', message});

function setup() {
  const clock = new FakeClock();
  const stored = new Map<string, {count: number; message: string; namespace: string | undefined}>();
  const calls: string[] = [];
  let failing: KubeErrorCode | undefined;
  const answer = (call: string): void => {
    calls.push(call);
    if (failing !== undefined) throw new KubeError('no', {code: failing, status: 0});
  };
  const client: Pick<KubeClient, 'create' | 'patch'> = {
    create: (_type, object, more) => {
      answer(`create ${more?.priority ?? ''}`);
      stored.set(object.metadata.name, {
        count: Number(object['count']),
        message: String(object['message']),
        namespace: object.metadata.namespace,
      });
      return Promise.resolve(object);
    },
    patch: (ref, patch, more) => {
      answer(`patch ${more?.priority ?? ''}`);
      const event = stored.get(ref.name);
      if (event === undefined) throw new KubeError('gone', {code: 'NotFound', status: 404});
      Object.assign(event, patch);
      return Promise.resolve(rsg);
    },
  };
  const recorder = createEventRecorder({component: 'rsg', instance: 'pod-1'}, {client: client as KubeClient, clock, log: silentLog});
  const fail = (code: KubeErrorCode | undefined): void => {
    failing = code;
  };
  return {clock, stored, calls, recorder, fail, counts: () => [...stored.values()].map(({count}) => count)};
}

describe('events', () => {
  test('of the same notice are one Event whose count grows, at most once a minute', async () => {
    const {clock, calls, recorder, counts} = setup();
    for (let at = 0; at < 5; at += 1) await recorder.event(rsg, notice('adding group1'));
    assert.deepEqual([counts(), calls], [[1], ['create background']]);
    await clock.advance(60_000);
    await recorder.event(rsg, notice('adding group1'));
    assert.deepEqual([counts(), calls.length], [[2], 2]);
  });

  test('of different notices, or about different objects, are their own', async () => {
    const {recorder, counts} = setup();
    await recorder.event(rsg, notice('adding group1'));
    await recorder.event(rsg, notice('adding group2'));
    await recorder.event({...rsg, metadata: {...rsg.metadata, uid: 'u2'}}, notice('adding group1'));
    assert.deepEqual(counts(), [1, 1, 1]);
  });

  test('that have expired are made anew by the next notice', async () => {
    const {clock, stored, recorder, counts} = setup();
    await recorder.event(rsg, notice('adding group1'));
    stored.clear();
    await clock.advance(3_600_000);
    await recorder.event(rsg, notice('adding group1'));
    assert.deepEqual(counts(), [1]);
    await clock.advance(60_000);
    await recorder.event(rsg, notice('adding group1'));
    assert.deepEqual(counts(), [2]);
  });

  for (const code of ['TooManyRequests', 'Unreachable', 'Forbidden'] as const) {
    test(`that cannot be written (${code}) trouble nobody, and the next notice is written`, async () => {
      const {recorder, counts, fail} = setup();
      fail(code);
      await recorder.event(rsg, notice('adding group1'));
      fail(undefined);
      await recorder.event(rsg, notice('adding group1'));
      assert.deepEqual(counts(), [1]);
    });
  }

  test('have messages of a kilobyte at most, and a namespace also where their object has none', async () => {
    const {stored, recorder} = setup();
    await recorder.event({...rsg, metadata: {name: 'cluster-wide', uid: 'u3'}}, notice('x'.repeat(5000)));
    const [event] = stored.values();
    assert.deepEqual([event?.message.length, event?.namespace], [1024, 'default']);
  });

  test('are remembered a thousand at most', async () => {
    const {calls, recorder} = setup();
    for (let at = 0; at < 1025; at += 1) await recorder.event(rsg, notice(String(at)));
    await recorder.event(rsg, notice('1024'));
    assert.equal(calls.length, 1025);
    await recorder.event(rsg, notice('0'));
    assert.equal(calls.length, 1026, 'the oldest is forgotten');
  });
});
