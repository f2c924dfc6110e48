/**
 * The load of a fleet whose total stays the same, whatever its pods do from one round of scrapes to the next: the sum of what is held, and on
 * top of it at most what pods that do not answer may still hold. So an HPA's number cannot move unless engines fail.
 */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import type {Phase} from '../../../src/api/schema.ts';
import {loadOf} from '../../../src/metrics-adapter/aggregate.ts';
import {createCells} from '../../../src/metrics-adapter/cells.ts';
import {createEngineStates} from '../../../src/metrics-adapter/engine-states.ts';
import {isUnknown, type Measured, type RoleModel, type RsgModel, type Unknown} from '../../../src/metrics-adapter/model.ts';
import {vllm} from '../../../src/metrics-adapter/presets/vllm.ts';
import {createSnapshots} from '../../../src/metrics-adapter/snapshots.ts';
import type {Plan, Target} from '../../../src/metrics-adapter/targets.ts';

const TOTAL = 100;
const INTERVAL_MS = 15_000;
const RULES = {freshMs: 3 * INTERVAL_MS, coverage: 0.8};
const PODS_PER_GROUP = 4;
/** A target of 1 a pod, and one replica: load is what is held. */
const ROLE: RoleModel = {
  ...{role: 'decode', engine: 'vllm', preset: vllm, replicas: 1},
  saturation: [{signal: 'queue', target: 1, quantile: 0.95}],
};

type State = 'starts' | 'serves' | 'is ending' | 'is silent' | 'is silent and not Ready';
interface Pod {
  readonly name: string;
  readonly group: number;
  state: State;
  /** What it said last, and in which round. */
  last: {readonly held: number; readonly round: number};
}

type Event = {readonly what: 'a group is added' | 'a group is removed'} | {readonly what: State | 'is gone'; readonly which: number};

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({what: fc.constantFrom('a group is added' as const, 'a group is removed' as const)}),
  fc.record({
    what: fc.constantFrom<State | 'is gone'>('starts', 'serves', 'serves', 'is ending', 'is silent', 'is silent and not Ready', 'is gone'),
    which: fc.nat(99),
  }),
);

interface Step {
  readonly event: Event;
  /** How the total is spread then. */
  readonly weights: readonly number[];
}

/** A fleet, and what the adapter makes of it: round after round with the real states and snapshots. */
class World {
  readonly pods: Pod[] = [];
  readonly #phases = new Map<number, Phase>();
  readonly #states = createEngineStates({windowMs: 60_000});
  readonly #snapshots = createSnapshots(this.#states);
  #round = 0;
  #made = 0;

