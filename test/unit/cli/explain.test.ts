/** What `why` says. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {explain} from '../../../src/cli/explain.ts';
import type {SeenEvent} from '../../../src/cli/events.ts';
import {whyText} from '../../../src/cli/why.ts';
import {parseRsg, type Condition, type Rsg} from '../../../src/api/schema.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const since = '2026-01-01T00:50:00Z';
const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `because ${reason}`,
  lastTransitionTime: since,
});

function rsgWith(conditions: Condition[], status: object = {}): Rsg {
  const read = parseRsg({
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name: 'llama', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 2},
    spec: {replicas: 3, group: {targetResources: [{name: 'prefill', kind: 'deployment', version: 'apps/v1'}]}},
    status: {observedGeneration: 2, replicas: 2, conditions, ...status},
  });
  if ('problem' in read) throw new Error(read.problem);
  return read.rsg;
}
const event = (about: string, reason: string, message: string, type = 'Warning'): SeenEvent => ({
  type,
  reason,
  message,
  count: 1,
  last: since,
  about,
  uid: '',
});

describe('why', () => {
  const ROWS: readonly [string, Condition, 'problem' | 'note' | undefined][] = [
    ['a held scale-in is a problem', condition('ScaleInHeld', 'True', 'MinAvailableGroups'), 'problem'],
    ['one that is not held is no news', condition('ScaleInHeld', 'False', 'NothingHeld'), undefined],
    ['progress is a note', condition('Progressing', 'True', 'Scaling'), 'note'],
    ['progress that was refused is a problem', condition('Progressing', 'False', 'CreateRefused'), 'problem'],
    ['being settled is no news', condition('Progressing', 'False', 'Settled'), undefined],
    ['an allowed autoscaler is a note', condition('AutoscalerConflict', 'True', 'Allowed'), 'note'],
    ['an unknown load is a problem', condition('MetricsAvailable', 'False', 'NoFreshSamples'), 'problem'],
  ];
  for (const [what, one, level] of ROWS)
    test(what, () => {
      assert.equal(explain(rsgWith([one]), []).findings[0]?.level, level);
    });

  test('an event stands under the condition that it explains, one of a member under the group that is not available', () => {
    const status = {
      groups: [
        {
          id: 'group1',
          phase: 'Creating',
          since,
          members: [{role: 'prefill', kind: 'Deployment', namespace: 'default', name: 'prefill-group1', replicas: 1, readyReplicas: 0}],
        },
      ],
    };
    const events = [
      event('ResourceScalingGroup/llama', 'CreateRefused', 'quota'),
      event('Pod/prefill-group1-abc', 'FailedScheduling', '0/3 nodes are available'),
      event('Pod/unrelated', 'BackOff', 'no'),
      event('ResourceScalingGroup/llama', 'ScalingOut', 'adding group1', 'Normal'),
    ];
    const told = explain(
      rsgWith([condition('Available', 'False', 'GroupsUnavailable'), condition('Progressing', 'False', 'CreateRefused')], status),
      events,
    );
    assert.deepEqual(
      told.findings.map(({events: of}) => of.map(({reason}) => reason)),
      [['FailedScheduling'], ['CreateRefused']],
    );
    assert.deepEqual(
      told.events.map(({reason}) => reason),
      ['ScalingOut'],
    );
    const text = whyText(told, NOW, (one) => one);
    assert.match(
      text,
      /✖ Not every wanted group is available \(GroupsUnavailable\): because GroupsUnavailable\. For 10m\.\n {4}10m ago FailedScheduling/u,
    );
  });

  test('groups that start are no reason for attention; one that was available and is not is', () => {
    const unavailable = [condition('Available', 'False', 'GroupsUnavailable'), condition('Progressing', 'True', 'Scaling')];
    const group = (phase: string): object => ({id: 'group1', phase, since, members: []});
    for (const [phases, level] of [
      [['Creating'], 'note'],
      [['Creating', 'Degraded'], 'problem'],
    ] as const)
      assert.equal(explain(rsgWith(unavailable, {groups: phases.map(group)}), []).findings[0]?.level, level);
  });

  test('events of a deleted RSG of the same name are not told', () => {
    const events = ['u', 'before'].map((uid) => ({...event('ResourceScalingGroup/llama', 'ScalingOut', uid, 'Normal'), uid}));
    assert.deepEqual(
      explain(rsgWith([]), events).events.map(({message}) => message),
      ['u'],
    );
  });

  test('an RSG that no controller has seen says so', () => {
    assert.match(explain(rsgWith([], {observedGeneration: undefined}), []).summary, /No controller has looked at it yet/u);
  });
});
