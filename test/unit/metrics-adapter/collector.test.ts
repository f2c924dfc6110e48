/** The data plane as a whole, over a client that has seen a few objects, with Prometheus or an engine to ask. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {createMetricSource, type Collector, type CollectorOptions} from '../../../src/metrics-adapter/collector.ts';
import {createLog} from '../../../src/runtime/log.ts';
import {anRsg, aPod} from '../../support/adapter-objects.ts';
import {startEngines} from '../../support/engines.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';

const OPTIONS: CollectorOptions = {scrapeIntervalMs: 15_000, coverage: 0.8, allowHostNetwork: false};
const DEPLOYMENTS = {resources: [{name: 'deployments', singularName: 'deployment', kind: 'Deployment', namespaced: true}]};

/** A client whose lists are these objects, and whose watches stay silent until they end. */
function aClient(objects: readonly KubeObject[]): KubeClient {
  const never = (): Promise<never> => Promise.reject(new Error('nothing is written'));
  return {
    list: ({type}) => Promise.resolve({items: objects.filter(({kind}) => kind === type.kind), resourceVersion: '100'}),
    watch: async function* (_query, _from, signal) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, {once: true});
      });
      yield* [];
    },
    raw: () => Promise.resolve(DEPLOYMENTS),
    ...{get: never, create: never, replace: never, patch: never, delete: never},
    close: () => undefined,
  };
}

function objectsOf(metrics: object, ip: string): KubeObject[] {
  const {apiVersion, kind, spec, status} = anRsg({
    metrics,
    groups: [{id: 'group0', phase: 'Available', members: {prefill: 1}}],
    ratio: '1',
  });
  const own = (owning: string, name: string, owner: string, labels: Readonly<Record<string, string>> = {}): KubeObject['metadata'] => ({
    ...{name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '5', labels},
    ownerReferences: [{apiVersion: 'apps/v1', kind: owning, name: owner, uid: `uid-${owner}`, controller: true}],
  });
  return [
    {apiVersion, kind, metadata: {name: 'llama', namespace: 'default', uid: 'rsg-uid', resourceVersion: '5'}, spec, status},
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: own('None', 'prefill', 'none', {'resourcescalinggroup.com/claimed-by': 'rsg-uid'}),
    },
    {apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: own('Deployment', 'set', 'prefill')},
    {...aPod({name: 'prefill-a', ip}), metadata: own('ReplicaSet', 'prefill-a', 'set')},
  ];
}

/** Runs a collector, moving time on a second at a time, until `done` answers or too many rounds have passed. */
async function until(source: Collector, clock: FakeClock, done: () => boolean): Promise<void> {
  const stop = new AbortController();
  const ended = source.run(stop.signal);
  for (let round = 0; round < 200 && !done(); round += 1) {
    await clock.advance(200);
    // Sockets are real.
    for (let turn = 0; turn < 20; turn += 1) await settle();
  }
  stop.abort();
  await clock.advance(1);
  await ended;
}

const load = (source: Collector): string => {
  const answer = source.answer({namespace: 'default', rsg: 'llama', metric: 'rsg_load'});
  return answer.kind === 'value' ? String(answer.value) : `${answer.code}: ${answer.message}`;
};

describe('the collector', () => {
  const log = createLog('silent');
  const random = (): number => 0.5;

  test('says that nothing has been read before it has, and answers once a pod has been scraped', async () => {
    const engines = await startEngines();
    engines.answer = () => ({waiting: 4});
    const clock = new FakeClock();
    const client = aClient(objectsOf({engine: 'vllm', port: engines.port}, '127.64.88.1'));
    const source = createMetricSource(OPTIONS, {client, clock, random, log});
    assert.equal(load(source), 'Unavailable: ResourceScalingGroups have not been read yet');
    assert.equal(source.notReady(), 'ResourceScalingGroups have not been read yet');
    await until(source, clock, () => load(source) === '0.5');
    assert.equal(load(source), '0.5');
    assert.equal(source.notReady(), undefined);
    await engines.close();
  });

  const prometheus = async (value: string): Promise<{server: Server; url: string}> => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const asked = new URLSearchParams(body);
        const metric = {namespace: 'default', pod: 'prefill-a'};
        const queue = asked.get('query')?.startsWith('vllm:num_requests_waiting{') === true;
        const result = queue ? [{metric, values: [[Number(asked.get('time')), value]]}] : [];
        response.end(JSON.stringify({status: 'success', data: {resultType: 'matrix', result}}));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`};
  };

  test('asks Prometheus where that is the source', async () => {
    const {server, url} = await prometheus('6');
    const clock = new FakeClock();
    const client = aClient(objectsOf({engine: 'vllm', source: 'prometheus'}, '127.64.88.2'));
    const source = createMetricSource({...OPTIONS, prometheus: {url}}, {client, clock, random, log});
    await until(source, clock, () => load(source) === '0.75');
    assert.equal(load(source), '0.75');
    server.closeAllConnections();
    server.close();
  });
  test('says what is missing where Prometheus is the source and none is given', async () => {
    const clock = new FakeClock();
    const client = aClient(objectsOf({engine: 'vllm', source: 'prometheus'}, '127.64.88.3'));
    const source = createMetricSource(OPTIONS, {client, clock, random, log});
    await until(source, clock, () => load(source).includes('--prometheus-url'));
    assert.equal(
      load(source),
      'Unavailable: prefill: 1 of 1 Ready pods give no queue: prefill-a (Prometheus: no --prometheus-url is given)',
    );
  });
  test('knows nothing of an RSG without metrics', async () => {
    const clock = new FakeClock();
    const source = createMetricSource(OPTIONS, {client: aClient([]), clock, random, log});
    await until(source, clock, () => source.notReady() === undefined);
    assert.equal(load(source), 'UnknownRsg: there is no ResourceScalingGroup default/llama with spec.metrics');
    assert.deepEqual(source.rsgs(), []);
  });
});
