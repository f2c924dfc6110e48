/** Answers from memory: when they are computed anew, and who is told. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {createEngineStates} from '../../../src/metrics-adapter/engine-states.ts';
import type {MetricAnswer} from '../../../src/metrics-adapter/query.ts';
import {createSnapshots} from '../../../src/metrics-adapter/snapshots.ts';
import {planOf, type Plan, type Target} from '../../../src/metrics-adapter/targets.ts';
import {createViews, type Views} from '../../../src/metrics-adapter/views.ts';
import {aPod, anRsg} from '../../support/adapter-objects.ts';
import {FakeClock} from '../../support/fake-clock.ts';

const RULES = {freshMs: 45_000, coverage: 0.8};
const KEY = 'default/llama';

interface Scene {
  readonly clock: FakeClock;
  readonly plans: Map<string, Plan>;
  readonly views: Views;
  readonly plan: Plan;
  readonly target: Target;
  scrape(queue: number, atMs?: number, begun?: Plan): void;
  load(): MetricAnswer;
}

function aScene(awaited?: string): Scene {
  const clock = new FakeClock();
  const states = createEngineStates({windowMs: 60_000});
  const pods = [{group: 'group0', role: 'prefill', pod: aPod({name: 'a'})}];
  const plan = planOf(
    {rsg: anRsg({groups: [{id: 'group0', phase: 'Available', members: {prefill: 1}}], ratio: '1'}), pods, labelled: []},
    {allowHostNetwork: false},
  );
  const plans = new Map([[KEY, plan]]);
  const snapshots = createSnapshots(states);
  const views = createViews(RULES, {plans, snapshots, clock, awaited: () => awaited});
  const [target] = plan.targets;
  assert.ok(target !== undefined);
  return {
    ...{clock, plans, views, plan, target},
    scrape: (queue, atMs = clock.now(), begun = plan) => {
      const labels = new Map<string, string>();
      snapshots.begin(KEY, begun);
      states.record(target, {atMs, samples: [{name: 'vllm:num_requests_waiting', labels, value: queue}]});
      snapshots.end(KEY, plan);
      views.touch(KEY);
    },
    load: () => views.source.answer({namespace: 'default', rsg: 'llama', metric: 'rsg_load'}),
  };
}

describe('answers from memory', () => {
  test('follow every round of scrapes', () => {
    const scene = aScene();
    scene.scrape(8);
    assert.deepEqual(scene.load(), {kind: 'value', value: 1, timestampMs: scene.clock.now(), windowSeconds: 0});
    scene.scrape(4, scene.clock.now() + 1);
    assert.equal((scene.load() as {value: number}).value, 0.5);
  });
  test('count a pod with what it held although it was seen to be Ready only when the round had ended', () => {
    const scene = aScene();
    const [first, ...rest] = scene.plan.model.pods;
    assert.ok(first !== undefined);
    const late = {...scene.plan, model: {...scene.plan.model, pods: [{...first, ready: false}, ...rest]}};
    scene.scrape(8, scene.clock.now(), late);
    assert.equal(scene.load().kind, 'value');
  });
  test('end when their samples are older than three intervals, though nothing happens', async () => {
    const scene = aScene();
    scene.scrape(8);
    await scene.clock.advance(45_000);
    assert.equal(scene.load().kind, 'value');
    await scene.clock.advance(1);
    const answer = scene.load();
    assert.ok(answer.kind === 'error' && answer.code === 'Unavailable');
    assert.match(answer.message, /a \(not answered; last seen 45 s ago\)/u);
  });
  test('of an RSG that is gone say so', () => {
    const scene = aScene();
    scene.scrape(8);
    scene.plans.clear();
    scene.views.touch(KEY);
    assert.deepEqual(scene.load(), {
      kind: 'error',
      code: 'UnknownRsg',
      message: 'there is no ResourceScalingGroup default/llama with spec.metrics',
    });
    assert.deepEqual(scene.views.source.rsgs(), []);
  });
  test('of one whose pods are still being read are unavailable, not unknown', () => {
    const scene = aScene('the pods of default/llama have not been read yet');
    scene.plans.clear();
    const answer = scene.load();
    assert.ok(answer.kind === 'error' && answer.code === 'Unavailable');
  });
  test('changes are told once a second at most, and not after the end of the subscription', async () => {
    const scene = aScene();
    const stop = new AbortController();
    const ended = scene.views.run(stop.signal);
    const told: string[] = [];
    const unsubscribe = scene.views.source.onChange((namespace, name) => told.push(`${namespace}/${name}`));
    for (let turn = 0; turn < 50; turn += 1) scene.scrape(turn, scene.clock.now() + turn);
    await scene.clock.advance(1000);
    assert.deepEqual(told, [KEY]);
    await scene.clock.advance(5000);
    assert.deepEqual(told, [KEY]);
    unsubscribe();
    scene.scrape(1);
    await scene.clock.advance(1000);
    assert.deepEqual(told, [KEY]);
    stop.abort();
    await ended;
  });
});
