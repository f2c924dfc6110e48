import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {KubeError, type KubeErrorCode} from '../../../src/kube/errors.ts';
import {startReflector} from '../../../src/kube/reflector.ts';
import {createStore} from '../../../src/kube/store.ts';
import type {WatchEvent} from '../../../src/kube/watch-stream.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';
import {silentLog} from '../../support/silent-log.ts';

const POD: ResourceType = {group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true};
const pod = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: String(version)},
});
const fault = (code: KubeErrorCode, more: {status?: number; retryAfterMs?: number} = {}): KubeError =>
  new KubeError(code, {code, status: 0, ...more});

/** A server played by the test: it says what each list answers, and feeds each watch. */
class Server {
  /** `list` and `watch FROM`, in their order. */
  readonly asked: string[] = [];
  lists: (() => Promise<readonly [readonly KubeObject[], number]>)[] = [];
  watches: ((signal: AbortSignal) => AsyncGenerator<WatchEvent>)[] = [];
  feed: (event: WatchEvent | KubeError | 'end') => void = () => undefined;

  get client(): Pick<KubeClient, 'list' | 'watch'> {
    return {
      list: async () => {
        this.asked.push('list');
        const [items, version] = await (this.lists.shift() ?? (() => Promise.resolve([[], 1] as const)))();
        return {items, resourceVersion: String(version)};
      },
      watch: (_query, {resourceVersion}, signal) => {
        this.asked.push(`watch ${resourceVersion}`);
        return (this.watches.shift() ?? ((until) => this.#fed(until)))(signal);
      },
    };
  }

  async *#fed(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const queue: (WatchEvent | KubeError | 'end')[] = [];
    let wake: () => void = () => undefined;
    this.feed = (event) => {
      queue.push(event);
      wake();
    };
    signal.addEventListener('abort', () => {
      this.feed(fault('Unreachable'));
    });
    for (;;) {
      const next = queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (next === 'end') return;
      else if (next instanceof KubeError) throw next;
      else yield next;
    }
  }
}

function start(server: Server) {
  const clock = new FakeClock();
  const store = createStore();
  const end = new AbortController();
  const client = server.client as KubeClient;
  const reflector = startReflector({query: {type: POD}, store}, {client, clock, log: silentLog, random: () => 1}, end.signal);
  const names = (): string[] =>
    store
      .list()
      .map(({metadata}) => `${metadata.name}@${metadata.resourceVersion ?? ''}`)
      .sort();
  const stop = async (): Promise<void> => {
    end.abort();
    await reflector.done;
  };
  return {clock, store, reflector, names, stop};
}

describe('a reflector', () => {
  test('keeps nobody waiting when the process was told to end before it began', async () => {
    const server = new Server();
    const deps = {client: server.client as KubeClient, clock: new FakeClock(), log: silentLog, random: () => 1};
    const reflector = startReflector({query: {type: POD}, store: createStore()}, deps, AbortSignal.abort());
    await Promise.all([reflector.synced, reflector.done]);
    assert.deepEqual(server.asked, []);
  });

  test('lists, then watches from there; bookmarks move the version on', async () => {
    const server = new Server();
    server.lists.push(() => Promise.resolve([[pod('a', 3)], 5]));
    const {names, reflector, stop} = start(server);
    await reflector.synced;
    await settle();
    server.feed({type: 'ADDED', object: pod('b', 6)});
    server.feed({type: 'DELETED', object: pod('a', 7)});
    server.feed({type: 'BOOKMARK', object: pod('', 90)});
    server.feed('end');
    await settle();
    assert.deepEqual(names(), ['b@6']);
    await stop();
    assert.deepEqual(server.asked.slice(0, 2), ['list', 'watch 5']);
  });

  test('goes on from the last version after a reset, later each time', async () => {
    const server = new Server();
    server.lists.push(() => Promise.resolve([[], 5]));
    const {clock, stop} = start(server);
    await settle();
    server.feed({type: 'ADDED', object: pod('b', 6)});
    await settle();
    server.feed(fault('Unreachable'));
    await settle();
    await clock.advance(249);
    assert.deepEqual(server.asked, ['list', 'watch 5']);
    for (const ms of [1, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await clock.advance(ms - 1);
      const before = server.asked.length;
      await clock.advance(1);
      assert.equal(server.asked.length, before + 1, `after ${String(ms)} ms`);
      assert.equal(server.asked.at(-1), 'watch 6');
      server.feed(fault('Unreachable'));
      await settle();
    }
    await stop();
  });

  test('starts over with a short wait once a watch has brought something', async () => {
    const server = new Server();
    const {clock, stop} = start(server);
    await settle();
    for (let round = 0; round < 4; round += 1) {
      server.feed(fault('Unreachable'));
      await settle();
      await clock.advance(4000);
    }
    server.feed({type: 'ADDED', object: pod('b', 6)});
    await settle();
    server.feed(fault('Unreachable'));
    await settle();
    const before = server.asked.length;
    await clock.advance(250);
    assert.equal(server.asked.length, before + 1);
    await stop();
  });

  test('lists again when its version is too old, in the stream or at its start', async () => {
    const server = new Server();
    server.lists.push(
      () => Promise.resolve([[pod('a', 3), pod('b', 4)], 5]),
      () => Promise.resolve([[pod('b', 4), pod('c', 8)], 9]),
    );
    const {clock, names, stop} = start(server);
    await settle();
    server.feed(fault('Gone', {status: 410}));
    await settle();
    await clock.advance(250);
    assert.deepEqual(server.asked, ['list', 'watch 5', 'list', 'watch 9']);
    assert.deepEqual(names(), ['b@4', 'c@8']);
    await stop();
  });

  test('lists again until one succeeds, and says meanwhile what is wrong', async () => {
    const server = new Server();
    const gone = (): Promise<never> => Promise.reject(fault('Gone', {status: 410}));
    server.lists.push(
      () => Promise.reject(fault('Forbidden', {status: 403})),
      gone,
      gone,
      () => Promise.resolve([[pod('a', 3)], 5]),
    );
    const {clock, reflector, names, stop} = start(server);
    await settle();
    assert.equal(reflector.hasSynced(), false);
    assert.equal(reflector.lastError(), 'pods: Forbidden');
    await clock.advance(250 + 500 + 1000);
    await reflector.synced;
    assert.deepEqual([reflector.hasSynced(), reflector.lastError(), names()], [true, undefined, ['a@3']]);
    await stop();
  });

  test('does not come back before a busy server asked it to', async () => {
    const server = new Server();
    server.lists.push(() => Promise.reject(fault('TooManyRequests', {status: 429, retryAfterMs: 10_000})));
    const {clock, stop} = start(server);
    await settle();
    await clock.advance(11_999);
    assert.deepEqual(server.asked, ['list']);
    await clock.advance(1);
    assert.deepEqual(server.asked.slice(0, 2), ['list', 'list']);
    await stop();
  });

  test('notices a watch that stalls, and starts it again where it was', async () => {
    const server = new Server();
    server.lists.push(() => Promise.resolve([[], 5]));
    const {clock, stop} = start(server);
    await settle();
    await clock.advance(100_000);
    server.feed({type: 'BOOKMARK', object: pod('', 8)});
    await settle();
    await clock.advance(149_999);
    assert.deepEqual(server.asked, ['list', 'watch 5']);
    await clock.advance(1);
    assert.deepEqual(server.asked, ['list', 'watch 5', 'watch 8']);
    await stop();
  });

  test('waits longer and longer for watches that end at once', async () => {
    const server = new Server();
    const {clock, stop} = start(server);
    for (let at = 0; at < 100; at += 1) {
      server.watches.push(async function* () {
        // Ends without an event.
      });
    }
    await settle();
    await clock.advance(10_000);
    assert.ok(server.asked.length < 10, String(server.asked.length));
    await stop();
  });

  test('reads the list again when the server keeps refusing its version', async () => {
    const server = new Server();
    server.lists.push(
      () => Promise.resolve([[pod('a', 3), pod('b', 900)], 950]),
      () => Promise.resolve([[pod('a', 2), pod('c', 3)], 40]),
    );
    const {clock, names, stop} = start(server);
    await settle();
    for (let round = 0; round < 5; round += 1) {
      server.feed(fault('ServerError', {status: 504}));
      await settle();
      await clock.advance(30_000);
    }
    assert.equal(server.asked.filter((what) => what === 'list').length, 2);
    assert.deepEqual(names(), ['a@2', 'c@3'], 'an etcd that was restored has lower versions, and they count');
    await stop();
  });

  test('is the same as the server after every event came twice and old ones late', async () => {
    const server = new Server();
    server.lists.push(() => Promise.resolve([[pod('a', 3)], 5]));
    const {names, stop} = start(server);
    await settle();
    const events: WatchEvent[] = [
      {type: 'ADDED', object: pod('b', 6)},
      {type: 'MODIFIED', object: pod('b', 7)},
      {type: 'DELETED', object: pod('a', 8)},
      {type: 'MODIFIED', object: pod('b', 9)},
    ];
    for (const event of events) for (let twice = 0; twice < 2; twice += 1) server.feed(event);
    server.feed({type: 'MODIFIED', object: pod('b', 7)});
    server.feed({type: 'MODIFIED', object: pod('a', 4)});
    await settle();
    assert.deepEqual(names(), ['b@9']);
    await stop();
  });
});
