/** The demo's claims hold for what they should, and fail for each thing that they promise not to happen. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {claims, type Claim, type Evidence} from '../../../src/demo/claims.ts';
import type {Drain} from '../../../src/demo/drains.ts';
import type {GroupSeen, Observation} from '../../../src/demo/observation.ts';

const group = (id: string, phase = 'Available', [prefill, decode]: readonly [number, number] = [2, 4]): GroupSeen => ({
  id,
  origin: id === 'group0',
  phase,
  members: [
    {role: 'prefill', replicas: prefill, ready: prefill, terminating: false},
    {role: 'decode', replicas: decode, ready: decode, terminating: false},
  ],
});
const PODS = Array.from({length: 6}, (_, at) => ({uid: `pod-${String(at)}`, restarts: 0}));

function seen(at: number, groups: readonly GroupSeen[], change: Partial<Observation> = {}): Observation {
  const existing = groups.filter(({phase}) => ['Creating', 'Available', 'Degraded'].includes(phase)).length;
  const base = {at: at * 1000, wanted: existing, actual: existing, available: existing, originalPods: PODS, nextVictims: [], plan: ''};
  return {...base, groups, hpa: {desired: existing, metric: '700m', active: 'active'}, ...change};
}

/** 1 → 4 → 2 (group2, then the originals) → 3, the last 5 s of it steady. */
const STORY: readonly Observation[] = [
  seen(0, [group('group0')]),
  seen(1, [group('group0'), group('group1'), group('group2'), group('group3')]),
  seen(2, [group('group0'), group('group1'), group('group2', 'Draining'), group('group3')]),
  seen(3, [group('group0', 'Draining'), group('group1'), group('group3')]),
  seen(4, [group('group0', 'Parked', [0, 0]), group('group1'), group('group3')], {originalPods: []}),
  ...[5, 6, 7, 8, 9, 10, 11].map((at) => seen(at, [group('group0'), group('group1'), group('group3')])),
];
const DRAIN: Drain = {group: 'group2', inFlight: 5, ended: 5, cut: 0, lastedMs: 4200, heldAtTheEnd: 0};
const REQUESTS = {sent: 100, finished: 97, inFlight: 3, waitingInFront: 0, cut: 0, drains: [DRAIN]};
const EVIDENCE: Evidence = {
  observations: STORY,
  requests: REQUESTS,
  steadyLoad: [7, 8, 9, 10, 11].map((at) => ({at: at * 1000, load: 1.9})),
};

const failing = (evidence: Evidence): string[] =>
  claims(evidence)
    .filter(({holds}: Claim) => !holds)
    .map(({text}) => text);
const replaced = (at: number, observation: Observation): Observation[] => STORY.map((one, index) => (index === at ? observation : one));

test('a run as it should be: all claims hold', () => {
  assert.deepEqual(failing(EVIDENCE), []);
});

const WRONG: readonly (readonly [string, Evidence, RegExp])[] = [
  [
    'one group of another ratio',
    {...EVIDENCE, observations: replaced(1, seen(1, [group('group0'), group('group1', 'Available', [2, 5])]))},
    /^the ratio/u,
  ],
  [
    'a group went before its turn',
    {...EVIDENCE, observations: replaced(2, seen(2, [group('group0'), group('group2'), group('group3')]))},
    /listed order/u,
  ],
  [
    'an original pod restarted',
    {...EVIDENCE, observations: replaced(1, {...(STORY[1] ?? seen(1, [])), originalPods: PODS.map((pod) => ({...pod, restarts: 1}))})},
    /same ones/u,
  ],
  [
    'an original pod was replaced',
    {...EVIDENCE, observations: replaced(1, {...(STORY[1] ?? seen(1, [])), originalPods: [...PODS.slice(1), {uid: 'other', restarts: 0}]})},
    /same ones/u,
  ],
  ['never parked', {...EVIDENCE, observations: STORY.filter((_, at) => at !== 4)}, /parked at 0/u],
  ['a request was cut', {...EVIDENCE, requests: {...REQUESTS, finished: 96, cut: 1}}, /no request was cut/u],
  ['a request is unaccounted for', {...EVIDENCE, requests: {...REQUESTS, finished: 96}}, /no request was cut/u],
  [
    'a drain cut a request',
    {...EVIDENCE, requests: {...REQUESTS, drains: [DRAIN, {...DRAIN, ended: 4, cut: 1}]}},
    /last request that it held had ended/u,
  ],
  [
    'pods went before the last request had ended',
    {...EVIDENCE, requests: {...REQUESTS, drains: [{...DRAIN, heldAtTheEnd: 1}]}},
    /last request that it held had ended/u,
  ],
  ['no group that went held a request', {...EVIDENCE, requests: {...REQUESTS, drains: []}}, /last request that it held had ended/u],
  ['another number under steady load', {...EVIDENCE, steadyLoad: [{at: 11_000, load: 2.9}]}, /settled/u],
  ['nothing was scaled out', {...EVIDENCE, observations: STORY.map((one) => ({...one, available: 1}))}, /scaled out/u],
];
for (const [name, evidence, text] of WRONG) {
  test(`seen to fail: ${name}`, () => {
    assert.ok(
      failing(evidence).some((claim) => text.test(claim)),
      failing(evidence).join('; '),
    );
  });
}

test('where no engines are played, nothing is claimed about requests and load', () => {
  assert.equal(claims({...EVIDENCE, requests: undefined, steadyLoad: []}).length, claims(EVIDENCE).length - 3);
});
