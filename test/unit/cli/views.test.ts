/** What status, plan and top show. */
import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {after, before, describe, test} from 'node:test';
import {parseRsg, type Rsg} from '../../../src/api/schema.ts';
import type {Forecast} from '../../../src/cli/forecast.ts';
import {readLoad} from '../../../src/cli/load.ts';
import {planText} from '../../../src/cli/plan-view.ts';
import {listText, statusText} from '../../../src/cli/status-view.ts';
import {topText} from '../../../src/cli/top.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import type {RoleOverview, RsgOverview} from '../../../src/metrics-adapter/query.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const plain = (text: string): string => text;

function anRsg(): Rsg {
  const since = '2026-01-01T00:30:00Z';
  const member = (name: string, readyReplicas: number): object => ({
    role: 'prefill',
    kind: 'Deployment',
    namespace: 'ml',
    name,
    replicas: 2,
    readyReplicas,
  });
  const read = parseRsg({
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name: 'llama', namespace: 'ml', uid: 'u', resourceVersion: '1', creationTimestamp: '2025-12-31T23:00:00Z'},
    spec: {replicas: 2, group: {targetResources: [{name: 'prefill', kind: 'deployment', version: 'apps/v1'}]}, metrics: {engine: 'vllm'}},
    status: {
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      ratio: {wanted: '2', observed: '2'},
      groups: [
        {id: 'group0', origin: true, phase: 'Available', since, members: [member('prefill', 2)]},
        {id: 'group1', phase: 'Creating', since, members: [member('prefill-group1', 1)]},
      ],
      plan: {summary: 'nothing to do', nextVictims: ['group1', 'group0']},
      history: [{time: since, from: 1, to: 2, added: ['group1'], reason: '2 groups are wanted'}],
      conditions: [
        {type: 'Available', status: 'False', reason: 'GroupsUnavailable', message: 'not available: group1', lastTransitionTime: since},
      ],
    },
  });
  if ('problem' in read) throw new Error(read.problem);
  return read.rsg;
}

test('status is a tree of groups and members, with what needs attention and the last scalings', () => {
  assert.equal(
    statusText(anRsg(), {load: undefined, now: NOW, paint: plain}),
    `ml/llama   2 wanted, 2 there, 1 ready, 1 available   ratio 2

GROUP        WORKLOAD                    READY   PHASE       FOR
group0       the originals                       Available   30m
└─ prefill   Deployment/prefill          2/2
group1                                           Creating    30m
└─ prefill   Deployment/prefill-group1   1/2

Plan         nothing to do
Next to go   group1, group0

✖ Not every wanted group is available (GroupsUnavailable): not available: group1.

SCALED    GROUPS   WHICH     WHY
30m ago   1 → 2    +group1   2 groups are wanted
`,
  );
});

test('several RSGs are a table that says which need attention', () => {
  assert.equal(
    listText([anRsg()], {now: NOW, paint: plain}, true),
    `NAMESPACE   NAME    DESIRED   CURRENT   READY   AVAILABLE   RATIO   NEXT-VICTIM   AGE   ATTENTION
ml          llama   2         2         1       1           2       group1        2h    Available
`,
  );
});

describe('plan', () => {
  const told: Forecast = {
    from: 3,
    to: 2,
    wanted: 1,
    created: [],
    removed: ['group2'],
    kept: [],
    steps: [],
    held: ['ScaleInHeld: because'],
    ratio: '1:2',
  };
  test('says when and why, and what is not reached', () => {
    const step = {afterMs: 300_000, do: 'remove', group: 'group2', objects: ['Deployment/prefill-group2'], reason: 'by Newest'} as const;
    assert.equal(
      planText('llama', {...told, steps: [step]}, plain),
      `llama: 3 groups of 1:2 now, 1 wanted

WHEN       WHAT     GROUP    OBJECTS                     WHY
after 5m   remove   group2   Deployment/prefill-group2   by Newest

Not reached: it ends at 2 groups.
  ScaleInHeld: because
`,
    );
  });
  test('names groups that stay after all', () => {
    const text = planText('llama', {...told, held: [], to: 3, kept: ['group2']}, plain);
    assert.match(text, /group2 stays: its drain is cancelled\.\n\nNothing would be created or removed\./u);
  });
  test('says that nothing would happen', () => {
    assert.match(planText('llama', {...told, held: [], to: 1}, plain), /Nothing would be created or removed\.\n\nThen: 1 group\.\n$/u);
  });
});

describe('what the adapter says', () => {
  const unknown = {unknown: 'refused'};
  const role: RoleOverview = {
    role: 'prefill',
    utilization: {value: 0.5},
    load: {value: 0.5},
    signals: {
      queue: {value: 4},
      running: {value: 2},
      kvUsage: unknown,
      promptTokens: unknown,
      generationTokens: unknown,
      requests: unknown,
      ttft: unknown,
      itl: unknown,
      queueTime: unknown,
    },
  };
  const overview: RsgOverview = {
    namespace: 'ml',
    name: 'llama',
    timestampMs: NOW,
    groups: [
      {id: 'group0', phase: 'Available', counted: true, roles: [role]},
      {id: 'group1', phase: 'Creating', counted: false, roles: [{...role, utilization: unknown}]},
    ],
    roles: [role],
    bottleneck: 'prefill',
    imbalance: {prefill: 1},
    levelledRatio: {prefill: 2},
    demand: {value: 3},
    active: undefined,
    missing: [{group: 'group1', role: 'prefill', pod: 'prefill-group1-x', signals: 'all', reason: 'connection refused'}],
  };
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer((request, response) =>
      response.end(request.url === '/v1/namespaces/ml/rsgs/llama' ? JSON.stringify(overview) : '{}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  after(() => server.close());
  const source = {client: {} as KubeClient, signal: new AbortController().signal};

  test('top shows load per group and role; what is unknown is not 0', async () => {
    const load = await readLoad(anRsg(), {...source, url});
    assert.ok(load !== undefined);
    assert.equal(
      topText([{name: 'llama', load}], plain),
      `RSG     GROUP    ROLE      UTILISATION   QUEUE   RUNNING   KV   PHASE
llama   group0   prefill   0.50          4       2         –    Available
llama   group1   prefill   unknown       4       2         –    Creating, not counted

llama: prefill 0.50 groups; prefill is the bottleneck
  demand: 3 requests wait
  per group, these replicas would be equally busy: prefill 2.00
  ! prefill-group1-x (prefill): connection refused
`,
    );
  });
  test('status has it beside the members', async () => {
    const load = await readLoad(anRsg(), {...source, url});
    assert.match(statusText(anRsg(), {load, now: NOW, paint: plain}), /└─ prefill {3}Deployment\/prefill {10}2\/2 {23}0\.50/u);
  });
  test('an adapter that was named and does not answer is an error', async () => {
    await assert.rejects(
      readLoad(anRsg(), {...source, url: 'http://127.0.0.1:1'}),
      /the metrics adapter at http:\/\/127\.0\.0\.1:1 does not answer/u,
    );
  });
});
