/** Deleting: preconditions, finalizers, and what becomes of what an object owned. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObject, type Json} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {CONFIG_MAPS, configMap, MERGE, metadataOf} from './objects.ts';

export function deletionCases(api: () => ApiClient): void {
  const create = (name: string, metadata: object = {}): Promise<Json> => api().ok('POST', CONFIG_MAPS, {body: configMap(name, {metadata})});
  const find = async (name: string): Promise<Json | undefined> => {
    const {status, body} = await api().send('GET', `${CONFIG_MAPS}/${name}`);
    return status === 200 ? body : undefined;
  };
  const gone = (name: string): Promise<unknown> => eventually(`${name} is gone`, async () => (await find(name)) === undefined);
  const release = (name: string): Promise<Json> =>
    api().ok('PATCH', `${CONFIG_MAPS}/${name}`, {body: {metadata: {finalizers: null}}, contentType: MERGE});
  const remove = (name: string, body: object = {}) => api().send('DELETE', `${CONFIG_MAPS}/${name}`, {body});
  const ownedBy = (owner: Json, more: object = {}): object => {
    const {name, uid} = metadataOf(owner);
    return {ownerReferences: [{apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...more}]};
  };

  describe('deleting', () => {
    test('says what was deleted', async () => {
      const created = await create('d-plain');
      const {status, body} = await remove('d-plain');
      assert.deepEqual(
        [status, body['kind'], body['status'], body['details']],
        [200, 'Status', 'Success', {name: 'd-plain', kind: 'configmaps', uid: metadataOf(created)['uid']}],
      );
      assert.equal((await remove('d-plain')).status, 404);
    });
    test('another object than the one meant is a conflict', async () => {
      await create('d-uid');
      const {status, body} = await remove('d-uid', {preconditions: {uid: 'other'}});
      assert.equal(status, 409);
      assert.match(String(body['message']), /the UID in the precondition \(other\) does not match the UID in record/u);
    });
    test('as a dry run deletes nothing', async () => {
      await create('d-dry');
      assert.equal((await remove('d-dry', {dryRun: ['All']})).status, 200);
      assert.ok((await find('d-dry')) !== undefined);
    });
    test('with a finalizer marks, and the last finalizer removes', async () => {
      await create('d-fin', {finalizers: ['x/y']});
      const {status, body} = await remove('d-fin');
      assert.equal(status, 200);
      const {deletionTimestamp, deletionGracePeriodSeconds} = metadataOf(body);
      assert.equal(typeof deletionTimestamp, 'string');
      assert.equal(deletionGracePeriodSeconds, 0);
      const more = {body: {metadata: {finalizers: ['x/y', 'x/z']}}, contentType: MERGE};
      assert.equal((await api().send('PATCH', `${CONFIG_MAPS}/d-fin`, more)).status, 422);
      await release('d-fin');
      await gone('d-fin');
    });
    test('in the background takes along what was owned', async () => {
      const owner = await create('d-back');
      await create('d-back-child', ownedBy(owner));
      await remove('d-back', {propagationPolicy: 'Background'});
      assert.equal(await find('d-back'), undefined);
      await gone('d-back-child');
    });
    test('in the foreground waits for what blocks it', async () => {
      const owner = await create('d-fore');
      await create('d-fore-child', {...ownedBy(owner, {blockOwnerDeletion: true}), finalizers: ['x/y']});
      const {body} = await remove('d-fore', {propagationPolicy: 'Foreground'});
      assert.deepEqual(metadataOf(body)['finalizers'], ['foregroundDeletion']);
      await eventually(
        'the child is marked',
        async () => metadataOf((await find('d-fore-child')) ?? {})['deletionTimestamp'] !== undefined,
      );
      assert.ok((await find('d-fore')) !== undefined);
      await release('d-fore-child');
      await gone('d-fore-child');
      await gone('d-fore');
    });
    test('as orphaning lets go what was owned', async () => {
      const owner = await create('d-orph');
      await create('d-orph-child', ownedBy(owner));
      await remove('d-orph', {propagationPolicy: 'Orphan'});
      await gone('d-orph');
      const child = await find('d-orph-child');
      assert.ok(child !== undefined);
      assert.equal(metadataOf(child)['ownerReferences'], undefined);
    });
    test('one of two owners leaves the other with its own', async () => {
      const [a, b] = [await create('d-two-a'), await create('d-two-b')];
      const references = [a, b].flatMap((owner) => asObject(ownedBy(owner))['ownerReferences'] as object[]);
      await create('d-two-child', {ownerReferences: references});
      await remove('d-two-a');
      await eventually('one reference is left', async () => {
        const left = metadataOf((await find('d-two-child')) ?? {})['ownerReferences'];
        return Array.isArray(left) && left.length === 1 && asObject(left[0])['name'] === 'd-two-b';
      });
    });
    test('a namespace empties it', async () => {
      await api().ok('POST', '/api/v1/namespaces', {body: {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'd-ns'}}});
      await api().ok('POST', '/api/v1/namespaces/d-ns/configmaps', {body: configMap('held', {metadata: {finalizers: ['x/y']}})});
      await api().ok('DELETE', '/api/v1/namespaces/d-ns');
      const {status, body} = await api().send('POST', '/api/v1/namespaces/d-ns/configmaps', {body: configMap('late')});
      assert.deepEqual([status, body['reason']], [403, 'Forbidden']);
      assert.equal(
        body['message'],
        'configmaps "late" is forbidden: unable to create new content in namespace d-ns because it is being terminated',
      );
      const patch = {body: {metadata: {finalizers: null}}, contentType: MERGE};
      await eventually('its content is marked', async () => {
        const held = await api().send('GET', '/api/v1/namespaces/d-ns/configmaps/held');
        return metadataOf(held.body)['deletionTimestamp'] !== undefined;
      });
      await api().ok('PATCH', '/api/v1/namespaces/d-ns/configmaps/held', patch);
      await eventually('it is gone', async () => (await api().send('GET', '/api/v1/namespaces/d-ns')).status === 404);
    });
    test('the default namespace is refused', async () => {
      assert.equal((await api().send('DELETE', '/api/v1/namespaces/default')).status, 403);
    });
  });
}
