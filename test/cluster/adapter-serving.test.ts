/**
 * Serving the metrics APIs in a real cluster: who may read, the certificate that replicas share, and the APIServices that are theirs.
 * Numbers in names are those of the conformance checklist.
 */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {request} from 'node:https';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {connect} from 'node:tls';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';
import {createCa, createLeaf, type Signed} from '../../src/runtime/certificate.ts';
import {apiService, registerApis, SERVICE, startAdapter, type AdapterProcess} from '../support/adapter.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';

const PATH = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3Dllama';
const DISCOVERY = '/apis/external.metrics.k8s.io/v1beta1';
const YEAR_MS = 31_536_000_000;
const secretSchema = z.object({data: z.record(z.string(), z.string())});
const statusSchema = z.object({kind: z.literal('Status'), code: z.number(), reason: z.string()});

interface Call {
  readonly client?: Pick<Signed, 'cert' | 'key'>;
  readonly headers?: Readonly<Record<string, string>>;
}

describe('serving in a cluster', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let adapter: AdapterProcess;
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    adapter = await startAdapter(cluster);
    await registerApis(cluster, adapter);
  });
  after(async () => {
    await adapter.stop();
    await cluster.stop();
  });

  /** Straight to the adapter, past kube-apiserver. */
  const direct = (path: string, {client, headers = {}}: Call = {}): Promise<{status: number; body: string}> =>
    new Promise((resolve, reject) => {
      const options = {
        rejectUnauthorized: false,
        agent: false,
        headers,
        ...(client === undefined ? {} : {cert: client.cert, key: client.key}),
      };
      const outgoing = request(`https://127.0.0.1:${String(adapter.securePort)}${path}`, options, (response) => {
        text(response).then((body) => {
          resolve({status: response.statusCode ?? 0, body});
        }, reject);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  const refusal = async (call?: Call): Promise<string> => {
    const {body} = await direct(PATH, call);
    const {code, reason} = statusSchema.parse(JSON.parse(body));
    return `${String(code)} ${reason}`;
  };
  const pki = async (name: string): Promise<Signed> => {
    const [cert, key] = await Promise.all(['crt', 'key'].map((end) => readFile(join(cluster.directory, 'pki', `${name}.${end}`), 'utf8')));
    return {cert: cert ?? '', key: key ?? ''};
  };
  const bundleOf = async (name: string): Promise<string> =>
    Buffer.from(await cluster.kubectlOk('get', 'apiservice', name, '-o', 'jsonpath={.spec.caBundle}'), 'base64').toString();
  const secret = async (): Promise<Record<string, string>> => {
    const {data} = secretSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'secret', 'rsg-metrics-adapter-tls', '-o', 'json')));
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  };

  test('18, 19: only a certificate of the requestheader CA with an allowed name may say who asks', async () => {
    const admin = {'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters'};
    const now = {from: Date.now() - 1000, until: Date.now() + YEAR_MS};
    const frontProxyCa = await pki('front-proxy-ca');
    assert.equal(await refusal(), '401 Unauthorized');
    assert.equal(await refusal({headers: admin}), '401 Unauthorized');
    const stranger = await createCa({commonName: 'front-proxy-ca', ...now});
    const client = {commonName: 'front-proxy-client', usages: ['client'], ...now} as const;
    assert.equal(await refusal({headers: admin, client: await createLeaf(stranger, client)}), '401 Unauthorized');
    // The allowed name is front-proxy-client.
    const otherName = await createLeaf(frontProxyCa, {...client, commonName: 'someone'});
    assert.equal(await refusal({headers: admin, client: otherName}), '401 Unauthorized');
    const proxy = await pki('front-proxy-client');
    // Through the door, and then no such RSG.
    assert.equal(await refusal({headers: admin, client: proxy}), '404 NotFound');
    assert.equal(await refusal({headers: {'X-Remote-User': 'nobody'}, client: proxy}), '403 Forbidden');
  });

  test('19: a change of the ConfigMap holds without a restart', async () => {
    const name = 'extension-apiserver-authentication';
    const headers = {'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters'};
    const now = {from: Date.now() - 1000, until: Date.now() + YEAR_MS};
    const client = await createLeaf(await pki('front-proxy-ca'), {commonName: 'second-proxy', usages: ['client'], ...now});
    assert.equal(await refusal({headers, client}), '401 Unauthorized');
    const patch = JSON.stringify({data: {'requestheader-allowed-names': '["front-proxy-client","second-proxy"]'}});
    await cluster.kubectlOk('patch', 'configmap', name, '-n', 'kube-system', '--type=merge', '-p', patch);
    await eventually('the second proxy is allowed', async () => (await refusal({headers, client})) === '404 NotFound');
  });

  test('20: a token is reviewed, and what RBAC grants or takes holds within seconds', async () => {
    await cluster.kubectlOk('create', 'serviceaccount', 'reader');
    const token = (await cluster.kubectlOk('create', 'token', 'reader')).trim();
    const headers = {authorization: `Bearer ${token}`};
    assert.equal(await refusal({headers}), '403 Forbidden');
    assert.equal(await refusal({headers: {authorization: 'Bearer made-up'}}), '401 Unauthorized');
    await cluster.kubectlOk('create', 'role', 'reader', '--verb=list', '--resource=rsg_load.external.metrics.k8s.io');
    await cluster.kubectlOk('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader');
    await eventually('the right is known', async () => (await refusal({headers})) === '404 NotFound', {timeoutMs: 15_000});
  });

  test('13, 15, 21: discovery and health are open, and kubectl lists the APIs', async () => {
    for (const path of [DISCOVERY, '/apis', '/livez', '/readyz']) assert.equal((await direct(path)).status, 200, path);
    const {stdout, stderr} = await cluster.kubectl('api-resources', '--api-group=external.metrics.k8s.io');
    assert.match(stdout, /rsg_load +external\.metrics\.k8s\.io\/v1beta1 +true +ExternalMetricValueList/u);
    assert.equal(stderr, '');
  });

  test('17: the certificate is valid for the Service, its CA is in our APIServices, and a second replica uses the same', async () => {
    const shared = await secret();
    assert.equal(await bundleOf('v1beta1.external.metrics.k8s.io'), shared['ca.crt']);
    const second = await startAdapter(cluster);
    for (const port of [adapter.securePort, second.securePort]) {
      const servername = `${SERVICE.name}.${SERVICE.namespace}.svc`;
      assert.equal(await verify(port, {ca: shared['ca.crt'] ?? '', servername}), 'authorized');
    }
    assert.deepEqual(await secret(), shared);
    assert.equal(await second.stop(), '0');
  });

  test('17: a certificate near its end is replaced without a restart, under the same CA', async () => {
    const shared = await secret();
    const ca = {cert: shared['ca.crt'] ?? '', key: shared['ca.key'] ?? ''};
    const ending = {from: Date.now() - 100_000, until: Date.now() + 30_000};
    const leaf = await createLeaf(ca, {commonName: 'old', dnsNames: ['localhost'], usages: ['server'], ...ending});
    const data = {'tls.crt': Buffer.from(leaf.cert).toString('base64'), 'tls.key': Buffer.from(leaf.key).toString('base64')};
    await cluster.kubectlOk('patch', 'secret', 'rsg-metrics-adapter-tls', '--type=merge', '-p', JSON.stringify({data}));
    await eventually('a new certificate', async () => {
      const now = await secret();
      return now['tls.crt'] !== leaf.cert && now['ca.crt'] === ca.cert;
    });
    const servername = `${SERVICE.name}.${SERVICE.namespace}.svc`;
    await eventually('it is in use', async () => (await verify(adapter.securePort, {ca: ca.cert, servername})) === 'authorized');
    assert.equal((await cluster.get(DISCOVERY)).status, 200);
  });

  test('22: an APIService without our label, or of another group, is never written', async () => {
    const foreign = [
      apiService({group: 'metrics.k8s.io', version: 'v1beta1', port: adapter.securePort}),
      apiService({group: 'custom.metrics.k8s.io', version: 'v1beta9', port: adapter.securePort, ours: false}),
    ];
    await cluster.apply(foreign);
    // A new CA is written where it belongs.
    await cluster.kubectlOk('delete', 'secret', 'rsg-metrics-adapter-tls');
    await eventually('ours have the new CA', async () => {
      const created = await cluster.kubectl('get', 'secret', 'rsg-metrics-adapter-tls');
      return created.code === 0 && (await bundleOf('v1beta1.external.metrics.k8s.io')) === (await secret())['ca.crt'];
    });
    await never(
      'a write',
      async () => (await bundleOf('v1beta1.metrics.k8s.io')) + (await bundleOf('v1beta9.custom.metrics.k8s.io')) !== '',
      1000,
    );
    await eventually('the API is served under the new CA', async () => (await cluster.get(DISCOVERY)).status === 200, {timeoutMs: 60_000});
    await cluster.kubectlOk('delete', 'apiservice', 'v1beta1.metrics.k8s.io', 'v1beta9.custom.metrics.k8s.io');
  });
});

/** `authorized`, or why not. */
function verify(port: number, {ca, servername}: {ca: string; servername: string}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({host: '127.0.0.1', port, ca, servername, rejectUnauthorized: false}, () => {
      resolve(socket.authorized ? 'authorized' : String(socket.authorizationError));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
