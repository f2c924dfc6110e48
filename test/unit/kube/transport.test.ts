import assert from 'node:assert/strict';
import {copyFile} from 'node:fs/promises';
import type {ServerResponse} from 'node:http';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import type {ClientOptions} from '../../../src/kube/client.ts';
import {connectTo, failure, until, type TestClient} from '../../support/client.ts';
import {settle} from '../../support/fake-clock.ts';
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

const status = (reason: string): object => ({kind: 'Status', message: `${reason}!`, reason});

describe('every call ends', () => {
  const ends: readonly [string, (response: ServerResponse) => void][] = [
    ['without an answer', () => undefined],
    ['with a body that stalls', (response) => response.writeHead(200, {'content-length': '100'}).write('{"apiVersion":')],
  ];
  for (const [name, stall] of ends) {
    test(`${name}: after its time`, async () => {
      server.answer((_request, response) => {
        stall(response);
      });
      const {client, clock} = connect();
      const asked = failure(client.create(DEPLOYMENT, deployment('a')));
      await until(() => server.received.length === 1);
      await settle();
      await clock.advance(30_000);
      const {code, message} = await asked;
      assert.equal(code, 'Unreachable');
      assert.equal(message, `POST ${PATH}: no complete answer in 30000 ms`);
    });

    test(`${name}: with its signal`, async () => {
      server.answer((_request, response) => {
        stall(response);
      });
      const end = new AbortController();
      const asked = failure(connect().client.patch(ref, {}, {signal: end.signal}));
      await until(() => server.received.length === 1);
      end.abort();
      assert.equal((await asked).code, 'Aborted');
    });
  }

  test('a watch that gets no headers: after its time', async () => {
    server.answer(() => undefined);
    const {client, clock} = connect();
    const stream = client.watch({type: DEPLOYMENT}, {resourceVersion: '1', timeoutSeconds: 300}, new AbortController().signal);
    const asked = failure(stream.next());
    await until(() => server.received.length === 1);
    await clock.advance(30_000);
    assert.equal((await asked).code, 'Unreachable');
  });

  test('a watch whose signal aborts in the middle', async () => {
    server.answer((_request, response) => {
      response.writeHead(200).write(`${JSON.stringify({type: 'ADDED', object: deployment('a')})}\n`);
    });
    const {client, clock} = connect();
    const end = new AbortController();
    const stream = client.watch({type: DEPLOYMENT}, {resourceVersion: '1', timeoutSeconds: 300}, end.signal);
    assert.equal((await stream.next()).done, false);
    await clock.advance(60_000);
    const next = failure(stream.next());
    end.abort();
    assert.equal((await next).code, 'Unreachable');
  });
});

describe('there is room', () => {
  test('for a call beside any number of watches', async () => {
    server.answer(({url}, response) => {
      if (url.includes('watch=1')) response.writeHead(200).flushHeaders();
      else json(response, deployment('a'));
    });
    const {client} = connect({maxInFlight: 8});
    const end = new AbortController();
    const watches = Array.from({length: 40}, () =>
      client.watch({type: DEPLOYMENT}, {resourceVersion: '1', timeoutSeconds: 300}, end.signal).next(),
    );
    await until(() => server.received.length === 40);
    assert.equal((await client.get(ref)).metadata.name, 'a');
    end.abort();
    await Promise.allSettled(watches);
  });

  test('for so many calls at once and no more; the urgent go first, then what users wait for', async () => {
    const held: ServerResponse[] = [];
    server.answer((_request, response) => held.push(response));
    const {client, registry} = connect({maxInFlight: 8});
    const create = (name: string, priority: 'urgent' | 'normal' | 'background') => client.create(DEPLOYMENT, deployment(name), {priority});
    const first = Array.from({length: 8}, (_, at) => create(`first${String(at)}`, 'normal'));
    await until(() => held.length === 7);
    const more = [create('event', 'background'), create('scale', 'normal'), create('lease', 'urgent')];
    await until(() => held.length === 8);
    assert.match(server.received[7]?.body ?? '', /lease/u, 'the last place is kept for the urgent');
    assert.match(await registry.metrics(), /rsg_kube_requests_waiting 3/u);
    const order: string[] = [];
    for (let at = 0; at < 11; at += 1) {
      await until(() => held.length > at);
      const {metadata} = JSON.parse(server.received[at]?.body ?? '') as KubeObject;
      order.push(metadata.name.replace(/\d/u, ''));
      json(held[at] as ServerResponse, deployment('a'));
    }
    await Promise.all([...first, ...more]);
    assert.deepEqual(order.slice(7), ['lease', 'first', 'scale', 'event']);
  });
});

