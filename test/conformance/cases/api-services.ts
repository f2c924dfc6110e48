/** Whether an aggregated API can be used is told by its APIService: the server asks, it does not believe. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObjects} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {at, metadataOf, mistakes, SERVICES} from './objects.ts';

const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
/** Of this machine; nobody listens there. */
const NOBODY = 1;

interface Unavailable {
  readonly what: string;
  readonly service: object | undefined;
  readonly port: number;
  readonly reason: string;
  readonly message: RegExp;
}

const UNAVAILABLE: readonly Unavailable[] = [
  {
    what: 'whose Service is not there',
    service: undefined,
    port: 443,
    reason: 'ServiceNotFound',
    message: /^service\/as-0 in "default" is not present$/u,
  },
  {
    what: 'whose Service has another port',
    service: {ports: [{port: 443}]},
    port: 444,
    reason: 'ServicePortError',
    message: /^service\/as-1 in "default" is not listening on port 444$/u,
  },
  {
    what: 'whose Service selects nothing',
    service: {ports: [{port: 443}]},
    port: 443,
    reason: 'EndpointsNotFound',
    message: /^cannot find endpointslices for service\/as-2 in "default"$/u,
  },
  {
    what: 'behind which nobody answers',
    service: {type: 'ExternalName', externalName: 'localhost', ports: [{port: NOBODY}]},
    port: NOBODY,
    reason: 'FailedDiscoveryCheck',
    message: /^failing or missing response from https:\/\/localhost:1\/apis\/as-3\.example\.com\/v1: /u,
  },
];

export function apiServiceCases(api: () => ApiClient): void {
  describe('an APIService is not available', () => {
    for (const [index, {what, service, port, reason, message}] of UNAVAILABLE.entries()) {
      test(what, async () => {
        const called = `as-${String(index)}`;
        if (service !== undefined) {
          await api().ok('POST', SERVICES, {body: {apiVersion: 'v1', kind: 'Service', metadata: {name: called}, spec: service}});
        }
        const group = `${called}.example.com`;
        const name = `v1.${group}`;
        const target = {name: called, namespace: 'default', port};
        const priorities = {groupPriorityMinimum: 100, versionPriority: 100};
        const spec = {group, version: 'v1', insecureSkipTLSVerify: true, service: target, ...priorities};
        await api().ok('POST', API_SERVICES, {body: {apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: {name}, spec}});
        try {
          const condition = await eventually('the server has looked', async () => {
            const conditions = asObjects(at(await api().ok('GET', `${API_SERVICES}/${name}`), 'status', 'conditions'));
            // Before the Service is known to it, it is missing in any case.
            return conditions.find((one) => one['type'] === 'Available' && one['reason'] === reason);
          });
          assert.equal(condition['status'], 'False');
          assert.match(String(condition['message']), message);
        } finally {
          // A namespace is not deleted while an API of the server does not answer.
          await api().ok('DELETE', `${API_SERVICES}/${name}`);
        }
      });
    }
  });

  describe('a node port out of range', () => {
    const body = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name},
      spec: {type: 'NodePort', ports: [{port: 80, nodePort: 80}]},
    });
    test('is not given out', async () => {
      const {status, body: answer} = await api().send('POST', SERVICES, {body: body('np-real')});
      assert.equal(status, 422);
      const range = 'provided port is not in the valid range. The range of valid ports is 30000-32767';
      assert.deepEqual(mistakes(answer), [`spec.ports[0].nodePort: Invalid value: 80: ${range}`]);
    });
    test('is nothing that a dry run sees, since it is given none', async () => {
      assert.equal(metadataOf(await api().ok('POST', `${SERVICES}?dryRun=All`, {body: body('np-dry')}))['name'], 'np-dry');
    });
  });
}
