/** What users wait for goes before synchronisation when the API server is busy: scale-in, scale-out and status. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import {act, actDeps} from '../../../src/controller/act.ts';
import type {Action, Clone} from '../../../src/controller/model.ts';
import {createRefusals} from '../../../src/controller/refusals.ts';
import {createSyncMemory} from '../../../src/controller/sync-memory.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {KubeError} from '../../../src/kube/errors.ts';
import {createFlow} from '../../../src/kube/flow.ts';
import {createStore} from '../../../src/kube/store.ts';
import type {Watches} from '../../../src/kube/watches.ts';
import {createLimit} from '../../../src/runtime/limit.ts';
import {FakeClock} from '../../support/fake-clock.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

/** Acts, and answers the priority of each write. */
async function priorities(action: Action): Promise<readonly string[]> {
  const {rsg} = new ModelCluster({ratio: [1]});
  const asked: string[] = [];
  const note = (more: {priority?: string} | undefined): void => {
    asked.push(more?.priority ?? 'normal');
  };
  const client = {
    create: (_type: unknown, object: KubeObject, more: object) => (note(more), Promise.resolve(object)),
    replace: (_ref: unknown, object: KubeObject, more: object) => (note(more), Promise.resolve(object)),
    delete: (_ref: unknown, more: object) => (note(more), Promise.resolve()),
    get: () => Promise.reject(new KubeError('gone', {code: 'NotFound', status: 404})),
  } as Partial<KubeClient> as KubeClient;
  const rsgs = createStore();
  rsgs.apply(rsg as KubeObject);
  const from = {clock: new FakeClock(), random: () => 1};
  const watches = {apply: () => undefined, remove: () => undefined} as Partial<Watches> as Watches;
  const memory = {refusals: createRefusals(from), memory: createSyncMemory(from), tried: new Set<string>()};
  const deps = actDeps({client, watches, rsgs, ...memory, oneOfFew: createLimit(8), signal: new AbortController().signal});
  await act(rsg, [action], deps);
  return asked;
}

const object = {...new ModelCluster({ratio: [1]}).workload('member0-group1', 1)};
const clone: Clone = {type: DEPLOYMENT, object, group: 'group1', role: 'role0', source: 'Deployment/default/member0'};
const change = {clone, wanted: object, fields: []};

describe('the priority of', () => {
  const rows: readonly (readonly [what: string, action: Action, expected: readonly string[]])[] = [
    ['a scale-in is normal', {do: 'delete', group: 'group1', clones: [clone]}, ['normal']],
    ['a scale-out is normal, its dry-run too', {do: 'create', groups: [{id: 'group1', members: [clone]}]}, ['normal', 'normal']],
    ['a status is normal', {do: 'reserve', status: {}}, ['normal']],
    ['a synchronisation is background', {do: 'update', clones: [change]}, ['background']],
    ['a comparison is background', {do: 'check', clones: [change]}, ['background']],
  ];
  for (const [what, action, expected] of rows) {
    test(what, async () => {
      assert.deepEqual(await priorities(action), expected);
    });
  }
});

test('a flood of synchronisation fills a quarter of the room, and a scale-in enters at once', async () => {
  const flow = createFlow(128);
  const {signal} = new AbortController();
  let synchronising = 0;
  for (let one = 0; one < 1000; one += 1) void flow.enter('background', signal).then(() => (synchronising += 1));
  const leave = await flow.enter('normal', signal);
  assert.equal(synchronising, 32);
  assert.equal(flow.waiting(), 968);
  leave();
});
