/**
 * Answers from memory while 200 pods are scraped every second: how long `rsg_load` takes when asked in a closed loop, and by how much a
 * plain look-up in a Map is faster in the same run. The longest pause is what a request would wait for. Run: node test/bench/answers.ts
 */
import {createEngineStates} from '../../src/metrics-adapter/engine-states.ts';
import {nameFilter, scanExposition} from '../../src/metrics-adapter/exposition.ts';
import {presetNames} from '../../src/metrics-adapter/presets/preset.ts';
import {vllm} from '../../src/metrics-adapter/presets/vllm.ts';
import {createSnapshots} from '../../src/metrics-adapter/snapshots.ts';
import {planOf} from '../../src/metrics-adapter/targets.ts';
import {createViews} from '../../src/metrics-adapter/views.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {aPod, anRsg} from '../support/adapter-objects.ts';
import {bigScrape} from '../support/exposition-text.ts';

const PODS = 200;
const SECONDS = 10;
const KEY = 'default/llama';

const groups = Array.from({length: PODS / 4}, (_, at) => ({
  id: `group${String(at)}`,
  phase: 'Available' as const,
  members: {prefill: 2, decode: 2},
}));
const pods = groups.flatMap(({id}) =>
  [0, 1, 2, 3].map((at) => ({group: id, role: at < 2 ? 'prefill' : 'decode', pod: aPod({name: `${id}-${String(at)}`})})),
);
const plan = planOf({rsg: anRsg({groups, ratio: '2:2'}), pods, labelled: []}, {allowHostNetwork: false});
const states = createEngineStates({windowMs: 60_000});
const snapshots = createSnapshots(states);
const views = createViews(
  {freshMs: 3000, coverage: 0.8},
  {plans: new Map([[KEY, plan]]), snapshots, clock: systemClock, awaited: () => undefined},
);
const names = nameFilter(presetNames(vllm));
const rest = bigScrape({histograms: 97, buckets: 23, gauges: 8});
const scrapeOf = (count: number): Buffer =>
  Buffer.from(
    `${rest}vllm:num_requests_waiting ${String(count % 9)}\nvllm:num_requests_running 3\nvllm:kv_cache_usage_perc 0.4\nvllm:prompt_tokens_total ${String(count * 100)}\n`,
  );

let scrapes = 0;
function scrapeOne(): void {
  const target = plan.targets[scrapes % PODS];
  scrapes += 1;
  const scan = scanExposition(scrapeOf(scrapes), {names, openMetrics: false});
  if (target === undefined || 'broken' in scan) throw new Error('the bench is broken');
  states.record(target, {atMs: systemClock.now(), samples: scan.samples});
  if (scrapes % PODS !== 0) return;
  snapshots.end(KEY, plan);
  snapshots.begin(KEY, plan);
}

function percentile(sorted: readonly number[], share: number): string {
  return ((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000).toFixed(1);
}

snapshots.begin(KEY, plan);
for (let pod = 0; pod < PODS; pod += 1) scrapeOne();
const times: number[] = [];
const started = performance.now();
for (let at = started; at - started < SECONDS * 1000; at = performance.now()) {
  const due = Math.floor(((at - started) / 1000) * PODS);
  if (scrapes - PODS < due) scrapeOne();
  const before = performance.now();
  const answer = views.source.answer({namespace: 'default', rsg: 'llama', metric: 'rsg_load'});
  times.push(performance.now() - before);
  if (answer.kind === 'error') throw new Error(answer.message);
  if (times.length % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const plain = new Map([[KEY, 1]]);
const beforePlain = performance.now();
let found = 0;
for (let turn = 0; turn < times.length; turn += 1) found += plain.get(KEY) ?? 0;
const plainMs = (performance.now() - beforePlain) / times.length;
times.sort((a, b) => a - b);
const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
process.stdout.write(
  `${String(scrapes - PODS)} scrapes of ${String(PODS)} pods in ${String(SECONDS)} s, ${String(found)} answers: mean ${(mean * 1000).toFixed(1)} µs, ` +
    `median ${percentile(times, 0.5)} µs, p99 ${percentile(times, 0.99)} µs, longest ${percentile(times, 0.99999)} µs, ` +
    `${(mean / plainMs).toFixed(0)} × a look-up in a Map\n`,
);
