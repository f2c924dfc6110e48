/** The doors of `--http-address`: JSON, and gauges for Prometheus. Numbers in names are those of the conformance checklist. */
import assert from 'node:assert/strict';
import {beforeEach, describe, test} from 'node:test';
import fastify, {type FastifyInstance} from 'fastify';
import {Registry} from 'prom-client';
import type {Reading, RoleOverview, RsgOverview} from '../../../../src/metrics-adapter/query.ts';
import {addJsonRoutes} from '../../../../src/metrics-adapter/serving/json-door.ts';
import {registerGauges} from '../../../../src/metrics-adapter/serving/prometheus.ts';
import {createServingMetrics} from '../../../../src/metrics-adapter/serving/serving-metrics.ts';
import {fakeSource, UNAVAILABLE, type FakeSource} from '../../../support/fake-metric-source.ts';

const UNKNOWN: Reading = {unknown: 'pod decode-1 gives no answer'};

function role(name: string, load: Reading): RoleOverview {
  const none = UNKNOWN;
  const rest = {kvUsage: none, promptTokens: none, generationTokens: none, requests: none, ttft: none, itl: none, queueTime: none};
  return {role: name, utilization: load, load, signals: {queue: {value: 3}, running: {value: 0}, ...rest}};
}

const OVERVIEW: RsgOverview = {
  namespace: 'default',
  name: 'llama',
  timestampMs: undefined,
  groups: [
    {id: 'group0', phase: 'Available', counted: true, roles: [role('prefill', {value: 0.5})]},
    {id: 'group1', phase: 'Creating', counted: false, roles: [role('prefill', UNKNOWN)]},
  ],
  roles: [role('prefill', {value: 0.5})],
  bottleneck: 'prefill',
  imbalance: {prefill: 1},
  levelledRatio: {},
  demand: undefined,
  active: undefined,
  missing: [],
};

describe('the plain doors', () => {
  let source: FakeSource;
  let server: FastifyInstance;
  beforeEach(() => {
    source = fakeSource();
    source.values.set('llama rsg_load', 2.4);
    source.overviews.set('llama', OVERVIEW);
    server = fastify();
    addJsonRoutes(server, {source, metrics: createServingMetrics(new Registry())});
  });
  const get = async (path: string): Promise<readonly [number, unknown]> => {
    const {statusCode, body} = await server.inject(path);
    return [statusCode, JSON.parse(body)];
  };
  const RSG = '/v1/namespaces/default/rsgs/llama';

  test('32: one value per URL, with what it is about', async () => {
    assert.deepEqual(await get(`${RSG}/rsg_load?role=decode&group=group1&quantile=0.5`), [
      200,
      {namespace: 'default', rsg: 'llama', metric: 'rsg_load', value: 2.4, timestamp: '2026-01-01T00:00:00Z', windowSeconds: 30.4},
    ]);
    const asked = {namespace: 'default', rsg: 'llama', metric: 'rsg_load', role: 'decode', group: 'group1', quantile: 0.5};
    assert.deepEqual(source.asked, [asked]);
  });

  test('32: unknown is a 503 and never a number', async () => {
    source.values.set('llama rsg_load', UNAVAILABLE);
    assert.deepEqual(await get(`${RSG}/rsg_load`), [503, {error: 'Unavailable', message: UNAVAILABLE.message}]);
    source.values.set('llama rsg_load', Number.POSITIVE_INFINITY);
    assert.equal((await get(`${RSG}/rsg_load`))[0], 503);
  });

  test('an unknown RSG or metric is a 404, a parameter that does not exist a 400', async () => {
    assert.equal((await get('/v1/namespaces/default/rsgs/nobody/rsg_load'))[0], 404);
    assert.equal((await get('/v1/namespaces/default/rsgs/nobody'))[0], 404);
    assert.equal((await get(`${RSG}/cpu`))[0], 404);
    for (const query of ['rol=decode', 'quantile=2', 'quantile=p95', 'role=']) {
      assert.equal((await get(`${RSG}/rsg_load?${query}`))[0], 400, query);
    }
  });

  test('everything about one RSG, and which there are', async () => {
    assert.deepEqual(await get(RSG), [200, JSON.parse(JSON.stringify(OVERVIEW))]);
    assert.deepEqual(await get('/v1/rsgs'), [200, {items: [{namespace: 'default', name: 'llama'}]}]);
  });

  test('gauges say what is known, by RSG, role and group; a known 0 is there and the unknown is absent', async () => {
    const registry = new Registry();
    const fill = registerGauges(registry, source);
    fill();
    const text = await registry.metrics();
    const lines = text.split('\n').filter((line) => line.startsWith('rsg_'));
    const labels = (of: string, group: string): string => `namespace="default",rsg="llama",role="${of}",group="${group}"`;
    assert.deepEqual(
      lines.filter((line) => /^rsg_(load|groups|running|imbalance|ttft)/u.test(line)),
      [
        'rsg_groups{namespace="default",rsg="llama",phase="Available"} 1',
        'rsg_groups{namespace="default",rsg="llama",phase="Creating"} 1',
        `rsg_load{${labels('', '')}} 2.4`,
        `rsg_load{${labels('prefill', '')}} 0.5`,
        `rsg_load{${labels('prefill', 'group0')}} 0.5`,
        `rsg_running_requests{${labels('prefill', '')}} 0`,
        `rsg_running_requests{${labels('prefill', 'group0')}} 0`,
        `rsg_running_requests{${labels('prefill', 'group1')}} 0`,
        `rsg_imbalance{${labels('prefill', '')}} 1`,
      ],
    );
  });

  test('what becomes unknown, and an RSG that goes, leaves no gauge behind', async () => {
    const registry = new Registry();
    const fill = registerGauges(registry, source);
    fill();
    source.values.clear();
    fill();
    assert.doesNotMatch(await registry.metrics(), /^rsg_\w+\{/mu);
  });
});
