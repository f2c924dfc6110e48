/** Serves the three metrics APIs that HPAs read, as a test says, through the real aggregation layer. */
import {createServer, type Server} from 'node:https';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {eventually} from './wait.ts';

const GROUPS = [
  ['metrics.k8s.io', 'v1beta1', 'pods', 'PodMetrics'],
  ['custom.metrics.k8s.io', 'v1beta2', 'pods/load', 'MetricValueList'],
  ['external.metrics.k8s.io', 'v1beta1', 'load', 'ExternalMetricValueList'],
] as const;

export interface MetricsApis {
  /** What an External metric is (its whole value). */
  external: () => Promise<number>;
  /** What each pod that the HPA selects reports, for Pods metrics and as CPU cores. */
  perPod: () => Promise<number>;
  /** How many of those pods report at all. */
  reporting: number;
  /** What an Object metric is. */
  object: () => Promise<number>;
  close(): Promise<void>;
}

const podList = z.object({items: z.array(z.object({metadata: z.object({name: z.string()})}))});

export async function serveMetricsApis(cluster: ControlPlane): Promise<MetricsApis> {
  const file = (name: string): string => join(cluster.directory, name);
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', file('metrics.key'), '-out', file('metrics.crt')], {stdio: 'ignore'});
  const apis: MetricsApis = {
    external: () => Promise.resolve(0),
    perPod: () => Promise.resolve(0),
    reporting: Number.POSITIVE_INFINITY,
    object: () => Promise.resolve(0),
    close: () => close(server),
  };
  const server = createServer({key: readFileSync(file('metrics.key')), cert: readFileSync(file('metrics.crt'))}, (request, response) => {
    answer(new URL(request.url ?? '/', 'https://localhost'), apis, cluster).then(
      (body) => {
        response.writeHead(body === undefined ? 404 : 200, {'content-type': 'application/json'}).end(JSON.stringify(body ?? {}));
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 'metrics', namespace: 'kube-system'},
    spec: {type: 'ExternalName', externalName: 'localhost', ports: [{port}]},
  };
  await cluster.apply([service, ...GROUPS.map(([group, version]) => apiService(group, version, port))]);
  for (const [group, version] of GROUPS) {
    await eventually(`${group} is served`, async () => (await cluster.get(`/apis/${group}/${version}`)).status === 200);
  }
  return apis;
}

function apiService(group: string, version: string, port: number): object {
  const service = {name: 'metrics', namespace: 'kube-system', port};
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {name: `${version}.${group}`},
    spec: {group, version, service, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100},
  };
}

async function answer(url: URL, apis: MetricsApis, cluster: ControlPlane): Promise<object | undefined> {
  const [, , group = '', version = '', ...rest] = url.pathname.split('/');
  const known = GROUPS.find(([name, served]) => name === group && served === version);
  if (known === undefined) return undefined;
  const [, , resource, kind] = known;
  const apiVersion = `${group}/${version}`;
  const timestamp = new Date().toISOString();
  if (rest.length === 0) {
    const resources = [{name: resource, singularName: '', namespaced: true, kind, verbs: ['get', 'list']}];
    return {kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources};
  }
  if (group === 'external.metrics.k8s.io') {
    const value = milli(await apis.external());
    return {kind, apiVersion, metadata: {}, items: [{metricName: 'load', metricLabels: {}, timestamp, value}]};
  }
  const [, , plural = '', object = ''] = rest;
  if (group === 'custom.metrics.k8s.io' && plural !== 'pods') {
    const describedObject = {kind: 'Service', namespace: 'default', name: object, apiVersion: 'v1'};
    const value = milli(await apis.object());
    return {kind, apiVersion, metadata: {}, items: [{describedObject, metric: {name: 'load'}, timestamp, value}]};
  }
  const selector = url.searchParams.get('labelSelector') ?? '';
  const pods = podList.parse(
    JSON.parse((await cluster.get(`/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(selector)}`)).body),
  );
  const value = milli(await apis.perPod());
  const items = pods.items.slice(0, apis.reporting).map(({metadata: {name}}) =>
    group === 'metrics.k8s.io'
      ? {
          metadata: {name, namespace: 'default'},
          timestamp,
          window: '1s',
          containers: [{name: 'engine', usage: {cpu: value, memory: '1Gi'}}],
        }
      : {describedObject: {kind: 'Pod', namespace: 'default', name, apiVersion: 'v1'}, metric: {name: 'load'}, timestamp, value},
  );
  return {kind: group === 'metrics.k8s.io' ? 'PodMetricsList' : kind, apiVersion, metadata: {}, items};
}

const milli = (value: number): string => `${String(Math.round(value * 1000))}m`;

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => {
      resolve();
    });
  });
}
