/** Who may read metrics. Numbers are those of the conformance checklist. */
import assert from 'node:assert/strict';
import {Agent} from 'node:https';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {startApiUnderTest, trustIn, validity, type ApiUnderTest} from '../../../support/api-under-test.ts';
import {createCa, createLeaf, type Signed} from '../../../../src/runtime/certificate.ts';

const PATH = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3Dllama';
const OBJECT = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/resourcescalinggroups.resourcescalinggroup.com/llama/rsg_load';
const ADMIN = {'X-Remote-User': 'admin'};

describe('authentication and authorisation', () => {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = await startApiUnderTest();
    api.source.values.set('llama rsg_load', 1);
  });
  afterEach(() => api.close());
  const statusOf = async (...args: Parameters<ApiUnderTest['call']>): Promise<number> => (await api.call(...args)).status;
  const client = (ca: Signed, commonName: string, organizations: string[] = []): Promise<Signed> =>
    createLeaf(ca, {commonName, organizations, usages: ['client'], ...validity(api.clock)});

  test('18: identity headers without a certificate, or with one of another CA, are ignored', async () => {
    assert.equal(await statusOf(PATH, {headers: ADMIN}), 401);
    const sameName = await createCa({commonName: 'front-proxy-ca', ...validity(api.clock)});
    assert.equal(await statusOf(PATH, {headers: ADMIN, client: await client(sameName, 'front-proxy-client')}), 401);
    // A user of the cluster is that user, not the one in the header.
    assert.equal(await statusOf(PATH, {headers: ADMIN, client: await client(api.clientCa, 'mallory')}), 403);
    assert.equal(await statusOf(PATH, {headers: ADMIN, client: api.proxy}), 200);
  });

  test('18: neither an expired certificate, nor one for servers, nor one signed by a mere client counts', async () => {
    const {from} = validity(api.clock);
    const expired = await createLeaf(api.proxyCa, {commonName: 'front-proxy-client', usages: ['client'], from, until: from + 1000});
    const forServers = await createLeaf(api.proxyCa, {commonName: 'front-proxy-client', usages: ['server'], ...validity(api.clock)});
    const byClient = await createLeaf(api.proxy, {commonName: 'front-proxy-client', usages: ['client'], ...validity(api.clock)});
    const chained = {...byClient, cert: byClient.cert + api.proxy.cert};
    for (const wrong of [expired, forServers, byClient, chained]) assert.equal(await statusOf(PATH, {headers: ADMIN, client: wrong}), 401);
  });

  test('18: a certificate that ends while its connection stays open is worth nothing from then on', async () => {
    const {from} = validity(api.clock);
    const brief = await createLeaf(api.proxyCa, {commonName: 'p', usages: ['client'], from, until: api.clock.now() + 60_000});
    const agent = new Agent({keepAlive: true, maxSockets: 1, cert: brief.cert, key: brief.key, rejectUnauthorized: false});
    assert.equal(await statusOf(PATH, {headers: ADMIN, agent}), 200);
    await api.clock.advance(61_000);
    assert.equal(await statusOf(PATH, {headers: ADMIN, agent}), 401);
    agent.destroy();
  });

  test('19: a name that is not allowed is rejected, an empty list allows all, and a change holds on open connections', async () => {
    const agent = new Agent({keepAlive: true, maxSockets: 1, cert: api.proxy.cert, key: api.proxy.key, rejectUnauthorized: false});
    const status = (): Promise<number> => statusOf(PATH, {headers: ADMIN, agent});
    assert.equal(await status(), 200);
    api.trust = trustIn([api.proxyCa], [], ['another']);
    assert.equal(await status(), 401);
    api.trust = trustIn([api.proxyCa], [], ['another', 'front-proxy-client']);
    assert.equal(await status(), 200);
    api.trust = trustIn([await createCa({commonName: 'front-proxy-ca', ...validity(api.clock)})], []);
    assert.equal(await status(), 401);
    agent.destroy();
  });

  test('18: the names of headers and the values of several groups and extras are taken from the configuration', async () => {
    const headers = {
      'X-Remote-User': 'admin',
      'X-Remote-Uid': '42',
      'X-Remote-Group': ['a', 'b, with a comma'],
      'X-Remote-Extra-Authentication.kubernetes.io%2Fpod-name': 'hpa',
    };
    assert.equal(await statusOf(PATH, {headers, client: api.proxy}), 200);
    assert.deepEqual(api.reviews[0]?.['spec'], {
      resourceAttributes: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        namespace: 'default',
        verb: 'list',
        resource: 'rsg_load',
      },
      user: 'admin',
      uid: '42',
      groups: ['a', 'b, with a comma', 'system:authenticated'],
      extra: {'authentication.kubernetes.io/pod-name': ['hpa']},
    });
  });

  test('20: an Object metric is reviewed as get of a subresource', async () => {
    await api.asAdmin(OBJECT);
    const {resourceAttributes} = {resourceAttributes: undefined, ...Object(api.reviews[0]?.['spec'])} as {resourceAttributes: unknown};
    assert.deepEqual(resourceAttributes, {
      group: 'custom.metrics.k8s.io',
      version: 'v1beta2',
      namespace: 'default',
      verb: 'get',
      resource: 'resourcescalinggroups.resourcescalinggroup.com',
      name: 'llama',
      subresource: 'rsg_load',
    });
  });

  test('20: a bearer token is reviewed; one of nobody is a 401, one of a user without rights a 403', async () => {
    api.tokens.set('good', {username: 'admin', groups: ['g']}).set('weak', {username: 'weak', groups: []});
    const bearer = (token: string): Promise<number> => statusOf(PATH, {headers: {authorization: `Bearer ${token}`}});
    assert.deepEqual([await bearer('good'), await bearer('weak'), await bearer('made-up')], [200, 403, 401]);
    assert.equal(await statusOf(PATH, {headers: {authorization: 'Basic YWRtaW46YWRtaW4='}}), 401);
    assert.equal(await statusOf(PATH), 401);
  });

  test('20: a denial is a Status that names user, verb and resource', async () => {
    const {body} = await api.call(PATH, {client: api.proxy, headers: {'X-Remote-User': 'nobody'}});
    assert.deepEqual(JSON.parse(body), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'User "nobody" cannot list resource "rsg_load" in API group "external.metrics.k8s.io" in the namespace "default": by the test',
      reason: 'Forbidden',
      code: 403,
    });
  });

  test('a certificate of the client CA is a user with its organisations as groups', async () => {
    assert.equal(await statusOf(PATH, {client: await client(api.clientCa, 'admin', ['system:masters'])}), 200);
    assert.deepEqual(Object(api.reviews[0]?.['spec']), {
      ...Object(api.reviews[0]?.['spec']),
      user: 'admin',
      groups: ['system:masters', 'system:authenticated'],
    });
    assert.equal(await statusOf(PATH, {client: await client(api.proxyCa, 'admin')}), 401);
  });

  test('a decision holds for ten seconds, then it is asked for anew meanwhile; nothing older than thirty is ever used', async () => {
    for (let turn = 0; turn < 3; turn += 1) await api.asAdmin(PATH);
    assert.equal(api.reviews.length, 1);
    await api.clock.advance(11_000);
    assert.equal((await api.asAdmin(PATH)).status, 200);
    assert.equal(api.reviews.length, 2);
    api.allowed.delete('admin');
    await api.clock.advance(30_000);
    assert.equal((await api.asAdmin(PATH)).status, 403);
  });

  test('without an answer of the API server the request is refused as unavailable, and is asked again', async () => {
    api.apiServerDown = true;
    assert.equal((await api.asAdmin(PATH)).status, 503);
    assert.equal(await statusOf(PATH, {headers: {authorization: 'Bearer good'}}), 503);
    api.apiServerDown = false;
    assert.equal((await api.asAdmin(PATH)).status, 200);
  });

  test('nothing but discovery and health is told to strangers', async () => {
    for (const path of [OBJECT, '/apis/external.metrics.k8s.io/v1beta1/namespaces', '/metrics', '/']) {
      assert.equal(await statusOf(path), 401, path);
    }
  });
});
