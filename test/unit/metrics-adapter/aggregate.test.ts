/** From what pods report to load: each rule as a row. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {answerFrom} from '../../../src/metrics-adapter/answers.ts';
import {overviewFrom} from '../../../src/metrics-adapter/overview.ts';
import type {MetricQuery} from '../../../src/metrics-adapter/query.ts';
import {NOW_MS, viewOf, type Fleet, type FleetGroup, type FleetPod} from '../../support/fleet.ts';

type Question = Partial<MetricQuery>;

function ask(fleet: Fleet, metric: string, question: Question = {}): number | string {
  const answer = answerFrom(viewOf(fleet), {namespace: 'default', rsg: 'llama', metric, ...question});
  return answer.kind === 'value' ? Math.round(answer.value * 1e6) / 1e6 : `${answer.code}: ${answer.message}`;
}

const times = <T>(count: number, one: T): T[] => Array.from({length: count}, () => one);
const idle: FleetPod = {queue: 0, running: 0, kvUsage: 0};
const prefill = (queue: number): FleetPod => ({...idle, queue});
const unready = (queue: number): FleetPod => ({...prefill(queue), ready: false});
const decode = (kvUsage: number): FleetPod => ({...idle, kvUsage});
/** 2 prefill and 4 decode pods, used like this. */
const group = (queue: number, kvUsage: number, more: Partial<FleetGroup> = {}): FleetGroup => ({
  pods: {prefill: times(2, prefill(queue)), decode: times(4, decode(kvUsage))},
  ...more,
});
const down: FleetPod = {problem: 'connection refused'};

