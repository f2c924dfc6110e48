/** `/scale` of a workload and of a ResourceScalingGroup. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {ApiClient} from '../../support/api-client.ts';
import {draftRsg} from '../../support/rsg-objects.ts';
import {RSGS} from '../subject.ts';
import {DEPLOYMENTS, MERGE, metadataOf, mistakes, specOf, workload} from './objects.ts';

export function scaleCases(api: () => ApiClient): void {
  describe('/scale', () => {
    test('of a Deployment says replicas and selector', async () => {
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 's-dep')});
      const {kind, apiVersion, spec, status} = await api().ok('GET', `${DEPLOYMENTS}/s-dep/scale`);
      assert.deepEqual(
        {kind, apiVersion, spec, status},
        {
          kind: 'Scale',
          apiVersion: 'autoscaling/v1',
          spec: {},
          status: {replicas: 0, selector: 'app=s-dep'},
        },
      );
    });
    test('of an RSG says what its status says', async () => {
      const created = await api().ok('POST', RSGS, {body: draftRsg({name: 's-rsg', spec: {replicas: 2}})});
      const before = await api().ok('GET', `${RSGS}/s-rsg/scale`);
      assert.deepEqual([before['spec'], before['status']], [{replicas: 2}, {replicas: 0}]);
      await api().ok('PUT', `${RSGS}/s-rsg/status`, {body: {...created, status: {replicas: 1, selector: 'a=b'}}});
      const after = await api().ok('GET', `${RSGS}/s-rsg/scale`);
      assert.deepEqual(after['status'], {replicas: 1, selector: 'a=b'});
    });
    test('takes a merge patch, and moves the generation', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 's-patch'})});
      const scaled = await api().ok('PATCH', `${RSGS}/s-patch/scale`, {body: {spec: {replicas: 4}}, contentType: MERGE});
      assert.deepEqual(scaled['spec'], {replicas: 4});
      const rsg = await api().ok('GET', `${RSGS}/s-patch`);
      assert.deepEqual([specOf(rsg)['replicas'], metadataOf(rsg)['generation']], [4, 2]);
      assert.equal(metadataOf(scaled)['resourceVersion'], metadataOf(rsg)['resourceVersion']);
    });
    test('takes a PUT with the version as read, and refuses an older one', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 's-put'})});
      const scale = await api().ok('GET', `${RSGS}/s-put/scale`);
      await api().ok('PUT', `${RSGS}/s-put/scale`, {body: {...scale, spec: {replicas: 3}}});
      const {status, body} = await api().send('PUT', `${RSGS}/s-put/scale`, {body: {...scale, spec: {replicas: 5}}});
      assert.deepEqual([status, body['reason']], [409, 'Conflict']);
    });
    test('refuses replicas below 0', async () => {
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 's-neg')});
      const {status, body} = await api().send('PATCH', `${DEPLOYMENTS}/s-neg/scale`, {body: {spec: {replicas: -1}}, contentType: MERGE});
      assert.equal(status, 422);
      assert.deepEqual(mistakes(body), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
    });
    test('refuses more groups than an RSG may have', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 's-max'})});
      const {status} = await api().send('PATCH', `${RSGS}/s-max/scale`, {body: {spec: {replicas: 100_001}}, contentType: MERGE});
      assert.equal(status, 422);
    });
    test('of what is not there is not found', async () => {
      assert.equal((await api().send('GET', `${RSGS}/s-none/scale`)).status, 404);
    });
  });
}
