/** What must hold through any history of scaling, lists, failures, deletions by hand and deaths of the controller. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {ANNOTATIONS, LABELS} from '../../../src/api/labels.ts';
import type {HistoryEntry} from '../../../src/api/schema.ts';
import type {Decision, Removal, Snapshot} from '../../../src/controller/model.ts';
import {removalsOf} from '../../../src/controller/removal-marks.ts';
import {asObject} from '../../../src/api/json.ts';
import {replicasOf} from '../../../src/api/workload.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

type Event =
  | {readonly do: 'scale'; readonly to: number}
  | {readonly do: 'list'; readonly ids: readonly number[]}
  | {readonly do: 'ready' | 'restart' | 'allow'}
  | {readonly do: 'refuse'; readonly index: number}
  | {readonly do: 'foreign'; readonly index: number}
  | {readonly do: 'deleteByHand'; readonly pick: number}
  | {readonly do: 'reconcile'; readonly diesAfter: number}
  | {readonly do: 'wait'; readonly seconds: number};

const event: fc.Arbitrary<Event> = fc.oneof(
  {weight: 4, arbitrary: fc.record({do: fc.constant('scale' as const), to: fc.integer({min: 0, max: 6})})},
  {weight: 2, arbitrary: fc.record({do: fc.constant('list' as const), ids: fc.array(fc.integer({min: 0, max: 8}), {maxLength: 6})})},
  {weight: 3, arbitrary: fc.record({do: fc.constantFrom('ready' as const, 'allow' as const)})},
  {weight: 1, arbitrary: fc.record({do: fc.constant('refuse' as const), index: fc.integer({min: 1, max: 8})})},
  {weight: 1, arbitrary: fc.record({do: fc.constant('foreign' as const), index: fc.integer({min: 1, max: 12})})},
  {weight: 1, arbitrary: fc.record({do: fc.constant('deleteByHand' as const), pick: fc.nat({max: 20})})},
  {
    weight: 6,
    arbitrary: fc.record({do: fc.constant('reconcile' as const), diesAfter: fc.oneof(fc.constant(1000), fc.integer({min: 0, max: 8}))}),
  },
  {weight: 2, arbitrary: fc.record({do: fc.constant('wait' as const), seconds: fc.integer({min: 1, max: 40})})},
);

const scenario = fc.record({
  ratio: fc.constantFrom<readonly number[]>([1, 1], [2, 4], [3], [1, 2, 3]),
  order: fc.constantFrom('NotReadyFirst', 'Newest', 'Oldest', 'Hold'),
  originPolicy: fc.constantFrom('Park', 'Keep'),
  minAvailableGroups: fc.constantFrom(0, 0, 1, 2),
  drainSeconds: fc.constantFrom(0, 0, 20),
  events: fc.array(event, {minLength: 1, maxLength: 40}),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** The stored history names it, or is full of what came later. */
function isTold({group, since}: Removal, history: readonly HistoryEntry[]): boolean {
  const full = history.length >= 10 && history.every(({time}) => Date.parse(time) >= Date.parse(since));
  return full || history.some(({time, removed}) => time === since && removed?.includes(group) === true);
}

/** Watches one history from outside, with its own simple notion of what a group is. */
class Oracle {
  readonly cluster: ModelCluster;
  readonly #ratio: readonly number[];
  readonly #foreign = new Map<string, string>();
  readonly #retired = new Set<string>();
  readonly #wasComplete = new Set<string>();

  constructor(cluster: ModelCluster, ratio: readonly number[]) {
    this.cluster = cluster;
    this.#ratio = ratio;
  }

  addForeign(name: string): void {
    if (this.cluster.workloads.has(name)) return;
    this.cluster.put(this.cluster.workload(name, 7));
    this.#foreign.set(name, JSON.stringify(this.cluster.workloads.get(name)?.['spec']));
  }