  constructor() {
    this.add('Available', 'serves');
    this.add('Available', 'serves');
  }
  add(phase: Phase, state: State): void {
    const group = this.#phases.size;
    this.#phases.set(group, phase);
    for (let at = 0; at < PODS_PER_GROUP; at += 1) {
      this.#made += 1;
      this.pods.push({name: `pod-${String(this.#made)}`, group, state, last: {held: 0, round: -99}});
    }
  }
  happens(one: Event): void {
    if (one.what === 'a group is added') this.add('Creating', 'starts');
    else if (one.what === 'a group is removed') {
      const newest = Math.max(...this.#phases.keys());
      if (newest > 0) this.#phases.set(newest, 'Deleting');
      for (const pod of this.pods) if (pod.group === newest && newest > 0) pod.state = 'is ending';
    } else if ('which' in one) {
      const at = one.which % Math.max(1, this.pods.length);
      const pod = this.pods[at];
      // What is being deleted does not come back.
      if (one.what === 'is gone') this.pods.splice(at, 1);
      else if (pod !== undefined && pod.state !== 'is ending') pod.state = one.what;
    }
    for (const [group, phase] of this.#phases) {
      const own = this.pods.filter((pod) => pod.group === group);
      if (phase === 'Creating' && own.length > 0 && own.every(({state}) => state === 'serves')) this.#phases.set(group, 'Available');
    }
  }
  /** Ready pods of groups that have been available: how many answer, and how many do not. */
  needed(): {readonly answer: number; readonly silent: number} {
    const needed = this.pods.filter(({group}) => this.#phases.get(group) === 'Available');
    const count = (of: State): number => needed.filter(({state}) => state === of).length;
    return {answer: count('serves'), silent: count('is silent')};
  }
  /** Those that hold requests: the total is spread over them by `weights`. */
  holders(): Pod[] {
    return this.pods.filter(({state}) => state === 'serves' || state === 'is ending');
  }
  scrape(weights: readonly number[]): Measured | Unknown {
    this.#round += 1;
    const plan = this.#plan();
    this.#snapshots.begin('rsg', plan);
    const holders = this.holders();
    const weightOf = (pod: Pod): number => weights[holders.indexOf(pod) % weights.length] ?? 1;
    const all = holders.reduce((sum, pod) => sum + weightOf(pod), 0);
    for (const pod of this.pods) {
      const target = targetOf(pod);
      const atMs = this.#round * INTERVAL_MS;
      if (pod.state.startsWith('is silent')) {
        this.#states.record(target, {failure: 'unreachable', problem: 'reset'});
        continue;
      }
      const held = holders.includes(pod) ? (TOTAL * weightOf(pod)) / all : 0;
      pod.last = {held, round: this.#round};
      this.#states.record(target, {atMs, samples: [{name: 'vllm:num_requests_waiting', labels: new Map(), value: held}]});
    }
    this.#snapshots.end('rsg', plan);
    const {model, engines} = this.#snapshots.of('rsg') ?? assert.fail('a round has ended');
    return loadOf(createCells({model, stateOf: (target) => engines.get(target), nowMs: this.#round * INTERVAL_MS, ...RULES}), ROLE);
  }
  /** What pods that do not answer may be taken to hold: as much as any pod has said last, while that is fresh. */
  doubt(): number {
    const silent = this.pods.filter(({state}) => state.startsWith('is silent'));
    const fresh = [...this.holders(), ...silent].filter(({last}) => this.#round - last.round <= 3);
    return silent.length * Math.max(0, ...fresh.map(({last}) => last.held));
  }
  #plan(): Plan {
    const pods = this.pods.map((pod) => ({
      target: pod.name,
      name: pod.name,
      group: `group${String(pod.group)}`,
      role: 'decode',
      ready: pod.state === 'serves' || pod.state === 'is silent',
      leaving: pod.state === 'is ending',
    }));
    const groups = [...this.#phases].map(([id, phase]) => ({id: `group${String(id)}`, phase, counted: phase === 'Available'}));
    const model: RsgModel = {namespace: 'default', name: 'rsg', roles: [ROLE], groups, existing: 2, wanted: 2, pods, representatives: 2};
    return {model, source: 'scrape', targets: this.pods.map(targetOf)};
  }
}

function targetOf({name}: Pod): Target {
  return {key: name, namespace: 'default', pod: name, reader: {kind: 'engine', preset: vllm}, address: {problem: 'played'}};
}

describe('under constant load, whatever starts, is added, removed, ends or fails between two rounds', () => {
  const weights = fc.array(fc.integer({min: 1, max: 5}), {minLength: 1, maxLength: 9});
  const history: fc.Arbitrary<Step[]> = fc.array(fc.record({event, weights}), {maxLength: 25});
  const live = (steps: readonly Step[], check: (world: World, load: Measured | Unknown) => void): void => {
    const world = new World();
    world.scrape([1]);
    for (const step of steps) {
      world.happens(step.event);
      if (world.holders().length > 0) check(world, world.scrape(step.weights));
    }
  };

  test('load is the total, and above it at most what silent pods may hold', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, (world, load) => {
          if (isUnknown(load)) return;
          assert.ok(load.value >= TOTAL - 1e-6, `${String(load.value)} is too little`);
          assert.ok(load.value <= TOTAL + world.doubt() + 1e-6, `${String(load.value)} is too much: ${String(world.doubt())} in doubt`);
        });
      }),
      {numRuns: 400},
    );
  });
  test('it is unknown only where more than a fifth of the Ready pods are silent, or none is Ready', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, (world, load) => {
          if (!isUnknown(load)) return;
          const {answer, silent} = world.needed();
          assert.ok(answer === 0 || silent > 0.2 * (answer + silent), load.unknown);
        });
      }),
      {numRuns: 400},
    );
  });
});