describe('credentials', () => {
  const echo = (): void => {
    server.answer(({user}, response) => {
      json(response, deployment(user));
    });
  };
  const rotating = async (name: string): Promise<void> => {
    for (const end of ['crt', 'key']) await copyFile(join(server.pki, `${name}.${end}`), join(server.pki, `rotating.${end}`));
  };
  const rotatingConfig = () => {
    const config = server.config();
    config.users = [{name: 'u', certFile: join(server.pki, 'rotating.crt'), keyFile: join(server.pki, 'rotating.key')}];
    return config;
  };

  test('that are replaced on disk are taken within seconds, and a running watch is not cut', async () => {
    await rotating('admin');
    const {client, clock} = connect({config: rotatingConfig()});
    let stream: ServerResponse | undefined;
    server.answer(({user, url}, response) => {
      if (url.includes('watch=1')) (stream = response).writeHead(200).flushHeaders();
      else json(response, deployment(user));
    });
    const events = client.watch({type: DEPLOYMENT}, {resourceVersion: '1', timeoutSeconds: 300}, new AbortController().signal);
    const event = events.next();
    await until(() => stream !== undefined);
    assert.equal((await client.get(ref)).metadata.name, 'admin');
    await rotating('kcm');
    assert.equal((await client.get(ref)).metadata.name, 'admin');
    await clock.advance(10_001);
    assert.equal((await client.get(ref)).metadata.name, 'system:kube-controller-manager');
    stream?.write(`${JSON.stringify({type: 'ADDED', object: deployment('seen')})}\n`);
    const {value} = (await event) as {value: {object: KubeObject}};
    assert.equal(value.object.metadata.name, 'seen');
    await events.return(undefined);
  });

  test('that are refused are read again at once', async () => {
    await rotating('admin');
    server.answer(({user}, response) => {
      if (user === 'admin') json(response, status('Unauthorized'), 401);
      else json(response, deployment(user));
    });
    const {client} = connect({config: rotatingConfig()});
    assert.equal((await failure(client.get(ref))).code, 'Unauthorized');
    await rotating('kcm');
    assert.equal((await client.create(DEPLOYMENT, deployment('a'))).metadata.name, 'system:kube-controller-manager');
  });

  test('that cannot be read are a failure that may pass', async () => {
    const config = server.config();
    config.users = [{name: 'u', certFile: join(server.pki, 'none.crt'), keyFile: join(server.pki, 'none.key')}];
    echo();
    const {code, message} = await failure(connect({config}).client.get(ref));
    assert.equal(code, 'Unauthorized');
    assert.match(message, /no credentials: .*none\.crt/u);
  });

  test('that do not fit each other are one too', async () => {
    const config = server.config();
    config.users = [{name: 'u', certFile: join(server.pki, 'admin.crt'), keyFile: join(server.pki, 'kcm.key')}];
    echo();
    const {code, message} = await failure(connect({config}).client.get(ref));
    assert.equal(code, 'Unauthorized');
    assert.match(message, /no credentials: .*key values mismatch/u);
  });

  test('of a kubeconfig that cannot be used are refused at once, with what to do', () => {
    const config = server.config();
    config.clusters = [{name: 'c', server: 'http://127.0.0.1:1', skipTLSVerify: false}];
    assert.throws(() => connect({config}), /must start with https/u);
    config.clusters = [{name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false, proxyUrl: 'http://127.0.0.1:2'}];
    assert.throws(() => connect({config}), /proxy-url http:\/\/127.0.0.1:2 is not supported/u);
  });
});