const VALUES: readonly [string, Fleet, string, Question, number][] = [
  ['load is in groups: one that is saturated is 1', {groups: [group(8, 0)]}, 'rsg_load', {}, 1],
  ['load is summed over groups', {groups: [group(8, 0), group(4, 0)]}, 'rsg_load', {}, 1.5],
  ['load is that of the bottleneck role', {groups: [group(4, 0.9)]}, 'rsg_load', {}, 0.9],
  ['load of the role that is asked for', {groups: [group(4, 0.9)]}, 'rsg_load', {role: 'prefill'}, 0.5],
  [
    'a role is as saturated as its most saturated signal',
    {groups: [{pods: {decode: [{...idle, kvUsage: 0.2, queue: 6}]}}]},
    'rsg_load',
    {},
    0.75,
  ],
  ['load of one group', {groups: [group(8, 0), group(4, 0.2)]}, 'rsg_load', {group: 'group1'}, 0.5],
  ['utilisation is the mean over groups', {groups: [group(8, 0), group(4, 0)]}, 'rsg_utilization', {}, 0.75],
  [
    'what a pod reports before it is Ready adds nothing where its group has never been available',
    {groups: [group(8, 0), {phase: 'Creating', pods: {prefill: [unready(80)], decode: [{...decode(1), ready: false}]}}]},
    ...(['rsg_load', {}, 1] as const),
  ],
  [
    'a Ready pod of a group that is not complete yet adds what it holds: it is in traffic already',
    {groups: [group(4, 0), {phase: 'Creating', pods: {prefill: [prefill(8), unready(80)], decode: [down]}}]},
    ...(['rsg_load', {}, 1] as const),
  ],
  [
    'such a pod is not what silent ones are taken to be like',
    {groups: [{pods: {prefill: [...times(4, prefill(6)), down]}}, {phase: 'Creating', pods: {prefill: [prefill(0)]}}]},
    ...(['rsg_queue_depth', {}, 30] as const),
  ],
  [
    'a pod that is being deleted adds what it still holds',
    {replicas: {prefill: 2}, groups: [{pods: {prefill: [prefill(8), {...prefill(8), leaving: true}]}}]},
    ...(['rsg_load', {}, 1] as const),
  ],
  [
    'and is not missed when it does not answer',
    {replicas: {prefill: 2}, groups: [{pods: {prefill: [prefill(8), {...down, leaving: true}]}}]},
    ...(['rsg_load', {}, 0.5] as const),
  ],
  [
    'what a pod held that is not Ready and where nobody listens any more has ended',
    {replicas: {prefill: 2}, groups: [{pods: {prefill: [prefill(16), {...prefill(16), ready: false, gone: true}]}}]},
    ...(['rsg_load', {}, 1] as const),
  ],
  ['nor is it needed to answer', {groups: [group(8, 0), {phase: 'Creating', pods: {prefill: [down], decode: [down]}}]}, 'rsg_load', {}, 1],
  ['a draining group counts until it ends', {groups: [group(8, 0), group(4, 0, {phase: 'Draining'})]}, 'rsg_load', {}, 1.5],
  ['a degraded group counts', {groups: [group(8, 0), group(4, 0, {phase: 'Degraded'})]}, 'rsg_load', {}, 1.5],
  ['a group being deleted adds what it holds', {groups: [group(8, 0), group(4, 0, {phase: 'Deleting'})]}, 'rsg_load', {}, 1.5],
  ['and is not needed to answer', {groups: [group(8, 0), {phase: 'Deleting', pods: {prefill: [down], decode: [down]}}]}, 'rsg_load', {}, 1],
  ['a parked group adds nothing', {groups: [group(8, 0), {phase: 'Parked', pods: {}}]}, 'rsg_load', {}, 1],
  [
    'lost pods do not make a group smaller',
    {replicas: {prefill: 2}, groups: [{phase: 'Degraded', pods: {prefill: [prefill(16)]}}]},
    ...(['rsg_load', {}, 1] as const),
  ],
  [
    'a pod that is not Ready counts with what it reports',
    {groups: [{pods: {prefill: [prefill(8), {...prefill(8), ready: false}]}}]},
    'rsg_queue_depth',
    {},
    16,
  ],
  [
    'a pod that is neither Ready nor answers is not missed',
    {groups: [{pods: {prefill: [prefill(8), {...down, ready: false}]}}]},
    'rsg_queue_depth',
    {},
    8,
  ],
  [
    'a Ready pod without a sample is taken to be like the others of its group',
    {groups: [{pods: {prefill: [...times(4, prefill(6)), down]}}, {pods: {prefill: times(5, prefill(1))}}]},
    ...(['rsg_queue_depth', {}, 35] as const),
  ],
  ['totals over all roles', {groups: [group(3, 0), group(1, 0)]}, 'rsg_queue_depth', {}, 8],
  ['totals of a role in a group', {groups: [group(3, 0), group(1, 0)]}, 'rsg_queue_depth', {role: 'prefill', group: 'group0'}, 6],
  [
    'cache usage is the mean over Ready pods: neither those that start nor those that end make it look better',
    {
      groups: [
        {pods: {prefill: [decode(0.2)], decode: [decode(0.5), decode(0.8), {...idle, ready: false}, {...idle, leaving: true}]}},
        {phase: 'Creating', pods: {decode: [idle]}},
      ],
    },
    'rsg_kv_cache_usage',
    {},
    0.5,
  ],
  [
    'quantiles are over all pods together',
    {
      groups: [
        {
          pods: {
            decode: [
              {...idle, ttft: [0.7]},
              {...idle, ttft: [1.5, 1.5, 1.5]},
            ],
          },
        },
      ],
    },
    'rsg_ttft_seconds',
    {quantile: 0.5},
    1.333333,
  ],
  ['0.95 unless asked for another', {groups: [{pods: {decode: [{...idle, ttft: times(10, 0.4)}]}}]}, 'rsg_ttft_seconds', {}, 0.475],
  ['seconds of pods that have nothing to do are 0', {groups: [{pods: {decode: [{...idle, ttft: []}]}}]}, 'rsg_ttft_seconds', {}, 0],
  [
    'a role that does not report seconds takes nothing away',
    {groups: [{pods: {prefill: [{...idle, ttft: [0.4]}], decode: [idle]}}]},
    'rsg_ttft_seconds',
    {quantile: 0.5},
    0.25,
  ],
  ['imbalance of the role that is used least', {groups: [group(8, 0.5)]}, 'rsg_imbalance', {}, 0.5],
  ['imbalance of the bottleneck is 1', {groups: [group(8, 0.5)]}, 'rsg_imbalance', {role: 'prefill'}, 1],
  ['all idle is level', {groups: [group(0, 0)]}, 'rsg_imbalance', {}, 1],
  [
    'groups as status.replicas counts them',
    {groups: [group(0, 0), group(0, 0, {phase: 'Creating'}), group(0, 0, {phase: 'Draining'})]},
    'rsg_groups',
    {},
    2,
  ],
  ['idle is 0, and known', {groups: [group(0, 0)]}, 'rsg_load', {}, 0],
  [
    'seconds can saturate a role',
    {groups: [{pods: {decode: [{...idle, ttft: times(20, 2)}]}}], saturation: {decode: [{signal: 'ttft', target: 4, quantile: 0.5}]}},
    ...(['rsg_load', {}, 0.375] as const),
  ],
];

