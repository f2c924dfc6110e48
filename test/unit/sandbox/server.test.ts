/** What is particular to the sandbox's server: who may ask, aggregated APIs, forgotten history, and our own client against it. */
import assert from 'node:assert/strict';
import {createServer} from 'node:https';
import {after, before, describe, test} from 'node:test';
import {KubeConfig} from '@kubernetes/client-node';
import {asObject, strings} from '../../../src/api/json.ts';
import {createKubeClient} from '../../../src/kube/client.ts';
import {isKubeError} from '../../../src/kube/errors.ts';
import {createCa, createLeaf} from '../../../src/runtime/certificate.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {createLog} from '../../../src/runtime/log.ts';
import {API_SERVICE, CONFIG_MAP, SERVICE} from '../../../src/sandbox/resource-types.ts';
import {startSandbox, type Sandbox} from '../../../src/sandbox/sandbox.ts';
import {createApiClient, type ApiClient} from '../../support/api-client.ts';
import {credentialsOf} from '../../support/kubeconfig-credentials.ts';
import {eventually} from '../../support/wait.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string): {apiVersion: string; kind: string; metadata: {name: string; namespace: string}} => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name, namespace: 'default'},
});

let sandbox: Sandbox;
let api: ApiClient;
before(async () => {
  const deps = {clock: systemClock, random: () => 0.5, log: createLog('error')};
  sandbox = await startSandbox({port: 0, historyLimit: 10}, deps);
  api = createApiClient(credentialsOf(sandbox.kubeconfig));
});
after(async () => {
  api.close();
  await sandbox.close();
});

describe('who asks', () => {
  const anonymous = (): ApiClient => createApiClient({...credentialsOf(sandbox.kubeconfig), cert: '', key: ''});
  test('without credentials sees health and version only', async () => {
    const nobody = anonymous();
    assert.equal((await nobody.send('GET', '/readyz')).status, 200);
    const {status, body} = await nobody.send('GET', '/api/v1/pods');
    assert.deepEqual([status, body['reason']], [403, 'Forbidden']);
    nobody.close();
  });
  test("with the administrator's token may do everything, with another nothing", async () => {
    const nobody = anonymous();
    const path = '/api/v1/namespaces';
    assert.equal((await nobody.send('GET', path, {headers: {authorization: `Bearer ${sandbox.token}`}})).status, 200);
    assert.equal((await nobody.send('GET', path, {headers: {authorization: 'Bearer other'}})).status, 401);
    nobody.close();
  });
  test('in the name of somebody else is refused: there is nobody else', async () => {
    assert.equal((await api.send('GET', '/api/v1/pods', {headers: {'impersonate-user': 'jane'}})).status, 403);
  });
});

test('server-side apply is refused, and says what to do', async () => {
  const {status, body} = await api.send('PATCH', `${CONFIG_MAPS}/a?fieldManager=x`, {
    body: configMap('a'),
    contentType: 'application/apply-patch+yaml',
  });
  assert.equal(status, 404);
  await api.ok('POST', CONFIG_MAPS, {body: configMap('a')});
  const again = await api.send('PATCH', `${CONFIG_MAPS}/a?fieldManager=x`, {
    body: configMap('a'),
    contentType: 'application/apply-patch+yaml',
  });
  assert.equal(again.status, 415);
  assert.match(String(again.body['message']), /use kubectl apply without --server-side/u);
  assert.equal(body['kind'], 'Status');
});

