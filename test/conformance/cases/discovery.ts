/** What clients find out before they ask for anything. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObject, type Json} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(asObject) : []);
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function discoveryCases(api: () => ApiClient): void {
  const resourceOf = async (group: string, version: string, plural: string): Promise<Json> => {
    const list = await api().ok('GET', group === '' ? '/api' : '/apis', {accept: AGGREGATED});
    const found = listOf(list['items']).find((item) => (asObject(item['metadata'])['name'] ?? '') === group);
    const versions = listOf(found?.['versions']).find((one) => one['version'] === version);
    return listOf(versions?.['resources']).find((one) => one['resource'] === plural) ?? {};
  };
  const normal = (resource: Json): Json => ({
    ...resource,
    // Its group and version may be left to the list's.
    responseKind: asObject(resource['responseKind'])['kind'],
    verbs: [...(resource['verbs'] as string[])].sort(),
    subresources: listOf(resource['subresources'])
      .map(({subresource, responseKind}) => `${String(subresource)}: ${String(asObject(responseKind)['kind'])}`)
      .sort(),
  });

  describe('discovery', () => {
    test('of all groups in one document', async () => {
      assert.deepEqual(normal(await resourceOf('apps', 'v1', 'deployments')), {
        resource: 'deployments',
        responseKind: 'Deployment',
        scope: 'Namespaced',
        singularResource: 'deployment',
        verbs: VERBS,
        shortNames: ['deploy'],
        categories: ['all'],
        subresources: ['scale: Scale', 'status: Deployment'],
      });
    });
    test('of a kind that a CRD has brought', async () => {
      const rsg = await eventually('the kind is there', async () => {
        const found = await resourceOf('resourcescalinggroup.com', 'v1', 'resourcescalinggroups');
        return found['resource'] === undefined ? undefined : found;
      });
      assert.deepEqual(normal(rsg), {
        resource: 'resourcescalinggroups',
        responseKind: 'ResourceScalingGroup',
        scope: 'Namespaced',
        singularResource: 'resourcescalinggroup',
        verbs: VERBS,
        shortNames: ['rsg'],
        subresources: ['scale: Scale', 'status: ResourceScalingGroup'],
      });
    });
    test('of one version, in the classic form', async () => {
      const list = await api().ok('GET', '/apis/apps/v1');
      assert.equal(list['groupVersion'], 'apps/v1');
      const deployments = listOf(list['resources']).filter(({name}) => String(name).startsWith('deployments'));
      assert.deepEqual(
        deployments.map(({name, kind, namespaced}) => ({name, kind, namespaced})),
        [
          {name: 'deployments', kind: 'Deployment', namespaced: true},
          {name: 'deployments/scale', kind: 'Scale', namespaced: true},
          {name: 'deployments/status', kind: 'Deployment', namespaced: true},
        ],
      );
    });
    test('of a group', async () => {
      const group = await api().ok('GET', '/apis/apps');
      assert.deepEqual(
        [group['kind'], group['name'], group['preferredVersion']],
        ['APIGroup', 'apps', {groupVersion: 'apps/v1', version: 'v1'}],
      );
      assert.equal((await api().send('GET', '/apis/nothing.example')).status, 404);
    });
    test('of schemas: which requests can be validated strictly', async () => {
      const probe = async (): Promise<unknown> => {
        const index = asObject((await api().ok('GET', '/openapi/v3'))['paths']);
        return asObject(index['apis/resourcescalinggroup.com/v1'])['serverRelativeURL'];
      };
      const address = await eventually('the schema is there', probe);
      const document = await api().ok('GET', String(address));
      const paths = asObject(document['paths']);
      const [, one] = Object.entries(paths).find(([path]) => path.endsWith('resourcescalinggroups/{name}')) ?? [];
      const parameters = listOf(asObject(asObject(one)['patch'])['parameters']).map(({name}) => name);
      assert.ok(parameters.includes('fieldValidation'));
    });
    test('of the server itself', async () => {
      const {major, minor} = await api().ok('GET', '/version');
      assert.deepEqual([major, minor], ['1', '37']);
      assert.equal((await api().send('GET', '/readyz')).status, 200);
    });
  });

  test('who asks may do everything, and is told so', async () => {
    const spec = {resourceAttributes: {verb: 'create', resource: 'pods', namespace: 'default'}};
    const body = {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec};
    const review = await api().ok('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {body});
    assert.equal(asObject(review['status'])['allowed'], true);
  });
  test('a token that nobody has is not authenticated', async () => {
    const body = {apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {token: 'nobody'}};
    const review = await api().ok('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {body});
    assert.notEqual(asObject(review['status'])['authenticated'], true);
  });
}
