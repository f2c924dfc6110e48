/** Tables, as `kubectl get` asks for them. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObject, type Json} from '../../../src/api/json.ts';
import type {ApiClient} from '../../support/api-client.ts';
import {draftRsg} from '../../support/rsg-objects.ts';
import {eventually} from '../../support/wait.ts';
import {RSGS} from '../subject.ts';
import {AUTOSCALERS, CONFIG_MAPS, configMap, DEPLOYMENTS, metadataOf, SERVICES, STATEFUL_SETS, workload} from './objects.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const AGE = /^\d+s$/u;
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(asObject) : []);

/** `Name`, and `Images*` for a column that only `-o wide` shows. */
const columnsOf = (table: Json): string[] =>
  listOf(table['columnDefinitions']).map(({name, priority}) => `${String(name)}${priority === 0 ? '' : '*'}`);
const cellsOf = (table: Json): unknown[] =>
  (listOf(table['rows'])[0]?.['cells'] as unknown[]).map((cell) => (typeof cell === 'string' && AGE.test(cell) ? 'AGE' : cell));

export function tableCases(api: () => ApiClient): void {
  const tableOf = (path: string): Promise<Json> => api().ok('GET', path, {accept: TABLE});
  const expectTable = async (path: string, columns: readonly string[], cells: readonly unknown[]): Promise<void> => {
    const table = await tableOf(path);
    assert.equal(table['kind'], 'Table');
    assert.deepEqual(columnsOf(table), columns);
    assert.deepEqual(cellsOf(table), cells);
  };

  describe('tables', () => {
    test('of a Deployment', async () => {
      await api().ok('POST', DEPLOYMENTS, {body: workload('Deployment', 't-dep')});
      const columns = ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers*', 'Images*', 'Selector*'];
      await expectTable(`${DEPLOYMENTS}/t-dep`, columns, ['t-dep', '0/0', 0, 0, 'AGE', 'engine', 'engine:1', 'app=t-dep']);
    });
    test('of a StatefulSet', async () => {
      await api().ok('POST', STATEFUL_SETS, {body: workload('StatefulSet', 't-sts')});
      await expectTable(
        `${STATEFUL_SETS}/t-sts`,
        ['Name', 'Ready', 'Age', 'Containers*', 'Images*'],
        ['t-sts', '0/0', 'AGE', 'engine', 'engine:1'],
      );
    });
    test('of a Service', async () => {
      const spec = {clusterIP: 'None', selector: {a: 'b'}, ports: [{port: 80}]};
      await api().ok('POST', SERVICES, {body: {apiVersion: 'v1', kind: 'Service', metadata: {name: 't-svc'}, spec}});
      const columns = ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector*'];
      await expectTable(`${SERVICES}/t-svc`, columns, ['t-svc', 'ClusterIP', 'None', '<none>', '80/TCP', 'AGE', 'a=b']);
    });
    test('of a HorizontalPodAutoscaler', async () => {
      const metrics = [{type: 'External', external: {metric: {name: 'q'}, target: {type: 'AverageValue', averageValue: '4'}}}];
      const spec = {scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'none'}, maxReplicas: 3, metrics};
      const body = {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {name: 't-hpa'}, spec};
      await api().ok('POST', AUTOSCALERS, {body});
      const columns = ['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'];
      await expectTable(`${AUTOSCALERS}/t-hpa`, columns, ['t-hpa', 'Deployment/none', '<unknown>/4 (avg)', '1', 3, 0, 'AGE']);
    });
    test('of ConfigMaps and Secrets', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('t-cm', {data: {a: '1', b: '2'}})});
      await expectTable(`${CONFIG_MAPS}/t-cm`, ['Name', 'Data', 'Age'], ['t-cm', 2, 'AGE']);
      const secrets = '/api/v1/namespaces/default/secrets';
      await api().ok('POST', secrets, {body: {apiVersion: 'v1', kind: 'Secret', metadata: {name: 't-sec'}, stringData: {a: '1'}}});
      await expectTable(`${secrets}/t-sec`, ['Name', 'Type', 'Data', 'Age'], ['t-sec', 'Opaque', 1, 'AGE']);
    });
    test("of an RSG, in its CRD's columns", async () => {
      const created = await api().ok('POST', RSGS, {body: draftRsg({name: 't-rsg', spec: {replicas: 2}})});
      const status = {
        replicas: 1,
        readyReplicas: 0,
        ratio: {wanted: '2:4', observed: '2:3'},
        plan: {summary: 's', nextVictims: ['g1', 'g0']},
      };
      await api().ok('PUT', `${RSGS}/t-rsg/status`, {body: {...created, status}});
      const columns = ['Name', 'Desired', 'Current', 'Ready', 'Available', 'Ratio', 'Next-Victim', 'Age'];
      await expectTable(`${RSGS}/t-rsg`, columns, ['t-rsg', 2, 1, 0, null, '2:3', 'g1', 'AGE']);
    });
    test('of an Event', async () => {
      const events = '/api/v1/namespaces/default/events';
      const involvedObject = {kind: 'ConfigMap', namespace: 'default', name: 't-cm'};
      const body = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {name: 't-ev'},
        involvedObject,
        type: 'Normal',
        reason: 'Told',
        message: 'it was told ',
        count: 3,
        source: {component: 'teller'},
        firstTimestamp: new Date().toISOString(),
        lastTimestamp: new Date().toISOString(),
      };
      await api().ok('POST', events, {body});
      const columns = ['Last Seen', 'Type', 'Reason', 'Object', 'Subobject*', 'Source*', 'Message', 'First Seen*', 'Count*', 'Name*'];
      const cells = ['AGE', 'Normal', 'Told', 'configmap/t-cm', '', 'teller', 'it was told', 'AGE', 3, 't-ev'];
      await expectTable(`${events}/t-ev`, columns, cells);
      const selected = await api().ok('GET', `${events}?fieldSelector=${encodeURIComponent('involvedObject.name=t-cm,reason=Told')}`);
      assert.equal(listOf(selected['items']).length, 1);
    });
    test('rows carry metadata, or the object where that is asked for', async () => {
      await api().ok('POST', CONFIG_MAPS, {body: configMap('t-row', {data: {a: '1'}})});
      const kinds = await Promise.all(
        ['', '?includeObject=Object'].map(async (query) => {
          const [row] = listOf((await tableOf(`${CONFIG_MAPS}/t-row${query}`))['rows']);
          return asObject(row?.['object'])['kind'];
        }),
      );
      assert.deepEqual(kinds, ['PartialObjectMetadata', 'ConfigMap']);
    });
    test('in a watch name their columns once', async () => {
      const labels = {set: 't-watch'};
      await api().ok('POST', CONFIG_MAPS, {body: configMap('t-watch-a', {metadata: {labels}})});
      const watch = await api().watch(`${CONFIG_MAPS}?watch=1&labelSelector=set%3Dt-watch`, TABLE);
      await eventually('the first row', () => Promise.resolve(watch.events.length === 1));
      await api().ok('POST', CONFIG_MAPS, {body: configMap('t-watch-b', {metadata: {labels}})});
      await eventually('the second row', () => Promise.resolve(watch.events.length === 2));
      watch.stop();
      const [first, second] = watch.events.map(({object}) => object);
      assert.deepEqual(columnsOf(first ?? {}), ['Name', 'Data', 'Age']);
      assert.deepEqual(listOf(second?.['columnDefinitions']), []);
      const named = [first, second].map((table) => metadataOf(asObject(listOf(table?.['rows'])[0]?.['object']))['name']);
      assert.deepEqual(named, ['t-watch-a', 't-watch-b']);
    });
  });
}