test('a watch from a version that is forgotten is told to begin anew', async () => {
  for (let at = 0; at < 40; at += 1) sandbox.store.create(CONFIG_MAP, configMap(`h-${String(at)}`));
  const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=1`);
  await watch.ended;
  const [event] = watch.events;
  assert.deepEqual([event?.type, event?.object['code'], event?.object['reason']], ['ERROR', 410, 'Expired']);
  assert.match(String(event?.object['message']), /^too old resource version: 1 \(\d+\)$/u);
});

test('a page of a list that is forgotten is told to begin anew', async () => {
  const {status, body} = await api.send('GET', `${CONFIG_MAPS}?limit=1&continue=abc`);
  assert.deepEqual([status, body['reason']], [410, 'Expired']);
});

test('our own client lists, watches and writes', async () => {
  const config = new KubeConfig();
  config.loadFromString(sandbox.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 5000, userAgent: 'test'}, {clock: systemClock});
  const query = {type: CONFIG_MAP, namespace: 'default', labelSelector: 'of=client'};
  const {resourceVersion} = await client.list(query);
  const end = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const {type, object} of client.watch(query, {resourceVersion, timeoutSeconds: 60}, end.signal)) {
      seen.push(`${type} ${object.metadata.name}`);
      if (seen.length === 3) break;
    }
  })();
  const created = await client.create(CONFIG_MAP, {
    ...configMap('mine'),
    metadata: {...configMap('mine').metadata, labels: {of: 'client'}},
  });
  const ref = {type: CONFIG_MAP, namespace: 'default', name: 'mine'};
  await client.patch(ref, {data: {a: '1'}});
  await assert.rejects(client.replace(ref, created), (error) => isKubeError(error, 'Conflict'));
  await client.delete(ref, {propagation: 'Background', uid: created.metadata.uid});
  await watching;
  assert.deepEqual(seen, ['ADDED mine', 'MODIFIED mine', 'DELETED mine']);
  await assert.rejects(client.get(ref), (error) => isKubeError(error, 'NotFound'));
  end.abort();
  client.close();
});

describe('an aggregated API', () => {
  let port = 0;
  let seen: {headers: Record<string, unknown>; url: string | undefined; authorized: boolean} | undefined;
  let stop: () => Promise<void>;
  let caBundle = '';
  before(async () => {
    const validity = {from: Date.now() - 60_000, until: Date.now() + 600_000};
    const ca = await createCa({...validity, commonName: 'backend-ca'});
    const leaf = await createLeaf(ca, {...validity, commonName: 'backend', usages: ['server'], dnsNames: ['localhost']});
    caBundle = Buffer.from(ca.cert).toString('base64');
    const trusted = strings(sandbox.store.get(CONFIG_MAP, 'kube-system', 'extension-apiserver-authentication')?.['data']);
    const frontProxyCa = trusted['requestheader-client-ca-file'] ?? '';
    const server = createServer(
      {cert: leaf.cert, key: leaf.key, ca: frontProxyCa, requestCert: true, rejectUnauthorized: true},
      (request, response) => {
        seen = {headers: request.headers, url: request.url, authorized: true};
        const resources = [{name: 'queue', singularName: '', namespaced: true, kind: 'MetricValueList', verbs: ['get']}];
        response.writeHead(200, {'content-type': 'application/json'});
        response.end(JSON.stringify({kind: 'APIResourceList', groupVersion: 'metrics.example/v1', resources}));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
    stop = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
  after(() => stop());

  test('is asked with our certificate and the identity of who asks', async () => {
    sandbox.store.create(SERVICE, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: 'backend', namespace: 'default'},
      spec: {type: 'ExternalName', externalName: 'localhost', ports: [{port}]},
    });
    sandbox.store.create(API_SERVICE, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: {name: 'v1.metrics.example'},
      spec: {
        group: 'metrics.example',
        version: 'v1',
        service: {namespace: 'default', name: 'backend', port},
        caBundle,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    const path = '/apis/metrics.example/v1/namespaces/default/queue?labelSelector=a%3Db';
    const {status} = await api.send('GET', path, {headers: {'x-remote-user': 'forged', authorization: `Bearer ${sandbox.token}`}});
    assert.equal(status, 200);
    assert.equal(seen?.url, path);
    assert.deepEqual([seen.headers['x-remote-user'], seen.headers['authorization']], ['kubernetes-admin', undefined]);
    assert.match(String(seen.headers['x-remote-group']), /system:masters/u);
  });
  test('is found by discovery', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const list = await api.ok('GET', '/apis', {accept});
    assert.match(JSON.stringify(list), /"resource":"queue"/u);
    assert.equal((await api.ok('GET', '/apis/metrics.example'))['kind'], 'APIGroup');
  });
  test('that does not answer is unavailable, and known as stale', async () => {
    await stop();
    const {status, body} = await api.send('GET', '/apis/metrics.example/v1/namespaces/default/queue');
    assert.deepEqual([status, body['reason']], [503, 'ServiceUnavailable']);
    const stale = await eventually('it is stale', async () => {
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      const text = JSON.stringify(await api.ok('GET', '/apis', {accept}));
      return text.includes('"freshness":"Stale"');
    });
    assert.ok(stale);
  });
});

test('a body in protobuf is read, as kubectl sends it', async () => {
  const field = (number: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const string = (number: number, value: string): Buffer => field(number, Buffer.from(value));
  const entry = field(2, Buffer.concat([string(1, 'key'), string(2, 'value')]));
  const raw = Buffer.concat([field(1, string(1, 'from-protobuf')), entry]);
  const unknown = Buffer.concat([field(1, Buffer.concat([string(1, 'v1'), string(2, 'ConfigMap')])), field(2, raw)]);
  const body = Buffer.concat([Buffer.from('k8s\0'), unknown]);
  const {status, body: created} = await api.send('POST', CONFIG_MAPS, {body, contentType: 'application/vnd.kubernetes.protobuf'});
  assert.equal(status, 201, JSON.stringify(created));
  assert.deepEqual([asObject(created['metadata'])['name'], created['data']], ['from-protobuf', {key: 'value'}]);
});
