import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import type {ClientOptions} from '../../../src/kube/client.ts';
import type {KubeError} from '../../../src/kube/errors.ts';
import {advancing, connectTo, failure, networkTurns, until, type TestClient} from '../../support/client.ts';
import {json, startTlsServer, type TlsServer} from '../../support/tls-server.ts';

const DEPLOYMENT: ResourceType = {group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true};
const ref = {type: DEPLOYMENT, namespace: 'ns', name: 'a'};
const deployment = (name: string): KubeObject => ({apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name, namespace: 'ns'}});
const PATH = '/apis/apps/v1/namespaces/ns/deployments';

let server: TlsServer;
before(async () => {
  server = await startTlsServer();
});
after(() => server.close());

const connect = (more: Partial<ClientOptions> = {}): TestClient => connectTo(server, more);

describe('the client asks', () => {
  test('for a long list page by page, and gives items their kind', async () => {
    server.answer(({url}, response) => {
      const at = new URL(url, 'https://x').searchParams.get('continue') ?? '0';
      const next = at === '2' ? '' : String(Number(at) + 1);
      json(response, {metadata: {resourceVersion: '7', continue: next}, items: [{metadata: {name: `a${at}`}}]});
    });
    const {items, resourceVersion} = await connect().client.list({type: DEPLOYMENT, namespace: 'ns', labelSelector: 'app=x,y'});
    assert.deepEqual(
      items.map(({kind, metadata}) => `${kind} ${metadata.name}`),
      ['Deployment a0', 'Deployment a1', 'Deployment a2'],
    );
    assert.equal(resourceVersion, '7');
    assert.equal(server.received[1]?.url, `${PATH}?labelSelector=app%3Dx%2Cy&limit=500&continue=1`);
  });

  test('for a list in one piece when its next page has expired', async () => {
    server.answer(({url}, response) => {
      const query = new URL(url, 'https://x').searchParams;
      if (query.has('continue')) json(response, {reason: 'Expired', message: 'too old'}, 410);
      else if (query.has('limit')) json(response, {metadata: {resourceVersion: '7', continue: 'x'}, items: [{metadata: {name: 'a'}}]});
      else json(response, {metadata: {resourceVersion: '9'}, items: [{metadata: {name: 'a'}}, {metadata: {name: 'b'}}]});
    });
    const {items, resourceVersion} = await connect().client.list({type: DEPLOYMENT});
    assert.deepEqual([items.length, resourceVersion], [2, '9']);
  });

  test('for metadata alone, of which an empty list comes with null', async () => {
    server.answer((_request, response) => {
      json(response, {metadata: {resourceVersion: '7'}, items: null});
    });
    assert.deepEqual(await connect().client.list({type: DEPLOYMENT, metadataOnly: true}), {items: [], resourceVersion: '7'});
    assert.match(server.received[0]?.headers.accept ?? '', /^application\/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,/u);
  });

  test('with what each write needs', async () => {
    server.answer(({body}, response) => {
      json(response, {...deployment('a'), ...(JSON.parse(body) as object)});
    });
    const {client} = connect();
    await client.create(DEPLOYMENT, deployment('a'), {dryRun: true});
    await client.replace(ref, deployment('a'), {subresource: 'status'});
    await client.patch(ref, {metadata: {labels: {x: null}}});
    await client.delete(ref, {uid: 'u1', propagation: 'Foreground'});
    assert.deepEqual(
      server.received.map(({method, url}) => `${method} ${url}`),
      [`POST ${PATH}?dryRun=All`, `PUT ${PATH}/a/status`, `PATCH ${PATH}/a`, `DELETE ${PATH}/a`],
    );
    assert.equal(server.received[2]?.headers['content-type'], 'application/merge-patch+json');
    assert.deepEqual(JSON.parse(server.received[3]?.body ?? ''), {propagationPolicy: 'Foreground', preconditions: {uid: 'u1'}});
  });

  test('below the path of a server behind a proxy', async () => {
    server.answer((_request, response) => {
      json(response, deployment('a'));
    });
    await connect({config: server.config('/k8s/clusters/c1/')}).client.get(ref);
    assert.equal(server.received[0]?.url, `/k8s/clusters/c1${PATH}/a`);
  });

  test('over one connection again and again', async () => {
    server.answer((_request, response) => {
      json(response, deployment('a'));
    });
    const {client} = connect();
    const before = server.connections();
    for (let at = 0; at < 10; at += 1) await client.get(ref);
    assert.equal(server.connections() - before, 1);
  });
});

