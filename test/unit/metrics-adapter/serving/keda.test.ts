/** KEDA's external scaler over real gRPC. Numbers in names are those of the conformance checklist. */
import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, test} from 'node:test';
import {Code, ConnectError, createClient, type Client} from '@connectrpc/connect';
import {createGrpcTransport, Http2SessionManager} from '@connectrpc/connect-node';
import {Registry} from 'prom-client';
import {createCa, createLeaf} from '../../../../src/runtime/certificate.ts';
import {ExternalScaler} from '../../../../src/metrics-adapter/serving/keda/externalscaler_pb.ts';
import {startKedaServer, type KedaServer} from '../../../../src/metrics-adapter/serving/keda/server.ts';
import {createServingMetrics} from '../../../../src/metrics-adapter/serving/serving-metrics.ts';
import {fakeSource, UNAVAILABLE, type FakeSource} from '../../../support/fake-metric-source.ts';

const ref = (metadata: Record<string, string>) => ({
  name: 'so',
  namespace: 'default',
  scalerMetadata: {scalerAddress: 'rsg:9090', rsg: 'llama', target: '0.7', ...metadata},
});

describe("KEDA's external scaler", () => {
  let source: FakeSource;
  let server: KedaServer;
  let session: Http2SessionManager;
  let scaler: Client<typeof ExternalScaler>;
  beforeEach(async () => {
    source = fakeSource();
    source.values.set('llama rsg_load', 2.4);
    server = await startKedaServer({host: '127.0.0.1', port: 0}, {source, metrics: createServingMetrics(new Registry())});
    session = new Http2SessionManager(server.url);
    scaler = createClient(ExternalScaler, createGrpcTransport({baseUrl: server.url, sessionManager: session}));
  });
  afterEach(async () => {
    session.abort();
    await server.close();
  });
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'ok',
      (error: unknown) => Code[ConnectError.from(error).code],
    );

  test('31: the metric and its target come from the metadata, as float and as integer', async () => {
    const {metricSpecs} = await scaler.getMetricSpec(ref({metric: 'rsg_queue_depth', target: '12'}));
    assert.deepEqual(
      metricSpecs.map(({metricName, targetSize, targetSizeFloat}) => [metricName, targetSize, targetSizeFloat]),
      [['rsg_queue_depth', 12n, 12]],
    );
    const [fraction] = (await scaler.getMetricSpec(ref({target: '700m'}))).metricSpecs;
    assert.deepEqual([fraction?.metricName, fraction?.targetSize, fraction?.targetSizeFloat], ['rsg_load', 1n, 0.7]);
  });

  test('31: a value is answered as float and as the nearest integer, under the name that was asked', async () => {
    const {metricValues} = await scaler.getMetrics({scaledObjectRef: ref({role: 'decode', quantile: '0.5'}), metricName: 'rsg_load'});
    assert.deepEqual(
      metricValues.map(({metricName, metricValue, metricValueFloat}) => [metricName, metricValue, metricValueFloat]),
      [['rsg_load', 2n, 2.4]],
    );
    assert.deepEqual(source.asked, [{namespace: 'default', rsg: 'llama', metric: 'rsg_load', role: 'decode', quantile: 0.5}]);
  });

  test('31: StreamMetricSpec is unimplemented', async () => {
    const stream = scaler.streamMetricSpec(ref({}));
    assert.equal(await codeOf(stream[Symbol.asyncIterator]().next()), 'Unimplemented');
  });

  test('11: unknown at no groups, or of an RSG that is not known, is an error of every call that would need a value', async () => {
    source.values.set('llama rsg_load', UNAVAILABLE);
    for (const wanted of [undefined, 0]) {
      if (wanted !== undefined) source.wantedGroups.set('llama', wanted);
      assert.equal(await codeOf(scaler.getMetrics({scaledObjectRef: ref({}), metricName: 'rsg_load'})), 'Unavailable');
      assert.equal(await codeOf(scaler.isActive(ref({}))), 'Unavailable');
    }
    source.values.set('llama rsg_load', Number.NaN);
    assert.equal(await codeOf(scaler.getMetrics({scaledObjectRef: ref({}), metricName: 'rsg_load'})), 'Unavailable');
  });

  test('11, 30: unknown while groups are wanted is no value and active, with or without demand: KEDA changes nothing, the HPA has an error', async () => {
    source.wantedGroups.set('llama', 3);
    for (const unknown of [UNAVAILABLE, Number.NaN]) {
      source.values.set('llama rsg_load', unknown);
      for (const demand of [undefined, false, true]) {
        if (demand === undefined) source.activity.delete('llama');
        else source.activity.set('llama', demand);
        assert.deepEqual((await scaler.getMetrics({scaledObjectRef: ref({}), metricName: 'rsg_load'})).metricValues, []);
        assert.equal((await scaler.isActive(ref({}))).result, true);
        assert.equal((await scaler.isActive(ref({activationTarget: '0.5'}))).result, true);
      }
    }
  });

  const mistakes: readonly [string, Record<string, string>, string][] = [
    ['no RSG', {rsg: ''}, 'InvalidArgument'],
    ['no target', {target: ''}, 'InvalidArgument'],
    ['a target of 0', {target: '0'}, 'InvalidArgument'],
    ['a target that is no number', {target: 'many'}, 'InvalidArgument'],
  ];
  for (const [what, metadata, code] of mistakes) {
    test(`${what} is told as ${code}`, async () => {
      assert.equal(await codeOf(scaler.getMetricSpec(ref(metadata))), code);
    });
  }

  test('an unknown RSG or metric is not found', async () => {
    assert.equal(await codeOf(scaler.getMetrics({scaledObjectRef: ref({rsg: 'nobody'}), metricName: 'rsg_load'})), 'NotFound');
    assert.equal(await codeOf(scaler.getMetrics({scaledObjectRef: ref({metric: 'cpu'}), metricName: 'cpu'})), 'NotFound');
  });

  type Activity = readonly [string, {demand?: boolean; load: number; activationTarget?: string}, boolean];
  const activities: readonly Activity[] = [
    ['without a source of demand it is active, however little it does', {load: 0}, true],
    ['without a source of demand it is active, also below an activation target', {load: 0.1, activationTarget: '0.5'}, true],
    ['with demand it is active', {demand: true, load: 0}, true],
    ['with no demand and no load it is inactive', {demand: false, load: 0}, false],
    ['at its activation target it is inactive', {demand: true, load: 0.5, activationTarget: '0.5'}, false],
    ['above its activation target it is active', {demand: true, load: 0.51, activationTarget: '0.5'}, true],
  ];
  for (const [what, {demand, load, activationTarget}, active] of activities) {
    test(`30: ${what}`, async () => {
      if (demand !== undefined) source.activity.set('llama', demand);
      source.values.set('llama rsg_load', load);
      const {result} = await scaler.isActive(ref(activationTarget === undefined ? {} : {activationTarget}));
      assert.equal(result, active);
    });
  }

  test('30: demand wakes it although its load is unknown, but no demand and unknown load is not inactive', async () => {
    source.values.set('llama rsg_load', UNAVAILABLE);
    source.activity.set('llama', true);
    assert.equal((await scaler.isActive(ref({}))).result, true);
    source.activity.set('llama', false);
    assert.equal(await codeOf(scaler.isActive(ref({}))), 'Unavailable');
  });

  test('30: at zero groups demand reads as one group, none as none, and unknown demand stays an error', async () => {
    source.values.set('llama rsg_load', UNAVAILABLE).set('llama rsg_groups', 0);
    source.wantedGroups.set('llama', 0);
    const load = async (): Promise<number | undefined> =>
      (await scaler.getMetrics({scaledObjectRef: ref({}), metricName: 'rsg_load'})).metricValues[0]?.metricValueFloat;
    source.activity.set('llama', true);
    assert.equal(await load(), 0.7);
    source.activity.set('llama', false);
    assert.equal(await load(), 0);
    assert.equal((await scaler.isActive(ref({}))).result, false);
    source.activity.delete('llama');
    assert.equal(await codeOf(load()), 'Unavailable');
    source.wantedGroups.set('llama', 1);
    source.activity.set('llama', true);
    assert.equal(await load(), undefined);
  });

  test('31: a stream sends the state on open and then each change, once, and nothing while it is unknown', async () => {
    source.activity.set('llama', false);
    const ended = new AbortController();
    const stream = scaler.streamIsActive(ref({}), {signal: ended.signal})[Symbol.asyncIterator]();
    const next = async (): Promise<boolean | undefined> => {
      const turn = await stream.next();
      return turn.done === true ? undefined : turn.value.result;
    };
    assert.equal(await next(), false);
    source.change('llama');
    source.activity.set('llama', true);
    source.change('another');
    source.change('llama');
    assert.equal(await next(), true);
    source.values.set('llama rsg_load', UNAVAILABLE);
    source.activity.set('llama', false);
    source.change('llama');
    source.values.set('llama rsg_load', 0);
    source.change('llama');
    assert.equal(await next(), false);
    ended.abort();
    await assert.rejects(next());
    for (let turn = 0; turn < 100 && source.listeners() > 0; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(source.listeners(), 0);
  });

  test('over TLS with the certificate in use, and to nobody in clear text', async () => {
    const now = {from: Date.now() - 60_000, until: Date.now() + 86_400_000};
    const ca = await createCa({commonName: 'ca', ...now});
    const leaf = (): ReturnType<typeof createLeaf> =>
      createLeaf(ca, {commonName: 'adapter', dnsNames: ['localhost'], usages: ['server'], ...now});
    const [pair, next, metrics] = [await leaf(), await leaf(), createServingMetrics(new Registry())];
    const secure = await startKedaServer({host: '127.0.0.1', port: 0, pair}, {source, metrics});
    const ask = async (scheme: 'http' | 'https', trusted: string): Promise<string> => {
      const baseUrl = `${scheme}://localhost:${new URL(secure.url).port}`;
      const sessionManager = new Http2SessionManager(baseUrl, {}, {ca: trusted});
      const client = createClient(ExternalScaler, createGrpcTransport({baseUrl, sessionManager}));
      const code = await codeOf(client.getMetricSpec(ref({})));
      sessionManager.abort();
      return code;
    };
    assert.equal(await ask('https', ca.cert), 'ok');
    assert.notEqual(await ask('http', ca.cert), 'ok');
    const stranger = await createCa({commonName: 'ca', ...now});
    assert.notEqual(await ask('https', stranger.cert), 'ok');
    secure.useCertificate(next);
    assert.equal(await ask('https', ca.cert), 'ok');
    await secure.close();
  });

  test('the server ends although streams are open', async () => {
    source.activity.set('llama', true);
    const stream = scaler.streamIsActive(ref({}))[Symbol.asyncIterator]();
    await stream.next();
    const broken = assert.rejects(stream.next());
    await server.close();
    await broken;
  });
});