const ERRORS: readonly [string, Fleet, string, Question, string][] = [
  ['no group yet', {groups: []}, 'rsg_load', {}, 'Unavailable: no group serves'],
  ['only groups that start', {groups: [group(1, 1, {phase: 'Creating'})]}, 'rsg_load', {}, 'Unavailable: no group serves'],
  [
    'no Ready pod of a role',
    {groups: [{pods: {prefill: [{...prefill(8), ready: false}]}}]},
    'rsg_load',
    {},
    'Unavailable: prefill: no pod is Ready',
  ],
  [
    'too many Ready pods without an answer, named',
    {groups: [{pods: {prefill: [prefill(8), down]}}]},
    ...(['rsg_load', {}, 'Unavailable: prefill: 1 of 2 Ready pods give no queue: prefill-0-1 (connection refused)'] as const),
  ],
  [
    'samples that are too old',
    {groups: [{pods: {prefill: [{...prefill(8), ageMs: 46_000}]}}]},
    ...(['rsg_load', {}, 'Unavailable: prefill: 1 of 1 Ready pods give no queue: prefill-0-0 (not answered; last seen 46 s ago)'] as const),
  ],
  [
    'a saturation signal that the engine does not report',
    {groups: [{pods: {decode: [{queue: 0}]}}]},
    ...(['rsg_load', {}, 'Unavailable: decode: 1 of 1 Ready pods give no kvUsage: decode-0-0 (its metrics have no kvUsage)'] as const),
  ],
  [
    'one role unknown, so the bottleneck is',
    {groups: [{pods: {prefill: [prefill(80)], decode: [down]}}]},
    ...(['rsg_load', {}, 'Unavailable: decode: 1 of 1 Ready pods give no kvUsage: decode-0-0 (connection refused)'] as const),
  ],
  [
    'requests run, but none has ended lately',
    {groups: [{pods: {decode: [{...idle, running: 1, ttft: []}]}}]},
    ...(['rsg_ttft_seconds', {}, 'Unavailable: decode: no ttft was observed lately, though requests are waiting or running'] as const),
  ],
  ['a metric that is none', {groups: [group(0, 0)]}, 'rsg_lod', {}, 'UnknownMetric: rsg_lod: no such metric'],
  [
    'a role that is none',
    {groups: [group(0, 0)]},
    'rsg_load',
    {role: 'router'},
    'BadQuery: role router: no such role with an engine; there are prefill, decode',
  ],
  [
    'a group that is none',
    {groups: [group(0, 0)]},
    'rsg_load',
    {group: 'group7'},
    'BadQuery: group group7: no such group; there are group0',
  ],
  [
    'a quantile out of range',
    {groups: [group(0, 0)]},
    'rsg_ttft_seconds',
    {quantile: 95},
    'BadQuery: quantile 95 must lie between 0 and 1',
  ],
  ['a quantile of what has none', {groups: [group(0, 0)]}, 'rsg_load', {quantile: 0.9}, 'BadQuery: rsg_load takes no quantile'],
  ['demand that nobody reports', {groups: [group(0, 0)]}, 'rsg_demand', {}, 'UnknownMetric: RSG default/llama names no source of demand'],
  [
    'only draining groups',
    {groups: [group(1, 0, {phase: 'Draining'})]},
    'rsg_utilization',
    {},
    'Unavailable: every group is being drained',
  ],
];

describe('values', () => {
  for (const [what, fleet, metric, question, expected] of VALUES)
    test(`${metric}: ${what}`, () => {
      assert.equal(ask(fleet, metric, question), expected);
    });

  test('carry the time of the oldest sample in them', () => {
    const fleet: Fleet = {
      groups: [{pods: {prefill: [prefill(1), {...prefill(1), ageMs: 30_000}], decode: [{...decode(0), ageMs: 44_000}]}}],
    };
    const answer = answerFrom(viewOf(fleet), {namespace: 'default', rsg: 'llama', metric: 'rsg_load', role: 'prefill'});
    assert.deepEqual(answer, {kind: 'value', value: 0.125, timestampMs: NOW_MS - 30_000, windowSeconds: 0});
  });
  test('of a quantile tell the window', () => {
    const fleet: Fleet = {groups: [{pods: {decode: [{...idle, ttft: [1]}]}}]};
    const answer = answerFrom(viewOf(fleet), {namespace: 'default', rsg: 'llama', metric: 'rsg_ttft_seconds'});
    assert.equal(answer.kind === 'value' ? answer.windowSeconds : -1, 15);
  });
});

describe('errors', () => {
  for (const [what, fleet, metric, question, expected] of ERRORS) {
    test(`${metric}: ${what}`, () => {
      const said = ask(fleet, metric, question);
      assert.ok(typeof said === 'string' && said.startsWith(expected), String(said));
    });
  }
});

test('the overview tells what is missing, by pod and signal, and the ratio that would level the roles', () => {
  const fleet: Fleet = {
    groups: [group(8, 0.25), {phase: 'Degraded', pods: {prefill: [prefill(8), prefill(8)], decode: [decode(0.25), down, {queue: 0}]}}],
    coverage: 0.6,
  };
  const overview = overviewFrom(viewOf(fleet));
  assert.equal(overview.bottleneck, 'prefill');
  assert.deepEqual(overview.missing, [
    {group: 'group1', role: 'decode', pod: 'decode-1-1', signals: 'all', reason: 'connection refused'},
    {group: 'group1', role: 'decode', pod: 'decode-1-2', signals: ['kvUsage'], reason: 'its metrics have no kvUsage'},
  ]);
  assert.deepEqual(overview.levelledRatio, {prefill: 2, decode: 0.88});
  assert.deepEqual(
    overview.groups.map(({id, counted}) => [id, counted]),
    [
      ['group0', true],
      ['group1', true],
    ],
  );
});
