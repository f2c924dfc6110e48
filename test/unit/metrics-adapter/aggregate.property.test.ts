/** What must hold of load for any fleet. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {answerFrom} from '../../../src/metrics-adapter/answers.ts';
import {viewOf, type Fleet, type FleetGroup, type FleetPod} from '../../support/fleet.ts';

/** A number, or what is wrong. */
function ask(fleet: Fleet, metric: string): number | string {
  const answer = answerFrom(viewOf(fleet), {namespace: 'default', rsg: 'llama', metric});
  return answer.kind === 'value' ? Math.round(answer.value * 1e6) / 1e6 : answer.message;
}

const times = <T>(count: number, one: T): T[] => Array.from({length: count}, () => one);
const idle: FleetPod = {queue: 0, running: 0, kvUsage: 0};
const prefill = (queue: number): FleetPod => ({...idle, queue});
const decode = (kvUsage: number): FleetPod => ({...idle, kvUsage});
const down: FleetPod = {problem: 'connection refused'};

describe('what an HPA makes of it', () => {
  const pods = fc.integer({min: 1, max: 4});
  const shape = fc.record({
    prefill: pods,
    decode: pods,
    groups: fc.integer({min: 1, max: 6}),
    work: fc.integer({min: 1, max: 400}),
    target: fc.integer({min: 30, max: 100}),
  });
  /** `work` hundredths of groups' worth of prefill queue, spread over all pods. */
  const fleetOf = (of: {prefill: number; decode: number; groups: number; work: number}, more: readonly FleetGroup[] = []): Fleet => {
    const queue = ((of.work / 100) * 8) / of.groups;
    const one = {pods: {prefill: times(of.prefill, prefill(queue)), decode: times(of.decode, decode(0))}};
    return {replicas: {prefill: of.prefill, decode: of.decode}, groups: [...times(of.groups, one), ...more]};
  };
  const groupsWanted = (load: number | string, target: number): number => Math.ceil(Number(load) / (target / 100) - 1e-6);

  test('AverageValue on rsg_load: ceil(load ÷ target) groups for any P:D shape', () => {
    fc.assert(
      fc.property(shape, (of) => {
        assert.equal(groupsWanted(ask(fleetOf(of), 'rsg_load'), of.target), Math.ceil(of.work / of.target - 1e-6));
      }),
    );
  });
  test('Value on rsg_utilization: the same, also while new groups have their first Ready pod and old ones drain', () => {
    fc.assert(
      fc.property(shape, fc.integer({min: 0, max: 5}), (of, starting) => {
        const fleet = {
          ...fleetOf(of, times<FleetGroup>(starting, {phase: 'Creating', pods: {prefill: [idle], decode: [idle]}})),
          representatives: of.groups + starting,
        };
        const ratio = Number(ask(fleet, 'rsg_utilization')) / (of.target / 100);
        assert.ok(Math.abs(ratio * (of.groups + starting) - of.work / of.target) < 1e-3);
      }),
    );
  });
  test('a group that has never been available changes nothing while it is not Ready, whatever it reports', () => {
    fc.assert(
      fc.property(shape, fc.integer({min: 0, max: 99}), fc.boolean(), (of, queue, answers) => {
        const pod = {...(answers ? prefill(queue) : down), ready: false};
        const starting: FleetGroup = {phase: 'Creating', pods: {prefill: [pod], decode: [pod]}};
        assert.equal(ask(fleetOf(of, [starting]), 'rsg_load'), ask(fleetOf(of), 'rsg_load'));
      }),
    );
  });
  test('load is the same whoever holds the requests: pods that are Ready before their group is complete, or are being deleted', () => {
    const holder = fc.constantFrom<'serves' | 'starts' | 'ends' | 'is deleted'>('serves', 'starts', 'ends', 'is deleted');
    fc.assert(
      fc.property(fc.array(holder, {maxLength: 6}), fc.integer({min: 1, max: 100}), (holders, work) => {
        const share = prefill(work / (holders.length + 1));
        const of = (kind: (typeof holders)[number]): FleetGroup => {
          if (kind === 'starts') return {phase: 'Creating', pods: {prefill: [share]}};
          if (kind === 'is deleted') return {phase: 'Deleting', pods: {prefill: [{...share, leaving: true}]}};
          return {pods: {prefill: kind === 'ends' ? [idle, {...share, leaving: true}] : [share]}};
        };
        const groups: FleetGroup[] = [{pods: {prefill: [share]}}, ...holders.map(of)];
        assert.ok(Math.abs(Number(ask({replicas: {prefill: 1}, groups}, 'rsg_load')) - work / 8) < 1e-4);
      }),
    );
  });
});

describe('whatever fails', () => {
  const failing = fc.array(fc.constantFrom('fine', 'silent', 'gone', 'unready'), {minLength: 1, maxLength: 12});

  test('load is never lower than with all pods there, when the rest takes over the work', () => {
    fc.assert(
      fc.property(failing, fc.integer({min: 1, max: 100}), (states, work) => {
        const left = states.filter((state) => state === 'fine' || state === 'silent').length;
        const share = left === 0 ? 0 : work / left;
        const pods = states.flatMap((state): FleetPod[] => {
          if (state === 'gone') return [];
          if (state === 'unready') return [{...down, ready: false}];
          return [state === 'silent' ? down : prefill(share)];
        });
        const load = ask({replicas: {prefill: states.length}, groups: [{phase: 'Degraded', pods: {prefill: pods}}]}, 'rsg_load');
        if (typeof load === 'number') assert.ok(load >= work / (8 * states.length) - 1e-5);
      }),
    );
  });
  test('unknown never becomes a number: below the coverage every metric of the role is an error', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 20}), fc.integer({min: 0, max: 20}), (fine, silent) => {
        const fleet: Fleet = {groups: [{pods: {decode: [...times(fine, {...idle, ttft: [1]}), ...times(silent, down)]}}]};
        const known = fine >= 0.8 * (fine + silent);
        for (const metric of [
          'rsg_load',
          'rsg_utilization',
          'rsg_queue_depth',
          'rsg_running_requests',
          'rsg_kv_cache_usage',
          'rsg_ttft_seconds',
          'rsg_imbalance',
        ]) {
          assert.equal(typeof ask(fleet, metric), known ? 'number' : 'string', metric);
        }
      }),
    );
  });
});
