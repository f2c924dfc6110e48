/**
 * What must hold while originals are edited, made anew and lost, clones are edited and deleted, and groups are scaled: the budget is kept at
 * every moment, nobody is touched who is leaving, and when events stop every clone has the form of its original.
 */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {asObject} from '../../../src/api/json.ts';
import {ANNOTATIONS, LABELS} from '../../../src/api/labels.ts';
import type {Action, Decision, Snapshot} from '../../../src/controller/model.ts';
import {removalsOf} from '../../../src/controller/removal-marks.ts';
import {viewOf} from '../../../src/controller/view.ts';
import {ModelCluster} from '../../support/model-cluster.ts';
import {edit, loseOriginal, makeOriginal, versionOf} from '../../support/model-edits.ts';

type Event =
  | {readonly do: 'scale'; readonly to: number}
  | {readonly do: 'edit' | 'anew'; readonly member: number; readonly version: number}
  | {readonly do: 'editClone' | 'deleteClone'; readonly pick: number}
  | {readonly do: 'lose' | 'find'; readonly member: number}
  | {readonly do: 'ready' | 'restart'}
  | {readonly do: 'reconcile'; readonly diesAfter: number};

const member = fc.integer({min: 0, max: 1});
const event: fc.Arbitrary<Event> = fc.oneof(
  {weight: 2, arbitrary: fc.record({do: fc.constant('scale' as const), to: fc.integer({min: 1, max: 5})})},
  {weight: 4, arbitrary: fc.record({do: fc.constantFrom('edit' as const, 'anew' as const), member, version: fc.integer({min: 2, max: 9})})},
  {weight: 2, arbitrary: fc.record({do: fc.constantFrom('editClone' as const, 'deleteClone' as const), pick: fc.nat({max: 20})})},
  {weight: 1, arbitrary: fc.record({do: fc.constantFrom('lose' as const, 'find' as const), member})},
  {weight: 4, arbitrary: fc.record({do: fc.constantFrom('ready' as const, 'ready' as const, 'restart' as const)})},
  {
    weight: 6,
    arbitrary: fc.record({do: fc.constant('reconcile' as const), diesAfter: fc.oneof(fc.constant(1000), fc.integer({min: 0, max: 6}))}),
  },
);