  /** Before a decision is acted on. */
  see = ({actions}: Decision, snapshot: Snapshot): void => {
    const {status} = snapshot.rsg;
    const stored = removalsOf(snapshot.rsg);
    for (const action of actions) {
      if (action.do === 'create') {
        for (const {id} of action.groups) {
          const known = (status.pendingGroups ?? []).includes(id) || snapshot.clones.some((clone) => clone.group === id);
          assert.ok(known, `${id} is created before its ID is written down`);
          assert.ok(!this.#retired.has(id), `${id} was removed and comes back`);
        }
      }
      if (action.do === 'delete') {
        const marked = stored.some((removal) => removal.group === action.group && removal.phase === 'Deleting');
        assert.ok(marked || !this.#wasComplete.has(action.group), `${action.group} is deleted without a stored mark`);
      }
      if (action.do === 'restore') {
        const last = status.history?.findLast(({added = [], removed = []}) => [...added, ...removed].includes('group0'));
        assert.ok(last?.added?.includes('group0'), 'the originals are brought back before that is told');
      }
      if (action.do === 'mark') {
        const gone = stored.filter((old) => !action.removing.some((one) => one.group === old.group));
        for (const removal of gone) assert.ok(isTold(removal, status.history ?? []), `the mark of ${removal.group} goes before it is told`);
        this.#checkOrder(
          snapshot,
          action.removing.filter((one) => !stored.some((old) => old.group === one.group)).map((one) => one.group),
        );
      }
    }
  };

  /** The listed victims come in the order of the list, and before any that is not listed; with Hold there are no others. */
  #checkOrder({rsg}: Snapshot, victims: readonly string[]): void {
    const list = rsg.spec.scalingGroupTask.sortedGroupList;
    const listed = victims.filter((id) => list.includes(id));
    assert.deepEqual(victims.slice(0, listed.length), listed, 'an unlisted group goes before a listed one');
    assert.deepEqual(
      listed,
      [...new Set(list)].filter((id) => listed.includes(id)),
      'out of the order of the list',
    );
    if (rsg.spec.scaleIn.whenListEnds === 'Hold') assert.equal(listed.length, victims.length);
    if (rsg.spec.scaleIn.originPolicy === 'Keep') assert.ok(!victims.includes('group0'), 'group0 is taken although it is kept');
  }

