/** What kube-apiserver and kubectl ask before anything else. Numbers are those of the conformance checklist. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';
import {startApiUnderTest, type ApiUnderTest} from '../../../support/api-under-test.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
/** As kube-aggregator sends it. */
const ACCEPT = `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;
const VERSIONS = ['external.metrics.k8s.io/v1beta1', 'custom.metrics.k8s.io/v1beta2', 'custom.metrics.k8s.io/v1beta1'];

const resourceList = z.object({
  kind: z.literal('APIResourceList'),
  apiVersion: z.literal('v1'),
  groupVersion: z.string(),
  resources: z
    .array(
      z.object({name: z.string(), singularName: z.string(), namespaced: z.literal(true), kind: z.string(), verbs: z.array(z.string())}),
    )
    .min(1),
});
const gvk = z.object({group: z.string(), version: z.string(), kind: z.string()});
const aggregatedList = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  apiVersion: z.literal('apidiscovery.k8s.io/v2'),
  items: z.array(
    z.object({
      metadata: z.object({name: z.string()}),
      versions: z.array(
        z.object({
          version: z.string(),
          freshness: z.literal('Current'),
          resources: z.array(
            z.object({
              resource: z.string(),
              responseKind: gvk,
              scope: z.literal('Namespaced'),
              subresources: z.array(z.object({subresource: z.string(), responseKind: gvk})).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

describe('discovery', () => {
  let api: ApiUnderTest;
  before(async () => {
    api = await startApiUnderTest();
    // Nothing is known and nobody can be asked: 13.
    api.apiServerDown = true;
    api.notReady = 'nothing has been read yet';
  });
  after(() => api.close());

  test('13, 14: each version lists its metrics with no RSG, no engine and no API server', async () => {
    for (const version of VERSIONS) {
      const {status, body} = await api.call(`/apis/${version}`);
      assert.equal(status, 200);
      const {groupVersion, resources} = resourceList.parse(JSON.parse(body));
      assert.equal(groupVersion, version);
      const prefix = version.startsWith('custom') ? 'resourcescalinggroups.resourcescalinggroup.com/' : '';
      assert.ok(resources.some(({name}) => name === `${prefix}rsg_load`));
    }
  });

  test('15: a user without groups is served, and groups and their preferred versions are told', async () => {
    const headers = {'X-Remote-User': 'system:kube-aggregator'};
    const {status, body} = await api.call('/apis', {client: api.proxy, headers});
    assert.equal(status, 200);
    const groups = z.object({groups: z.array(z.object({name: z.string(), preferredVersion: z.object({version: z.string()})}))});
    assert.deepEqual(
      groups.parse(JSON.parse(body)).groups.map(({name, preferredVersion}) => `${name}/${preferredVersion.version}`),
      ['external.metrics.k8s.io/v1beta1', 'custom.metrics.k8s.io/v1beta2'],
    );
    assert.equal((await api.call('/apis/custom.metrics.k8s.io')).status, 200);
  });

  test('15: aggregated discovery has its exact content type, an ETag, and the same resources', async () => {
    const {status, headers, body} = await api.call('/apis', {headers: {accept: ACCEPT}});
    assert.equal(status, 200);
    assert.equal(headers['content-type'], AGGREGATED);
    const {items} = aggregatedList.parse(JSON.parse(body));
    assert.deepEqual(
      items.flatMap(({metadata, versions}) => versions.map(({version}) => `${metadata.name}/${version}`)),
      VERSIONS,
    );
    const etag = headers.etag ?? '';
    assert.equal((await api.call('/apis', {headers: {accept: ACCEPT, 'if-none-match': etag}})).status, 304);
  });

  test('16: there is no OpenAPI, which is said as 404', async () => {
    for (const path of ['/openapi/v2', '/openapi/v3']) assert.equal((await api.call(path)).status, 404);
  });

  test('21: health is open to everybody', async () => {
    for (const path of ['/livez', '/healthz']) assert.equal((await api.call(path)).status, 200);
    const {status, body} = await api.call('/readyz');
    assert.equal(`${String(status)} ${body}`, '503 nothing has been read yet\n');
    api.notReady = undefined;
    assert.equal((await api.call('/readyz')).status, 200);
  });
});
