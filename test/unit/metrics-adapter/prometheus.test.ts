/** A Prometheus as the source: what is asked of it, and what its answers mean. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {noHealthMetrics} from '../../../src/metrics-adapter/health-metrics.ts';
import {enginePreset} from '../../../src/metrics-adapter/presets/catalogue.ts';
import {poll, pollPrometheus, type PollerDeps} from '../../../src/metrics-adapter/prometheus.ts';
import {createPrometheusClient, type PrometheusOptions, type RangeSeries} from '../../../src/metrics-adapter/prometheus-client.ts';
import type {Scraped} from '../../../src/metrics-adapter/scrape.ts';
import type {Target} from '../../../src/metrics-adapter/targets.ts';
import {createLog} from '../../../src/runtime/log.ts';
import {FakeClock} from '../../support/fake-clock.ts';

const preset = enginePreset('custom', {queue: 'queue', running: 'running'});
const log = createLog('silent');
const signal = new AbortController().signal;
const ROUND = {freshMs: 45_000, timeoutMs: 1000};

function aTarget(pod: string, namespace = 'default'): Target {
  return {key: `${namespace}/${pod}`, namespace, pod, reader: {kind: 'engine', preset}, address: {problem: 'not scraped'}};
}

function series(pod: string, value: number, more: Readonly<Record<string, string>> = {}, atMs = 1000): RangeSeries {
  return {
    labels: {__name__: 'x', namespace: 'default', pod, job: 'engines', ...more},
    points: [
      {atMs: atMs - 500, value: 0},
      {atMs, value},
    ],
  };
}

function told(result: Scraped | undefined): string {
  if (result === undefined || 'failure' in result) return result?.problem ?? 'nothing';
  return `${result.samples.map(({name, value}) => `${name} ${String(value)}`).join(', ')} @${String(result.atMs)}`;
}

describe('a round of queries', () => {
  const clock = new FakeClock();
  const asked: string[] = [];
  const deps = (answers: Readonly<Record<string, readonly RangeSeries[]>>): PollerDeps => ({
    client: {
      range: (selector) => {
        asked.push(selector);
        const found = answers[selector.split('{')[0] ?? ''];
        return found === undefined ? Promise.reject(new Error('HTTP 503')) : Promise.resolve(found);
      },
    },
    ...{clock, log, metrics: noHealthMetrics},
  });

  test('is one query per metric name, whatever the number of pods, over the namespaces concerned', async () => {
    const targets = [...Array.from({length: 50}, (_, at) => aTarget(`p${String(at)}`)), aTarget('q', 'other')];
    await poll(targets, ROUND, deps({queue: [], running: []}), signal);
    assert.deepEqual(asked.splice(0), ['queue{namespace=~"default|other"}[45s]', 'running{namespace=~"default|other"}[45s]']);
  });
  test('takes the latest sample of each series, with its own time', async () => {
    const results = await poll([aTarget('a')], ROUND, deps({queue: [series('a', 3)], running: [series('a', 4, {}, 900)]}), signal);
    assert.equal(told([...results.values()][0]), 'queue 3, running 4 @900');
  });
  test('keeps the series of several engines apart, and counts a pod scraped by two jobs once', async () => {
    const queue = [series('a', 3, {engine: '0'}), series('a', 5, {engine: '1'}), series('a', 2, {engine: '1', job: 'more'}, 800)];
    const results = await poll([aTarget('a')], ROUND, deps({queue, running: []}), signal);
    assert.equal(told([...results.values()][0]), 'queue 3, queue 5 @1000');
  });
  test('without an answer for a pod leaves it unknown', async () => {
    const results = await poll([aTarget('a'), aTarget('b')], ROUND, deps({queue: [series('a', 3)], running: []}), signal);
    assert.deepEqual([...results.values()].map(told), ['queue 3 @1000', 'Prometheus has no fresh sample of it']);
  });
  test('of which one query fails leaves every pod unknown', async () => {
    const results = await poll([aTarget('a')], ROUND, deps({queue: [series('a', 3)]}), signal);
    assert.deepEqual([...results.values()].map(told), ['Prometheus: HTTP 503']);
  });
});

test('the poller asks once per interval, and nothing while nobody needs it', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let targets: Target[] = [];
  let queries = 0;
  const client = {range: () => ((queries += 1), Promise.resolve([]))};
  const options = {intervalMs: 15_000, freshMs: 45_000, targets: () => targets, onRound: () => undefined};
  const ended = pollPrometheus(options, {client, clock, log, metrics: noHealthMetrics}, stop.signal);
  await clock.advance(60_000);
  assert.equal(queries, 0);
  targets = [aTarget('a')];
  await clock.advance(60_000);
  assert.equal(queries, 4 * 2);
  stop.abort();
  await ended;
});

describe('the client', () => {
  const clock = new FakeClock();
  let server: Server;
  let url: string;
  let directory: string;
  let answer: {status: number; body: string};
  const seen: {url: string; authorization: string; body: string}[] = [];
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rsg-prometheus-'));
    writeFileSync(join(directory, 'secret'), 'opensesame\n');
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({url: request.url ?? '', authorization: request.headers.authorization ?? '', body});
        response.writeHead(answer.status, {'content-type': 'application/json'}).end(answer.body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/prometheus/`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, {recursive: true});
  });
  const ask = async (more: Partial<PrometheusOptions> = {}): Promise<readonly RangeSeries[] | string> => {
    const client = createPrometheusClient({url, ...more}, {clock});
    return client.range('queue[45s]', {atMs: 1_700_000_000_123, timeoutMs: 1000}, signal).catch((error: unknown) => String(error));
  };

  test('posts the query with one evaluation time, under the path prefix', async () => {
    answer = {
      status: 200,
      body: '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":[[1.5,"3"],[2,"+Inf"],[3,"NaN"]]}]}}',
    };
    assert.deepEqual(await ask(), [
      {
        labels: {pod: 'a'},
        points: [
          {atMs: 1500, value: 3},
          {atMs: 2000, value: Number.POSITIVE_INFINITY},
          {atMs: 3000, value: Number.NaN},
        ],
      },
    ]);
    assert.deepEqual(seen.at(-1), {
      url: '/prometheus/api/v1/query',
      authorization: '',
      body: 'query=queue%5B45s%5D&time=1700000000.123&timeout=1000ms',
    });
  });
  test('sends a bearer token from its file', async () => {
    await ask({bearerTokenFile: join(directory, 'secret')});
    assert.equal(seen.at(-1)?.authorization, 'Bearer opensesame');
  });
  test('sends a name and a password', async () => {
    await ask({basic: {username: 'rsg', passwordFile: join(directory, 'secret')}});
    assert.equal(seen.at(-1)?.authorization, `Basic ${Buffer.from('rsg:opensesame').toString('base64')}`);
  });
  const ROWS: readonly [string, number, string, string][] = [
    ['refused credentials', 401, 'Unauthorized', 'Error: HTTP 401: the credentials are refused'],
    [
      'an error of the query',
      422,
      '{"status":"error","errorType":"execution","error":"too many samples"}',
      'Error: execution: too many samples',
    ],
    ['a page of a proxy', 502, '<html>', 'Error: HTTP 502, and what it says is no answer of a Prometheus'],
    [
      'another type of result',
      200,
      '{"status":"success","data":{"resultType":"vector","result":[]}}',
      'Error: HTTP 200, and what it says is no answer of a Prometheus',
    ],
  ];
  for (const [what, status, body, expected] of ROWS) {
    test(`tells ${what}`, async () => {
      answer = {status, body};
      assert.equal(await ask(), expected);
    });
  }
});
