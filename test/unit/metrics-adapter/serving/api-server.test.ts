/** The aggregated APIs over real TLS. Numbers in names are those of the conformance checklist of the contracts with HPA, KEDA and kube-apiserver. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {z} from 'zod';
import {startApiUnderTest, type Answer, type ApiUnderTest} from '../../../support/api-under-test.ts';
import {UNAVAILABLE} from '../../../support/fake-metric-source.ts';

const EXTERNAL = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default';
const CUSTOM = '/apis/custom.metrics.k8s.io';
const RSGS = 'resourcescalinggroups.resourcescalinggroup.com';

const statusSchema = z.object({
  kind: z.literal('Status'),
  apiVersion: z.literal('v1'),
  status: z.literal('Failure'),
  code: z.number(),
  reason: z.string(),
  message: z.string().min(1),
});

/** Checks that it is a Status, and answers `code reason: message`. */
function refusal({status, headers, body}: Answer): string {
  const read = statusSchema.parse(JSON.parse(body));
  assert.equal(read.code, status);
  assert.match(headers['content-type'] ?? '', /^application\/json/u);
  assert.equal(headers['retry-after'], undefined);
  return `${String(read.code)} ${read.reason}: ${read.message}`;
}

describe('aggregated metrics APIs', () => {
  let api: ApiUnderTest;
  before(async () => {
    api = await startApiUnderTest();
  });
  afterEach(() => {
    api.source.values.clear();
    api.source.asked.splice(0);
  });
  after(() => api.close());
  const ok = async (path: string): Promise<unknown> => {
    const {status, body} = await api.asAdmin(path);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  test('1, 4, 10, 12: an External metric has exactly the keys of k8s.io/metrics, one item, a value in thousandths', async () => {
    api.source.values.set('llama rsg_load', 3.4004);
    assert.deepEqual(await ok(`${EXTERNAL}/rsg_load?labelSelector=rsg%3Dllama`), {
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [{metricName: 'rsg_load', metricLabels: {rsg: 'llama'}, timestamp: '2026-01-01T00:00:00Z', window: 30, value: '3400m'}],
    });
  });

  test('2, 4, 8: an Object metric in v1beta2 has windowSeconds and a nested metric', async () => {
    api.source.values.set('llama rsg_load', 0.8341);
    assert.deepEqual(await ok(`${CUSTOM}/v1beta2/namespaces/default/${RSGS}/llama/rsg_load`), {
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta2',
      metadata: {},
      items: [
        {
          describedObject: {
            kind: 'ResourceScalingGroup',
            namespace: 'default',
            name: 'llama',
            apiVersion: 'resourcescalinggroup.com/v1',
          },
          metric: {name: 'rsg_load', selector: null},
          timestamp: '2026-01-01T00:00:00Z',
          windowSeconds: 30,
          value: '834m',
        },
      ],
    });
  });

  test('2: in v1beta1 the metric is flat and the window is called window', async () => {
    api.source.values.set('llama rsg_load', 1);
    const path = `${CUSTOM}/v1beta1/namespaces/default/${RSGS}/llama/rsg_load?metricLabelSelector=role%3Ddecode`;
    assert.deepEqual(await ok(path), {
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          describedObject: {
            kind: 'ResourceScalingGroup',
            namespace: 'default',
            name: 'llama',
            apiVersion: 'resourcescalinggroup.com/v1',
          },
          metricName: 'rsg_load',
          timestamp: '2026-01-01T00:00:00Z',
          window: 30,
          value: '1000m',
          selector: {matchLabels: {role: 'decode'}},
        },
      ],
    });
    assert.equal(api.source.asked[0]?.role, 'decode');
  });

  test('3: JSON is answered whatever the Accept', async () => {
    api.source.values.set('llama rsg_load', 1);
    for (const accept of [
      'application/vnd.kubernetes.protobuf, */*',
      'application/vnd.kubernetes.protobuf',
      'text/html',
      'application/yaml',
    ]) {
      const {status, headers} = await api.asAdmin(`${EXTERNAL}/rsg_load?labelSelector=rsg%3Dllama`, {accept});
      assert.equal(status, 200, accept);
      assert.match(headers['content-type'] ?? '', /^application\/json/u);
    }
  });

  const pinned: readonly [string, object][] = [
    ['rsg=llama', {}],
    ['rsg==llama', {}],
    ['rsg in (llama)', {}],
    ['rsg in (llama),role in (decode)', {role: 'decode'}],
    ['rsg=llama, role = decode ,group=group1,quantile=0.99', {role: 'decode', group: 'group1', quantile: 0.99}],
    ['rsg=llama,rsg=llama', {}],
  ];
  for (const [selector, part] of pinned) {
    test(`5: "${selector}" asks for one RSG`, async () => {
      api.source.values.set('llama rsg_load', 1);
      await ok(`${EXTERNAL}/rsg_load?labelSelector=${encodeURIComponent(selector)}`);
      assert.deepEqual(api.source.asked, [{namespace: 'default', rsg: 'llama', metric: 'rsg_load', ...part}]);
    });
  }

  const refused: readonly [string, string][] = [
    ['', '9: none at all'],
    ['role=decode', '9: no RSG'],
    ['rsg in (a,b)', '9: two RSGs'],
    ['rsg!=llama', '9: all but one'],
    ['rsg', '9: any'],
    ['!rsg', '9: one that is absent'],
    ['rsg=a,rsg=b', '9: a contradiction'],
    ['rsg notin (llama)', '9: not one of a set'],
    ['rsg=llama,role!=decode', '9: more than one role'],
    ['rsg=llama,app=vllm', '5: a label that no metric has'],
    ['rsg=llama,,role=decode', '5: an empty part'],
    ['rsg in (llama', '5: an open parenthesis'],
    ['rsg in llama', '5: a set without parentheses'],
    ['rsg=lla ma', '5: a value with a space'],
    ['=llama', '5: no key'],
    ['rsg=-llama', '5: a value that is no label value'],
    ['rsg=llama,quantile=p95', '5: a quantile that is no number'],
    ['rsg>3', '5: an order of labels that have none'],
  ];
  for (const [selector, why] of refused) {
    test(`${why}: "${selector}" is a 400`, async () => {
      api.source.values.set('llama rsg_load', 1);
      assert.match(refusal(await api.asAdmin(`${EXTERNAL}/rsg_load?labelSelector=${encodeURIComponent(selector)}`)), /^400 BadRequest: /u);
      assert.deepEqual(api.source.asked, []);
    });
  }

  test('5: a malformed metricLabelSelector is a 400 too', async () => {
    const path = `${CUSTOM}/v1beta2/namespaces/default/${RSGS}/llama/rsg_load?metricLabelSelector=role+in+(`;
    assert.match(refusal(await api.asAdmin(path)), /^400 BadRequest: /u);
  });

  test('6: %2A is every RSG of the namespace that has a value, as * is', async () => {
    api.source.values.set('llama rsg_load', 1).set('qwen rsg_load', 2).set('broken rsg_load', UNAVAILABLE);
    const schema = z.object({items: z.array(z.object({describedObject: z.object({name: z.string()})}))});
    for (const name of ['%2A', '*']) {
      const {items} = schema.parse(await ok(`${CUSTOM}/v1beta2/namespaces/default/${RSGS}/${name}/rsg_load`));
      assert.deepEqual(
        items.map((item) => item.describedObject.name),
        ['llama', 'qwen'],
      );
    }
    assert.match(refusal(await api.asAdmin(`${CUSTOM}/v1beta2/namespaces/empty/${RSGS}/%2A/rsg_load`)), /^404 NotFound/u);
    assert.match(refusal(await api.asAdmin(`${CUSTOM}/v1beta2/namespaces/default/pods/%2A/rsg_load`)), /^404 NotFound: .*resourcescaling/u);
  });

  test('7: a metric that describes the namespace is routed', async () => {
    api.source.values.set('llama rsg_load', 2);
    const schema = z.object({
      items: z.tuple([z.object({describedObject: z.object({kind: z.string(), name: z.string()}), value: z.string()})]),
    });
    const path = `${CUSTOM}/v1beta2/namespaces/default/metrics/rsg_load`;
    const {items} = schema.parse(await ok(`${path}?metricLabelSelector=rsg%3Dllama`));
    assert.deepEqual(items[0].describedObject, {kind: 'Namespace', name: 'default'});
    assert.match(refusal(await api.asAdmin(path)), /^400 BadRequest/u);
  });

  test('8: an unknown RSG, metric or kind of object is a 404', async () => {
    api.source.values.set('llama rsg_load', 1);
    for (const path of [
      `${EXTERNAL}/rsg_load?labelSelector=rsg%3Dnobody`,
      `${EXTERNAL}/cpu?labelSelector=rsg%3Dllama`,
      `${CUSTOM}/v1beta2/namespaces/default/${RSGS}/nobody/rsg_load`,
      `${CUSTOM}/v1beta2/namespaces/default/deployments.apps/llama/rsg_load`,
      `${CUSTOM}/v1beta3/namespaces/default/${RSGS}/llama/rsg_load`,
      `${EXTERNAL}/rsg_load/more`,
      '/nothing',
    ]) {
      assert.match(refusal(await api.asAdmin(path)), /^404 NotFound: /u, path);
    }
  });

  test('10: what a quantity cannot express is an error', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      api.source.values.set('llama rsg_load', value);
      assert.match(refusal(await api.asAdmin(`${EXTERNAL}/rsg_load?labelSelector=rsg%3Dllama`)), /^503 ServiceUnavailable: /u);
    }
  });

  test('11: unknown is a 503 that says what is missing, without Retry-After', async () => {
    api.source.values.set('llama rsg_load', UNAVAILABLE);
    const expected = `503 ServiceUnavailable: ${UNAVAILABLE.message}`;
    assert.equal(refusal(await api.asAdmin(`${EXTERNAL}/rsg_load?labelSelector=rsg%3Dllama`)), expected);
    assert.equal(refusal(await api.asAdmin(`${CUSTOM}/v1beta2/namespaces/default/${RSGS}/llama/rsg_load`)), expected);
  });

  test('metrics can only be read, and a broken URL is a 400', async () => {
    const headers = {'X-Remote-User': 'admin'};
    const path = `${EXTERNAL}/rsg_load?labelSelector=rsg%3Dllama`;
    assert.match(refusal(await api.call(path, {method: 'DELETE', client: api.proxy, headers})), /^405 MethodNotAllowed/u);
    assert.match(refusal(await api.asAdmin(`${EXTERNAL}/%zz`)), /^400 BadRequest/u);
  });

  test('every answer is counted by door, metric and code, and metrics that do not exist together', async () => {
    api.source.values.set('llama rsg_queue_depth', 1);
    await api.asAdmin(`${EXTERNAL}/rsg_queue_depth?labelSelector=rsg%3Dllama`);
    await api.asAdmin(`${EXTERNAL}/made-up?labelSelector=rsg%3Dllama`);
    const text = await api.registry.metrics();
    assert.match(text, /rsg_adapter_requests_total\{door="external",metric="rsg_queue_depth",code="200"\} 1/u);
    assert.match(text, /metric="other",code="404"/u);
    assert.doesNotMatch(text, /made-up/u);
  });
});
