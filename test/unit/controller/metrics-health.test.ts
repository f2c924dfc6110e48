import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {decide} from '../../../src/controller/decide.ts';
import {createMetricsHealths} from '../../../src/controller/metrics-health.ts';
import type {MetricsHealth} from '../../../src/controller/model.ts';
import {FakeClock} from '../../support/fake-clock.ts';
import {ModelCluster} from '../../support/model-cluster.ts';

const told = (metricsHealth?: MetricsHealth): string => {
  const cluster = new ModelCluster({ratio: [1], spec: {metrics: {engine: 'vllm'}}});
  const {status} = decide({...cluster.snapshot(), ...(metricsHealth === undefined ? {} : {metricsHealth})}, cluster.now);
  const found = status.conditions?.find(({type}) => type === 'MetricsAvailable');
  return found === undefined ? 'none' : `${found.status} ${found.reason}: ${found.message}`;
};

describe('the condition MetricsAvailable', () => {
  test('is absent where no metrics are wanted', () => {
    const cluster = new ModelCluster({ratio: [1]});
    cluster.reconcile();
    assert.equal(
      cluster.rsg.status.conditions?.some(({type}) => type === 'MetricsAvailable'),
      false,
    );
  });

  test('is Unknown where nobody was asked, and where the adapter does not answer', () => {
    assert.match(told(), /^Unknown NotObserved: .*--metrics-adapter-url/u);
    assert.equal(told({unknown: 'HTTP 500'}), 'Unknown AdapterUnreachable: the metrics adapter does not answer: HTTP 500');
  });

  test('names pods and their signals, in a fixed order', () => {
    const missing = [
      {pod: 'prefill-b', signals: ['queue', 'kvUsage']},
      {pod: 'decode-0', signals: 'all'},
    ] as const;
    assert.match(told({missing}), /^False SignalsMissing: signals are missing of decode-0 \(all\), prefill-b \(kvUsage, queue\); /u);
    assert.equal(told({missing: []}), 'True AllReported: every Ready pod reports what the load needs');
  });

  test('stays short however many pods are silent', () => {
    const missing = Array.from({length: 500}, (_, at) => ({pod: `pod-${String(at)}`, signals: 'all'}) as const);
    assert.match(told({missing}), /and 490 more;/u);
  });
});

describe('asking the adapter', () => {
  test('a changed answer wakes the RSG, the same one does not; one that fails is unknown', async () => {
    const clock = new FakeClock();
    const woken: string[] = [];
    const answers: (MetricsHealth | Error)[] = [{missing: []}, {missing: []}, new Error('refused'), {missing: []}];
    const end = new AbortController();
    const healths = createMetricsHealths({
      clock,
      rsgs: () => [{namespace: 'a', name: 'b'}],
      changed: (key) => woken.push(key),
      probe: () => {
        const next = answers.shift();
        if (next === undefined) end.abort();
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? {missing: []});
      },
    });
    const running = healths.run(end.signal);
    const counts: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(woken.length);
      await clock.advance(15_000);
    }
    await running;
    assert.deepEqual(counts, [1, 1, 2, 3]);
  });
});