const scenario = fc.record({
  maxUnavailableGroups: fc.integer({min: 1, max: 2}),
  minAvailableGroups: fc.integer({min: 0, max: 4}),
  originPolicy: fc.constantFrom('Park', 'Keep'),
  drainSeconds: fc.constantFrom(0, 20),
  events: fc.array(event, {minLength: 1, maxLength: 40}),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

const isDown = (action: Action): boolean => action.do === 'update' || action.do === 'replace';

/** Groups that an action takes down, of those that were available: a write of pods' template, or a deletion. */
function takenDown(actions: readonly Action[], available: ReadonlySet<string>): Set<string> {
  const groups = actions.filter(isDown).flatMap((action) => {
    if (action.do === 'replace') return action.clones.map(({group}) => group);
    if (action.do !== 'update') return [];
    return action.clones
      .filter(({clone, wanted}) => JSON.stringify(templateOf(clone.object)) !== JSON.stringify(templateOf(wanted)))
      .map(({clone}) => clone.group);
  });
  return new Set(groups.filter((group) => available.has(group)));
}

const templateOf = (object: {readonly [field: string]: unknown}): unknown => asObject(object['spec'])['template'];

function see({maxUnavailableGroups, minAvailableGroups}: Scenario): (decision: Decision, snapshot: Snapshot) => void {
  return ({actions}, snapshot) => {
    const view = viewOf(snapshot);
    const existing = view.existing.filter(({available}) => available).map(({id}) => id);
    const leaving = new Set(removalsOf(snapshot.rsg).map(({group}) => group));
    const down = takenDown(actions, new Set(existing));
    assert.ok(down.size <= maxUnavailableGroups, `${[...down].join()} are taken down at once`);
    if (down.size > 0) assert.ok(existing.length - down.size >= minAvailableGroups, 'fewer available groups than the budget says');
    for (const action of actions) {
      if (action.do !== 'update' && action.do !== 'replace' && action.do !== 'check') continue;
      const touched = action.do === 'replace' ? action.clones : action.clones.map(({clone}) => clone);
      for (const {group} of touched) assert.ok(!leaving.has(group), `${group} is leaving and is touched`);
    }
  };
}

function happen(cluster: ModelCluster, one: Event, watch: ReturnType<typeof see>): void {
  const {spec} = cluster.rsg;
  switch (one.do) {
    case 'scale':
      cluster.rsg = {...cluster.rsg, spec: {...spec, replicas: one.to}};
      return;
    case 'edit':
      edit(cluster, `member${String(one.member)}`, one.version);
      return;
    case 'anew':
      loseOriginal(cluster, one.member);
      makeOriginal(cluster, one.member, one.version);
      return;
    case 'lose':
      loseOriginal(cluster, one.member);
      return;
    case 'find':
      if (!cluster.workloads.has(`member${String(one.member)}`)) makeOriginal(cluster, one.member, 1);
      return;
    case 'editClone':
    case 'deleteClone': {
      const clone = cluster.clones[one.pick % Math.max(cluster.clones.length, 1)];
      if (clone === undefined) return;
      if (one.do === 'deleteClone') cluster.workloads.delete(clone.object.metadata.name);
      else edit(cluster, clone.object.metadata.name, 99);
      return;
    }
    case 'ready':
      cluster.becomeReady();
      cluster.now += 5_000;
      return;
    case 'restart':
      cluster.forgetMemory();
      return;
    case 'reconcile':
      cluster.reconcile(watch, one.diesAfter);
  }
}

describe('whatever happens to originals and clones', () => {
  test('the budget holds at every moment, and in the end every clone is like its original', () => {
    fc.assert(
      fc.property(scenario, (one) => {
        const {maxUnavailableGroups, minAvailableGroups, originPolicy, drainSeconds} = one;
        const scaleIn = {minAvailableGroups, originPolicy, drain: {timeoutSeconds: drainSeconds}};
        const cluster = new ModelCluster({ratio: [1, 2], spec: {replicas: 3, sync: {maxUnavailableGroups}, scaleIn}});
        const watch = see(one);
        for (const next of one.events) happen(cluster, next, watch);
        for (const at of [0, 1]) if (!cluster.workloads.has(`member${String(at)}`)) makeOriginal(cluster, at, 1);
        cluster.rsg = {...cluster.rsg, spec: {...cluster.rsg.spec, scaleIn: {...cluster.rsg.spec.scaleIn, minAvailableGroups: 0}}};
        const free = see({...one, minAvailableGroups: 0});
        for (let turn = 0; turn < 40; turn += 1) {
          cluster.reconcile(free);
          cluster.becomeReady();
          cluster.now += 30_000;
        }
        const {status, actions} = cluster.reconcile(free);
        assert.deepEqual(actions, []);
        assert.equal(status.conditions?.find(({type}) => type === 'Synced')?.status, 'True');
        for (const {object, source} of cluster.clones) {
          const original = cluster.workloads.get(source.split('/')[2] ?? '');
          const [ours, theirs] = [versionOf(object), versionOf(original)];
          assert.equal(ours, theirs, `${object.metadata.name} has the form of version ${String(ours)}, not ${String(theirs)}`);
          assert.equal(object.metadata.annotations?.[ANNOTATIONS.source], source);
          assert.ok(object.metadata.labels?.[LABELS.group] !== undefined);
        }
        assert.deepEqual(cluster.reconcile().status, status, 'a steady state writes');
      }),
      {numRuns: Number(process.env['RSG_PROPERTY_RUNS'] ?? 150)},
    );
  });
});
