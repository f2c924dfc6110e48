/** Creating and replacing: metadata, defaults, optimistic locking, dry runs. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {ApiClient} from '../../support/api-client.ts';
import {draftRsg} from '../../support/rsg-objects.ts';
import {RSGS} from '../subject.ts';
import {at, CONFIG_MAPS, configMap, DEPLOYMENTS, metadataOf, mistakes, SERVICES, specOf, STATEFUL_SETS, workload} from './objects.ts';

export function writeCases(api: () => ApiClient): void {
  describe('creating', () => {
    test('gives uid, resourceVersion and time, and takes the namespace from the path', async () => {
      const {status, body} = await api().send('POST', CONFIG_MAPS, {body: configMap('w-meta')});
      const {uid, resourceVersion, creationTimestamp, namespace, generation} = metadataOf(body);
      assert.equal(status, 201);
      assert.match(String(uid), /^[0-9a-f-]{36}$/u);
      assert.match(String(resourceVersion), /^\d+$/u);
      assert.match(String(creationTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u);
      assert.equal(namespace, 'default');
      assert.equal(generation, undefined);
    });
    test('draws a name for generateName', async () => {
      const body = await api().ok('POST', CONFIG_MAPS, {body: configMap('', {metadata: {generateName: 'w-gen-'}})});
      assert.match(String(metadataOf(body)['name']), /^w-gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/u);
    });
    test('twice is a conflict', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('w-twice')});
      const {status, body} = await api().send('POST', CONFIG_MAPS, {body: configMap('w-twice')});
      assert.equal(status, 409);
      assert.equal(body['reason'], 'AlreadyExists');
      assert.equal(body['message'], 'configmaps "w-twice" already exists');
      assert.deepEqual(body['details'], {name: 'w-twice', kind: 'configmaps'});
    });
    test('in no namespace is not found', async () => {
      const {status, body} = await api().send('POST', '/api/v1/namespaces/nowhere/configmaps', {body: configMap('a')});
      assert.equal(status, 404);
      assert.equal(body['message'], 'namespaces "nowhere" not found');
    });
    test('in another namespace than the path says is refused', async () => {
      const {status, body} = await api().send('POST', CONFIG_MAPS, {body: configMap('a', {metadata: {namespace: 'other'}})});
      assert.equal(status, 400);
      assert.equal(body['message'], 'the namespace of the provided object does not match the namespace sent on the request');
    });
    test('as a dry run answers the same and keeps nothing', async () => {
      const {status} = await api().send('POST', `${CONFIG_MAPS}?dryRun=All`, {body: configMap('w-dry')});
      assert.equal(status, 201);
      assert.equal((await api().send('GET', `${CONFIG_MAPS}/w-dry`)).status, 404);
    });
    test("status of a custom resource is not the creator's to write", async () => {
      const draft = {...draftRsg({name: 'w-status'}), status: {replicas: 7}};
      const body = await api().ok('POST', RSGS, {body: draft});
      assert.equal(body['status'], undefined);
      assert.equal(metadataOf(body)['generation'], 1);
    });
  });

  describe('defaults', () => {
    test('of a Deployment', async () => {
      const container = {ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}, resources: {limits: {cpu: 1}}};
      const body = await api().ok('POST', `${DEPLOYMENTS}?dryRun=All`, {body: workload('Deployment', 'w-def', {container})});
      const {selector: _selector, template: _template, ...spec} = specOf(body);
      assert.deepEqual(spec, {
        progressDeadlineSeconds: 600,
        replicas: 0,
        revisionHistoryLimit: 10,
        strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: '25%', maxUnavailable: '25%'}},
      });
      assert.deepEqual(at(body, 'spec', 'template', 'spec'), {
        containers: [
          {
            name: 'engine',
            image: 'engine:1',
            imagePullPolicy: 'IfNotPresent',
            ports: [{containerPort: 80, protocol: 'TCP'}],
            readinessProbe: {
              httpGet: {path: '/', port: 80, scheme: 'HTTP'},
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
            resources: {limits: {cpu: '1'}},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      });
    });
    test('of a StatefulSet', async () => {
      const body = await api().ok('POST', `${STATEFUL_SETS}?dryRun=All`, {body: workload('StatefulSet', 'w-def')});
      const {selector: _selector, template: _template, ...spec} = specOf(body);
      assert.deepEqual(spec, {
        persistentVolumeClaimRetentionPolicy: {whenDeleted: 'Retain', whenScaled: 'Retain'},
        podManagementPolicy: 'OrderedReady',
        replicas: 0,
        revisionHistoryLimit: 10,
        serviceName: 'w-def',
        updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 0, maxUnavailable: 1}},
      });
    });
    test('of a Service, and a headless one', async () => {
      const service = (name: string, spec: object): object => ({apiVersion: 'v1', kind: 'Service', metadata: {name}, spec});
      const plain = specOf(await api().ok('POST', SERVICES, {body: service('w-def', {ports: [{port: 80}]})}));
      const {clusterIP, clusterIPs, ...rest} = plain;
      assert.match(String(clusterIP), /^10\.96\.\d+\.\d+$/u);
      assert.deepEqual(clusterIPs, [clusterIP]);
      assert.deepEqual(rest, {
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{port: 80, protocol: 'TCP', targetPort: 80}],
        sessionAffinity: 'None',
        type: 'ClusterIP',
      });
      const headless = await api().ok('POST', `${SERVICES}?dryRun=All`, {body: service('w-none', {clusterIP: 'None'})});
      assert.equal(specOf(headless)['clusterIP'], 'None');
    });
  });

  describe('replacing', () => {
    const create = (name: string, data: object = {}) => api().ok('POST', CONFIG_MAPS, {body: configMap(name, {data})});
    test('with the version as read writes, with an older one is a conflict', async () => {
      const first = await create('w-put', {a: '1'});
      const second = await api().ok('PUT', `${CONFIG_MAPS}/w-put`, {body: {...first, data: {a: '2'}}});
      assert.notEqual(metadataOf(second)['resourceVersion'], metadataOf(first)['resourceVersion']);
      const {status, body} = await api().send('PUT', `${CONFIG_MAPS}/w-put`, {body: {...first, data: {a: '3'}}});
      assert.equal(status, 409);
      assert.equal(body['reason'], 'Conflict');
      assert.equal(
        body['message'],
        'Operation cannot be fulfilled on configmaps "w-put": the object has been modified; please apply your changes to the latest version and try again',
      );
    });
    test('with what is there already writes nothing', async () => {
      const first = await create('w-same');
      const again = await api().ok('PUT', `${CONFIG_MAPS}/w-same`, {body: first});
      assert.equal(metadataOf(again)['resourceVersion'], metadataOf(first)['resourceVersion']);
    });
    test('without a version wins for built-in kinds, and is refused for custom ones', async () => {
      await create('w-free');
      await api().ok('PUT', `${CONFIG_MAPS}/w-free`, {body: configMap('w-free', {data: {a: '1'}})});
      await api().ok('POST', RSGS, {body: draftRsg({name: 'w-free'})});
      const {status, body} = await api().send('PUT', `${RSGS}/w-free`, {body: draftRsg({name: 'w-free'})});
      assert.equal(status, 422);
      assert.deepEqual(mistakes(body), ['metadata.resourceVersion: Invalid value: 0: must be specified for an update']);
    });
    test('what is not there is not found; under another name is refused', async () => {
      assert.equal((await api().send('PUT', `${CONFIG_MAPS}/w-none`, {body: configMap('w-none')})).status, 404);
      await create('w-name');
      const {status, body} = await api().send('PUT', `${CONFIG_MAPS}/w-name`, {body: configMap('other')});
      assert.equal(status, 400);
      assert.equal(body['message'], 'the name of the object (other) does not match the name on the URL (w-name)');
    });
    test('status and spec each keep what the other holds', async () => {
      const created = await api().ok('POST', RSGS, {body: draftRsg({name: 'w-sub'})});
      const status = {replicas: 3};
      const reported = await api().ok('PUT', `${RSGS}/w-sub/status`, {body: {...created, spec: {...specOf(created), replicas: 9}, status}});
      assert.deepEqual([specOf(reported)['replicas'], reported['status']], [1, status]);
      const changed = await api().ok('PUT', `${RSGS}/w-sub`, {
        body: {...reported, spec: {...specOf(created), replicas: 2}, status: {replicas: 0}},
      });
      assert.deepEqual([specOf(changed)['replicas'], changed['status']], [2, status]);
      assert.deepEqual([metadataOf(reported)['generation'], metadataOf(changed)['generation']], [1, 2]);
    });
    test("a StatefulSet's serviceName is for ever", async () => {
      const created = await api().ok('POST', STATEFUL_SETS, {body: workload('StatefulSet', 'w-fixed')});
      const {resourceVersion: _version, ...metadata} = metadataOf(created);
      const body = {...created, metadata, spec: {...specOf(created), serviceName: 'other'}};
      assert.deepEqual(mistakes((await api().send('PUT', `${STATEFUL_SETS}/w-fixed`, {body})).body), [
        'spec.serviceName: Invalid value: "other": field is immutable',
      ]);
    });
  });

  test('what does not exist answers as such', async () => {
    for (const path of ['/api/v1/nothing', `${CONFIG_MAPS}/w-none/scale`]) {
      const {status, body} = await api().send('GET', path);
      assert.equal(status, 404);
      assert.equal(body['kind'], 'Status');
    }
    const {status, body} = await api().send('PUT', CONFIG_MAPS, {body: configMap('a')});
    assert.equal(status, 405);
    assert.equal(body['reason'], 'MethodNotAllowed');
    assert.equal((await api().send('POST', CONFIG_MAPS, {body: 'a=b', contentType: 'text/plain'})).status, 415);
  });
}