  check(): void {
    const ofOrigin = (this.cluster.rsg.status.history ?? []).filter(({added = [], removed = []}) =>
      [...added, ...removed].includes('group0'),
    );
    for (const [at, {added}] of ofOrigin.entries())
      assert.ok(added === undefined || ofOrigin[at - 1]?.added === undefined, 'the originals are brought back twice');
    for (const [name, spec] of this.#foreign)
      assert.equal(JSON.stringify(this.cluster.workloads.get(name)?.['spec']), spec, `${name} was touched`);
    this.#ratio.forEach((replicas, at) => {
      const original = this.cluster.workloads.get(`member${String(at)}`);
      assert.ok(original !== undefined && original.metadata.deletionTimestamp === undefined, 'an original was deleted');
      assert.equal(asObject(asObject(original['spec'])['template'])['metadata'] !== undefined, true);
      const parked = original.metadata.annotations?.[ANNOTATIONS.parkedReplicas];
      assert.equal(
        parked === undefined ? replicasOf({type: DEPLOYMENT, object: original}) : Number(parked),
        replicas,
        'the replicas of an original are lost',
      );
    });
    const recorded = new Set([...(this.cluster.rsg.status.groups ?? []).map(({id}) => id), ...markedOf(this.cluster)]);
    const groups = Map.groupBy(this.cluster.clones, (clone) => clone.group);
    for (const [id, members] of groups) {
      const live = members.filter(({object}) => object.metadata.deletionTimestamp === undefined);
      if (live.length === this.#ratio.length) {
        const byRole = [...live].sort((a, b) => (a.role < b.role ? -1 : 1)).map(replicasOf);
        assert.deepEqual(byRole, this.#ratio, `${id} is out of ratio`);
        // One that a death kept from ever being recorded, and that somebody then deletes by hand, cannot be told from one never made.
        if (recorded.has(id)) this.#wasComplete.add(id);
      }
    }
    for (const id of this.#wasComplete) if (!groups.has(id)) this.#retired.add(id);
  }

  /** A foreign object took the name of a member that a group had lost. */
  isBlocked(): boolean {
    const groups = new Set(this.cluster.clones.map(({group}) => group));
    return [...this.#foreign.keys()].some((name) => groups.has(name.replace('member0-', '')));
  }

  existing(): number {
    const marked = new Set(markedOf(this.cluster));
    const clones = this.cluster.clones.filter(({object, group}) => object.metadata.deletionTimestamp === undefined && !marked.has(group));
    const parked = this.cluster.workloads.get('member0')?.metadata.annotations?.[ANNOTATIONS.parkedReplicas] !== undefined;
    return new Set(clones.map((clone) => clone.group)).size + (parked || marked.has('group0') ? 0 : 1);
  }
}

const markedOf = ({rsg}: ModelCluster): string[] => removalsOf(rsg).map(({group}) => group);

function happen(oracle: Oracle, one: Event): void {
  const {cluster} = oracle;
  const {spec} = cluster.rsg;
  switch (one.do) {
    case 'scale':
      cluster.rsg = {...cluster.rsg, spec: {...spec, replicas: one.to}};
      return;
    case 'list':
      cluster.rsg = {...cluster.rsg, spec: {...spec, scalingGroupTask: {sortedGroupList: one.ids.map((id) => `group${String(id)}`)}}};
      return;
    case 'ready':
      cluster.becomeReady();
      return;
    case 'restart':
      cluster.forgetMemory();
      return;
    case 'allow':
      cluster.refused = () => false;
      return;
    case 'refuse':
      cluster.refused = (name) => name.startsWith('member0-') && name.endsWith(String(one.index));
      return;
    case 'foreign':
      oracle.addForeign(`member0-group${String(one.index)}`);
      return;
    case 'deleteByHand': {
      const clone = cluster.clones[one.pick % Math.max(cluster.clones.length, 1)];
      if (clone !== undefined) cluster.workloads.delete(clone.object.metadata.name);
      return;
    }
    case 'reconcile':
      cluster.reconcile(oracle.see, one.diesAfter);
      return;
    case 'wait':
      cluster.now += one.seconds * 1000;
  }
}

function play({ratio, order, originPolicy, minAvailableGroups, drainSeconds, events}: Scenario): Oracle {
  const scaleIn = {whenListEnds: order, originPolicy, minAvailableGroups, drain: {timeoutSeconds: drainSeconds}};
  const oracle = new Oracle(new ModelCluster({ratio, spec: {scaleIn}}), ratio);
  for (const one of events) {
    happen(oracle, one);
    oracle.check();
  }
  return oracle;
}

/** Events stop, refusals end: time passes until nothing changes any more. */
function settle(oracle: Oracle): Decision {
  const {cluster} = oracle;
  cluster.refused = () => false;
  let last = cluster.reconcile(oracle.see);
  for (let turn = 0; turn < 20; turn += 1) {
    cluster.becomeReady();
    cluster.now += 30_000;
    last = cluster.reconcile(oracle.see);
    oracle.check();
  }
  return last;
}

describe('whatever happens', () => {
  test('rules hold at every moment, and when events stop the wanted number is reached or the reason is told', () => {
    fc.assert(
      fc.property(scenario, (one) => {
        const oracle = play(one);
        const {status, actions} = settle(oracle);
        assert.deepEqual(actions, [], 'something is still to be done');
        const wanted = oracle.cluster.rsg.spec.replicas;
        const held = status.conditions?.find(({type}) => type === 'ScaleInHeld');
        assert.equal(status.replicas, oracle.existing(), 'status counts other groups than there are');
        if (status.replicas !== wanted) {
          assert.ok((status.replicas ?? 0) > wanted, 'too few groups');
          assert.equal(held?.status, 'True', 'too many groups without a reason');
        }
        if (!oracle.isBlocked()) assert.equal(status.availableReplicas, status.replicas);
        assert.equal(status.pendingGroups, undefined);
        const again = oracle.cluster.reconcile();
        assert.deepEqual(again.status, status, 'a steady state writes');
      }),
      {numRuns: Number(process.env['RSG_PROPERTY_RUNS'] ?? 500)},
    );
  });

  test('a foreign object with the name of a lost member is told, and left alone', () => {
    const oracle = play({
      ...{ratio: [1, 1], order: 'Newest', originPolicy: 'Park', minAvailableGroups: 0, drainSeconds: 0},
      events: [
        {do: 'scale', to: 2},
        {do: 'reconcile', diesAfter: 1000},
        {do: 'deleteByHand', pick: 0},
        {do: 'foreign', index: 1},
      ],
    });
    const {status, actions} = settle(oracle);
    assert.deepEqual(actions, []);
    const progressing = status.conditions?.find(({type}) => type === 'Progressing');
    assert.match(
      `${progressing?.reason ?? ''}: ${progressing?.message ?? ''}`,
      /^NameTaken: Deployment\/default\/member0-group1 exists and is not/u,
    );
  });

  test('clones are told apart by labels of their own only', () => {
    const oracle = play({
      ratio: [1, 2],
      order: 'Newest',
      originPolicy: 'Park',
      minAvailableGroups: 0,
      drainSeconds: 0,
      events: [{do: 'scale', to: 3}],
    });
    settle(oracle);
    for (const {object} of oracle.cluster.clones) {
      const selector = Object.keys(asObject(asObject(asObject(object['spec'])['selector'])['matchLabels'])).sort();
      assert.deepEqual(selector, [LABELS.group, LABELS.name, LABELS.role, LABELS.rsgUid].sort());
    }
    assert.equal(oracle.cluster.clones.length, 4);
  });
});
