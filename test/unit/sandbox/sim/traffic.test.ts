/** Engines, router and trace: no request is lost without being counted, none goes where it must not. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, test} from 'node:test';
import {createEngine, type EngineRole} from '../../../../src/sandbox/sim/engine/model.ts';
import {exposition} from '../../../../src/sandbox/sim/engine/exposition.ts';
import type {Cut, Fleet, Member} from '../../../../src/sandbox/sim/engine/fleet.ts';
import {createTraffic} from '../../../../src/sandbox/sim/traffic/play.ts';
import {routeDecode, routePrefill} from '../../../../src/sandbox/sim/traffic/router.ts';
import {arrivals, longArrivals, parseTrace} from '../../../../src/sandbox/sim/traffic/trace.ts';

const RATES = {tokensPerSecond: 100, tokensPerSecondEach: 50, kvCacheTokens: 1000};
const SELECTORS = {prefill: {app: 'prefill'}, decode: {app: 'decode'}};

function member(
  group: string,
  role: EngineRole,
  {startedAt = 0, ...change}: {routable?: boolean; labels?: Record<string, string>; startedAt?: number} = {},
): Member {
  const pod = {
    uid: `${group}-${role}`,
    name: `${role}-${group}`,
    role,
    group,
    address: '127.64.0.2',
    port: 8000,
    routable: true,
    labels: {app: role},
  };
  return {pod: {...pod, ...change}, engine: createEngine(role, RATES, startedAt)};
}
const request = (id: number): {id: number; promptTokens: number; generatedTokens: number; arrivedAt: number} => ({
  id,
  promptTokens: 100,
  generatedTokens: 50,
  arrivedAt: 0,
});

describe('an engine', () => {
  test('works on one request no faster than one can be, and on several at its own rate', () => {
    const alone = createEngine('prefill', RATES, 0);
    alone.submit(request(1), 0);
    assert.equal(alone.advance(1.9).length, 0);
    assert.equal(alone.advance(2).length, 1, '100 tokens at 50/s');
    const busy = createEngine('prefill', RATES, 0);
    for (let id = 0; id < 4; id += 1) busy.submit(request(id), 0);
    assert.equal(busy.advance(3.9).length, 0);
    assert.equal(busy.advance(4).length, 4, '400 tokens at 100/s');
  });

  test('admits what its KV cache has room for, and counts the rest as waiting', () => {
    const engine = createEngine('decode', RATES, 0);
    for (let id = 0; id < 10; id += 1) engine.submit(request(id), 0);
    engine.advance(0.25);
    const {running, waiting} = engine.counters();
    assert.deepEqual([running, waiting], [6, 4], '1000 tokens hold six of 150');
  });

  test('tells what vLLM tells', () => {
    const engine = createEngine('prefill', RATES, 0);
    engine.submit(request(1), 0);
    engine.advance(2);
    const text = exposition(engine.counters());
    assert.match(text, /^vllm:prompt_tokens_total\{engine="0",model_name="llama"\} 100$/mu);
    assert.match(text, /^vllm:time_to_first_token_seconds_bucket\{.*le="\+Inf"\} 1$/mu);
  });
});

describe('the router', () => {
  test('takes the group with the least to do', () => {
    const busy = member('g1', 'prefill');
    busy.engine.submit(request(1), 0);
    const members = [busy, member('g1', 'decode'), member('g2', 'prefill'), member('g2', 'decode')];
    assert.equal(routePrefill(members, SELECTORS)?.pod.group, 'g2');
  });

  for (const [name, change] of [
    ['drains, is not Ready or is on its way out', {routable: false}],
    ['is not selected by its Service any more', {labels: {}}],
  ] as const) {
    test(`sends nothing new to a group whose decode ${name}`, () => {
      const members = [member('g1', 'prefill'), member('g1', 'decode', change)];
      assert.equal(routePrefill(members, SELECTORS), undefined);
    });
  }

  test('hands a prompt over within its group, also while that drains', () => {
    const members = [member('g1', 'decode', {routable: false}), member('g2', 'decode')];
    assert.equal(routeDecode(members, 'g1')?.pod.group, 'g1');
  });
});

describe('traffic', () => {
  const trace = parseTrace('second,requests,prompt_tokens,generated_tokens\n0,10,1000,500\n10,10,1000,500\n');
  const play = (members: () => readonly Member[], cuts: () => readonly Cut[] = () => []): ReturnType<typeof createTraffic> => {
    const fleet: Fleet = {members, cuts, follow: () => undefined, close: () => Promise.resolve()};
    return createTraffic({trace, selectors: SELECTORS, from: 0}, {fleet});
  };

  test('every request is finished or on its way', () => {
    const members = [member('g1', 'prefill'), member('g1', 'decode')];
    const traffic = play(() => members);
    for (let at = 1; at <= 40; at += 1) {
      traffic.advance(at);
      const {sent, finished, inFlight, waitingInFront, cut} = traffic.account();
      assert.equal(sent, finished + inFlight + waitingInFront + cut);
    }
    assert.deepEqual(traffic.account(), {sent: 20, finished: 20, waitingInFront: 0, inFlight: 0, cut: 0});
  });

  test('requests wait in front while no group is whole, and a group that goes is counted as cutting what it held', () => {
    let members: readonly Member[] = [];
    const traffic = play(() => members);
    traffic.advance(5);
    assert.equal(traffic.account().waitingInFront, 5);
    members = [member('g1', 'prefill', {startedAt: 5}), member('g1', 'decode', {startedAt: 5})];
    traffic.advance(6);
    assert.equal(traffic.account().waitingInFront, 0);
    members = members.filter(({pod}) => pod.role === 'prefill');
    traffic.advance(30);
    const {cut, sent, waitingInFront, inFlight, finished} = traffic.account();
    assert.ok(cut > 0, 'prompts whose decode pods are gone');
    assert.ok(sent >= cut + waitingInFront + inFlight + finished);
  });

  test('long requests come beside the trace, in even distances', () => {
    const long = {everySeconds: 4, promptTokens: 100, generatedTokens: 5000};
    const at = (from: number, to: number): number[] => longArrivals(long, from, to).map((arrival) => arrival.at);
    assert.deepEqual([at(0, 4), at(0, 9), at(8, 9), at(9, 12), at(9, 13)], [[], [4, 8], [8], [], [12]]);
  });

  test('the recorded hour: all its requests and tokens arrive', () => {
    const recorded = parseTrace(readFileSync(new URL('../../../../src/demo/data/azure-llm-conv-10s.csv', import.meta.url), 'utf8'));
    const wanted = recorded.bins.reduce((sum, bin) => sum + bin.requests, 0);
    let seen = 0;
    for (let from = 0; from < 3600; from += 7) seen += arrivals(recorded, from, Math.min(3600, from + 7)).length;
    assert.equal(seen, wanted);
  });

  test('what is no trace is refused, with its row', () => {
    assert.throws(() => parseTrace('a,b\n'), /a trace begins with/u);
    assert.throws(() => parseTrace('second,requests,prompt_tokens,generated_tokens\n0,x,1,1\n'), /row 1/u);
  });
});
