import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Registry} from 'prom-client';
import {createHealthMetrics} from '../../../src/metrics-adapter/health-metrics.ts';
import {nameFilter, scanExposition} from '../../../src/metrics-adapter/exposition.ts';

async function counts(registry: Registry): Promise<ReadonlyMap<string, number>> {
  const scan = scanExposition(Buffer.from(await registry.metrics()), {
    names: nameFilter(['rsg_adapter_scrapes_total', 'rsg_adapter_parse_errors_total', 'rsg_adapter_targets']),
    openMetrics: false,
  });
  assert.ok('samples' in scan, JSON.stringify(scan));
  return new Map(scan.samples.map(({name, labels, value}) => [[name, ...labels.values()].join(' '), value]));
}

test('every outcome is there from the start, at 0, so that its first occurrence is an increase', async () => {
  const registry = new Registry();
  createHealthMetrics(registry);
  const all = await counts(registry);
  assert.equal(all.size, 2 * 9 + 2);
  assert.ok([...all.values()].every((value) => value === 0));
});

test('scrapes are counted by source and outcome', async () => {
  const registry = new Registry();
  const metrics = createHealthMetrics(registry);
  metrics.scraped('pod', 'ok', {seconds: 0.01, bytes: 5000});
  metrics.scraped('pod', 'broken', {seconds: 0.01, bytes: 50});
  metrics.scraped('prometheus', 'unreachable', {seconds: 1});
  metrics.targets(7);
  const all = await counts(registry);
  assert.deepEqual(
    [
      'rsg_adapter_scrapes_total pod ok',
      'rsg_adapter_scrapes_total prometheus unreachable',
      'rsg_adapter_parse_errors_total',
      'rsg_adapter_targets',
    ].map((name) => all.get(name)),
    [1, 1, 1, 7],
  );
});
