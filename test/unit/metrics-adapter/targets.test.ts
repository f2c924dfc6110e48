/** Which pods are scraped, where, and which of them count. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {Phase, Rsg} from '../../../src/api/schema.ts';
import {rolePlans} from '../../../src/metrics-adapter/plan.ts';
import {planOf, type MemberPod} from '../../../src/metrics-adapter/targets.ts';
import {urlOf} from '../../../src/metrics-adapter/pod-address.ts';
import {aPod, anRsg, type PodShape, type RsgShape} from '../../support/adapter-objects.ts';

const member = (shape: PodShape, group = 'group0', role = 'prefill'): MemberPod => ({group, role, pod: aPod(shape)});
const RULES = {allowHostNetwork: false};

function targets(rsg: Rsg, ...pods: readonly MemberPod[]): string[] {
  return planOf({rsg, pods, labelled: []}, RULES).targets.map(({pod, address}) =>
    'problem' in address ? `${pod}: ${address.problem}` : `${pod}: ${urlOf(address)}`,
  );
}

describe('targets', () => {
  const ROWS: readonly [string, Rsg, readonly MemberPod[], readonly string[]][] = [
    ["are where the engine's preset says", anRsg(), [member({name: 'a'})], ['a: http://10.0.0.1:8000/metrics']],
    ['are pods that are not Ready too', anRsg(), [member({name: 'a', ready: false})], ['a: http://10.0.0.1:8000/metrics']],
    ['are pods of groups that start too', anRsg(), [member({name: 'a'}, 'group1')], ['a: http://10.0.0.1:8000/metrics']],
    ['are no pods that do not run', anRsg(), [member({name: 'a', phase: 'Pending'}), member({name: 'b', phase: 'Succeeded'})], []],
    [
      'are pods that are being deleted, until they are gone',
      anRsg(),
      [member({name: 'a', deleted: true})],
      ['a: http://10.0.0.1:8000/metrics'],
    ],
    ['are no pods of groups that the status does not tell', anRsg(), [member({name: 'a'}, 'group7')], []],
    ['are no members without an engine', anRsg(), [member({name: 'a'}, 'group0', 'router')], []],
    [
      'follow the RSG',
      anRsg({metrics: {engine: 'vllm', port: 9000, path: '/m', scheme: 'https'}}),
      [member({name: 'a'})],
      ['a: https://10.0.0.1:9000/m'],
    ],
    [
      "find a port by its container's name",
      anRsg({metrics: {engine: 'vllm', port: 'metrics'}}),
      [member({name: 'a'})],
      ['a: http://10.0.0.1:9400/metrics'],
    ],
    [
      'take digits for a number',
      anRsg({metrics: {engine: 'vllm', port: '9001'}}),
      [member({name: 'a'})],
      ['a: http://10.0.0.1:9001/metrics'],
    ],
    [
      'tell a port name that no container has',
      anRsg({metrics: {engine: 'vllm', port: 'grpc'}}),
      [member({name: 'a'})],
      ['a: it has no container port named grpc'],
    ],
    ['write IPv6 as URLs do', anRsg(), [member({name: 'a', ip: 'fd00::7'})], ['a: http://[fd00::7]:8000/metrics']],
    ['tell a pod without an IP', anRsg(), [member({name: 'a', ip: ''})], ['a: it has no IP yet']],
    [
      "are never a node's own ports",
      anRsg(),
      [member({name: 'a', hostNetwork: true})],
      ['a: it is on its host network, which is not scraped unless the adapter is started with --allow-host-network'],
    ],
    [
      'of a role with another engine are where that engine is, whatever is said of the first',
      anRsg({metrics: {engine: 'vllm', port: 9000, path: '/m', roles: {decode: {engine: 'sglang'}}}}),
      [member({name: 'a'}), member({name: 'b'}, 'group0', 'decode')],
      ['a: http://10.0.0.1:9000/m', 'b: http://10.0.0.1:30000/metrics'],
    ],
  ];
  for (const [what, rsg, pods, expected] of ROWS) {
    test(what, () => {
      assert.deepEqual(targets(rsg, ...pods), expected);
    });
  }

  test('on the host network are allowed by a flag', () => {
    const plan = planOf({rsg: anRsg(), pods: [member({name: 'a', hostNetwork: true})], labelled: []}, {allowHostNetwork: true});
    assert.ok('host' in (plan.targets[0]?.address ?? {}));
  });
  test('are others when the pod, its address or the engine changes, so that no rate is taken across', () => {
    const key = (rsg: Rsg, shape: PodShape): string | undefined =>
      planOf({rsg, pods: [member(shape)], labelled: []}, RULES).targets[0]?.key;
    const keys = [
      key(anRsg(), {name: 'a'}),
      key(anRsg(), {name: 'b'}),
      key(anRsg(), {name: 'a', ip: '10.0.0.2'}),
      key(anRsg({metrics: {engine: 'mindie', port: 8000, scheme: 'http'}}), {name: 'a'}),
      key(anRsg({metrics: {engine: 'custom', names: {queue: 'a'}}}), {name: 'a'}),
      key(anRsg({metrics: {engine: 'custom', names: {queue: 'b'}}}), {name: 'a'}),
    ];
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(key(anRsg(), {name: 'a', ready: false}), keys[0]);
  });
});

describe('which groups count', () => {
  const ROWS: readonly [Phase, boolean][] = [
    ['Creating', false],
    ['Available', true],
    ['Degraded', true],
    ['Draining', true],
    ['Deleting', false],
    ['Parked', false],
  ];
  test('those that the status has no room for count', () => {
    const pods = [member({name: 'a'}, 'group501')];
    const {model} = planOf({rsg: anRsg(), pods, unlisted: ['group501'], labelled: []}, RULES);
    assert.deepEqual(model.groups.at(-1), {id: 'group501', phase: 'Available', counted: true});
    assert.deepEqual(
      model.pods.map(({name, group, ready}) => [name, group, ready]),
      [['a', 'group501', true]],
    );
  });
  for (const [phase, counted] of ROWS) {
    test(`${phase}: ${counted ? 'counts' : 'does not'}`, () => {
      const {model} = planOf({rsg: anRsg({groups: [{id: 'group0', phase, members: {prefill: 1}}]}), pods: [], labelled: []}, RULES);
      assert.equal(model.groups[0]?.counted, counted);
    });
  }
});

describe('roles', () => {
  const roles = (shape: RsgShape): string[] =>
    rolePlans(anRsg(shape)).map(({role, engine, replicas, saturation}) => {
      const signals = saturation.map(({signal, target}) => `${signal} ${String(target)}`);
      return `${role}: ${String(replicas)} × ${engine}, ${signals.join(', ')}`;
    });
  const of = (members: Readonly<Record<string, number>>, phase: Phase = 'Available'): NonNullable<RsgShape['groups']> => [
    {id: 'group0', phase, members},
  ];
  const ROWS: readonly [string, RsgShape, readonly string[]][] = [
    ['have defaults', {}, ['prefill: 2 × vllm, queue 8', 'decode: 4 × vllm, kvUsage 1, queue 8']],
    ['beside prefill and decode have no engine', {groups: of({prefill: 1, router: 1}), ratio: '1:1'}, ['prefill: 1 × vllm, queue 8']],
    ['all run the engine where none is prefill or decode', {groups: of({other: 3}), ratio: '3'}, ['other: 3 × vllm, kvUsage 1, queue 8']],
    [
      'are those that the RSG names',
      {groups: of({prefill: 1, router: 1}), ratio: '1:1', metrics: {roles: {router: {engine: 'sglang'}}}},
      ['router: 1 × sglang, kvUsage 1, queue 8'],
    ],
    [
      'have the targets that the RSG gives',
      {metrics: {engine: 'vllm', roles: {prefill: {saturation: [{signal: 'promptTokens', target: 20000}]}}}},
      ['prefill: 2 × vllm, promptTokens 20000', 'decode: 4 × vllm, kvUsage 1, queue 8'],
    ],
    [
      'of parked originals keep the replicas that are remembered',
      {groups: of({prefill: 0, decode: 0}, 'Parked')},
      ['prefill: 2 × vllm, queue 8', 'decode: 4 × vllm, kvUsage 1, queue 8'],
    ],
    ['are not known before the status is', {groups: []}, []],
  ];
  for (const [what, shape, expected] of ROWS) {
    test(what, () => {
      assert.deepEqual(roles(shape), expected);
    });
  }
});

test('representatives are counted as an HPA counts: Running and Ready, being deleted or not', () => {
  const labels = {'resourcescalinggroup.com/representative': 'llama'};
  const labelled = [
    aPod({name: 'a', labels}),
    aPod({name: 'b', labels, deleted: true}),
    aPod({name: 'c', labels, ready: false}),
    aPod({name: 'd', labels: {'resourcescalinggroup.com/representative': 'other'}}),
  ];
  assert.equal(planOf({rsg: anRsg(), pods: [], labelled}, RULES).model.representatives, 2);
});

describe('demand in front of the groups', () => {
  const demand = {podSelector: {app: 'gateway'}, preset: 'llm-d-epp'};
  const gateways = [aPod({name: 'g1'}), aPod({name: 'g2', ready: false}), aPod({name: 'g3', phase: 'Pending', ready: false})];
  test('is asked of every pod that runs, and needed of those that are Ready', () => {
    const plan = planOf({rsg: anRsg({metrics: {engine: 'vllm', demand}}), pods: [], labelled: [], demand: {pods: gateways}}, RULES);
    assert.deepEqual(
      plan.targets.map(({pod, address}) => [pod, 'host' in address ? address.port : 0]),
      [
        ['g1', 9090],
        ['g2', 9090],
      ],
    );
    assert.deepEqual(
      plan.model.demand?.pods.map(({name}) => name),
      ['g1'],
    );
  });
  test('without pods says why', () => {
    const observed = {
      rsg: anRsg({metrics: {engine: 'vllm', demand}}),
      pods: [],
      labelled: [],
      demand: {problem: 'service gw has no endpoints that are pods'},
    };
    assert.equal(planOf(observed, RULES).model.demand?.problem, 'metrics.demand: service gw has no endpoints that are pods');
  });
});