const status = (reason: string, more: object = {}): object => ({kind: 'Status', message: `${reason}!`, reason, ...more});
const REFUSALS: readonly [string, number, string, Readonly<Record<string, string>>, Partial<KubeError>][] = [
  ['a name that is taken', 409, JSON.stringify(status('AlreadyExists')), {}, {code: 'AlreadyExists', status: 409}],
  ['a version that changed meanwhile', 409, JSON.stringify(status('Conflict')), {}, {code: 'Conflict', message: 'Conflict!'}],
  ['a version that is too old', 410, JSON.stringify(status('Expired')), {}, {code: 'Gone'}],
  ['a quota', 403, JSON.stringify(status('Forbidden')), {}, {code: 'Forbidden'}],
  ['a field that is wrong', 422, JSON.stringify(status('Invalid')), {}, {code: 'Invalid'}],
  ['a busy server', 429, JSON.stringify(status('TooManyRequests')), {'retry-after': '3'}, {code: 'TooManyRequests', retryAfterMs: 3000}],
  ['a busy server that says nothing of when', 429, '', {}, {code: 'TooManyRequests', retryAfterMs: undefined}],
  ['a wait in the Status alone', 500, JSON.stringify(status('ServerTimeout', {details: {retryAfterSeconds: 4}})), {}, {retryAfterMs: 4000}],
  ['a wait as a date', 503, '', {'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT'}, {code: 'ServerError', retryAfterMs: 5000}],
  ['a page of a proxy', 502, '<html>', {}, {code: 'ServerError', message: `POST ${PATH}: HTTP 502`}],
  ['a success that is no object', 200, '<html>', {}, {code: 'Malformed'}],
  ['a success that broke off', 200, '{"apiVersion": "apps/v1", "ki', {}, {code: 'Malformed'}],
];

describe('the client refuses in the words of the server, told apart:', () => {
  for (const [name, code, body, headers, expected] of REFUSALS) {
    test(name, async () => {
      server.answer((_request, response) => response.writeHead(code, headers).end(body));
      const error = await failure(connect().client.create(DEPLOYMENT, deployment('a')));
      for (const [key, value] of Object.entries(expected)) assert.equal(error[key as keyof KubeError], value, key);
      assert.equal(server.received.length, 1, 'a write is not asked again');
    });
  }

  test('deleting what is gone is no failure', async () => {
    server.answer((_request, response) => {
      json(response, status('NotFound'), 404);
    });
    await connect().client.delete(ref, {propagation: 'Background'});
  });

  test('deleting answers what finalizers keep, and nothing once it is gone', async () => {
    const {client} = connect();
    const kept = {...deployment('a'), metadata: {...deployment('a').metadata, finalizers: ['foregroundDeletion']}};
    for (const [answer, left] of [
      [kept, kept],
      [deployment('a'), undefined],
      [{...status('Success'), metadata: {}}, undefined],
    ] as const) {
      server.answer((_request, response) => {
        json(response, answer);
      });
      assert.deepEqual(await client.delete(ref, {propagation: 'Foreground'}), left);
    }
  });

  test('nobody who listens is Unreachable', async () => {
    const {client, clock} = connect({config: server.config('', 1)});
    assert.equal((await failure(advancing(clock, client.get(ref)))).code, 'Unreachable');
  });
});

describe('reads are asked again', () => {
  test('when the server is busy, not before it said, and counted', async () => {
    server.answer((_request, response) => {
      if (server.received.length === 1) json(response, status('TooManyRequests'), 429, {'retry-after': '2'});
      else json(response, deployment('a'));
    });
    const {client, clock, registry} = connect();
    const asked = client.get(ref);
    await until(() => server.received.length === 1);
    await networkTurns(50);
    await clock.advance(1990);
    assert.equal(server.received.length, 1);
    assert.equal((await advancing(clock, asked)).metadata.name, 'a');
    const metrics = await registry.metrics();
    assert.match(metrics, /rsg_kube_request_retries_total\{verb="get"\} 1/u);
    assert.match(metrics, /rsg_kube_requests_total\{verb="get",code="TooManyRequests"\} 1/u);
    assert.match(metrics, /rsg_kube_requests_total\{verb="get",code="2xx"\} 1/u);
    assert.match(metrics, /rsg_kube_requests_total\{verb="create",code="2xx"\} 0/u);
  });

  test('when the connection breaks', async () => {
    server.answer((_request, response) => {
      if (server.received.length === 1) response.socket?.destroy();
      else json(response, deployment('a'));
    });
    const {client, clock} = connect();
    assert.equal((await advancing(clock, client.get(ref))).metadata.name, 'a');
  });

  test('four times at most', async () => {
    server.answer((_request, response) => response.writeHead(500).end());
    const {client, clock} = connect();
    assert.equal((await failure(advancing(clock, client.get(ref)))).code, 'ServerError');
    assert.equal(server.received.length, 4);
  });

  test('not when that would take longer than the caller can wait', async () => {
    server.answer((_request, response) => {
      json(response, status('TooManyRequests'), 429, {'retry-after': '60'});
    });
    assert.equal((await failure(connect().client.get(ref))).retryAfterMs, 60_000);
    assert.equal(server.received.length, 1);
  });

  test('not when the answer would be the same', async () => {
    server.answer((_request, response) => response.writeHead(403).end());
    assert.equal((await failure(connect().client.get(ref))).code, 'Forbidden');
    assert.equal(server.received.length, 1);
  });
});
