/**
 * 500 RSGs, each with two groups of two pods, scraped every 15 s and read by an HPA every 15 s: how long an answer takes over TLS (checklist
 * 35: p99 below 50 ms), and the same at 1,000 requests a second. Adapter, engines and load are processes of their own; the API server is
 * replaced by a client that has read everything.
 *
 *     node test/bench/many.ts
 */
import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {z} from 'zod';
import type {KubeObject} from '../../src/api/objects.ts';
import type {KubeClient} from '../../src/kube/client.ts';
import {createMetricSource} from '../../src/metrics-adapter/collector.ts';
import {startApiServer} from '../../src/metrics-adapter/serving/api-server.ts';
import {createServingMetrics} from '../../src/metrics-adapter/serving/serving-metrics.ts';
import {createCa, createLeaf} from '../../src/runtime/certificate.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {createLog} from '../../src/runtime/log.ts';
import {Registry} from 'prom-client';
import {aPod, anRsg} from '../support/adapter-objects.ts';
import {startEngines} from '../support/engines.ts';
import {eventually} from '../support/wait.ts';
import {openLoop, type LoadTarget} from './tls-load.ts';

const RSGS = 500;
const INTERVAL_MS = 15_000;
const SECONDS = 30;
const ROLES = ['prefill', 'decode'] as const;
const nameOf = (at: number): string => `rsg-${String(at)}`;

/** An RSG with its workloads and pods, at addresses of its own. */
function objectsOf(at: number, port: number): KubeObject[] {
  const name = nameOf(at);
  const groups = ['group0', 'group1'].map((id) => ({id, phase: 'Available' as const, members: {prefill: 1, decode: 1}}));
  const rsg = anRsg({groups, ratio: '1:1', metrics: {engine: 'vllm', port}});
  const listed = groups.map(({id}, group) => ({
    ...{id, phase: 'Available', since: '2026-01-01T00:00:00Z', ...(group === 0 ? {origin: true} : {})},
    members: ROLES.map((role) => ({
      role,
      kind: 'Deployment',
      namespace: 'default',
      name: `${name}-${role}-${id}`,
      replicas: 1,
      readyReplicas: 1,
    })),
  }));
  const {apiVersion, kind, spec, status} = rsg;
  const metadata = {name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '5'};
  const workloads = listed.flatMap(({members}, group) =>
    members.flatMap((member, role): KubeObject[] => {
      const uid = `uid-${member.name}`;
      const own = {namespace: 'default', resourceVersion: '5', labels: {'resourcescalinggroup.com/claimed-by': metadata.uid}};
      const owner = {apiVersion: 'apps/v1', kind: 'Deployment', name: member.name, uid, controller: true};
      const ip = `127.${String(66 + group * 2 + role)}.${String(at >> 8)}.${String(at & 255)}`;
      const pod = {...own, name: `${member.name}-a`, uid: `${uid}-a`, ownerReferences: [owner]};
      return [
        {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {...own, name: member.name, uid}},
        {...aPod({name: pod.name, ip}), metadata: pod},
      ];
    }),
  );
  return [{apiVersion, kind, metadata, spec, status: {...status, groups: listed}}, ...workloads];
}

/** Its lists are these objects, and its watches stay silent. */
function clientOf(objects: readonly KubeObject[]): KubeClient {
  const none = (): Promise<never> => Promise.reject(new Error('nothing is written'));
  const deployments = {resources: [{name: 'deployments', singularName: 'deployment', kind: 'Deployment', namespaced: true}]};
  return {
    list: ({type}) => Promise.resolve({items: objects.filter(({kind}) => kind === type.kind), resourceVersion: '100'}),
    watch: async function* (_query, _from, signal) {
      await once(signal, 'abort');
      yield* [];
    },
    raw: () => Promise.resolve(deployments),
    ...{get: none, create: none, replace: none, patch: none, delete: none},
    close: () => undefined,
  };
}

async function adapter(port: number): Promise<{source: ReturnType<typeof createMetricSource>; target: LoadTarget}> {
  const client = clientOf(Array.from({length: RSGS}, (_, at) => objectsOf(at, port)).flat());
  const log = createLog('error');
  const options = {scrapeIntervalMs: INTERVAL_MS, coverage: 0.8, allowHostNetwork: false};
  const source = createMetricSource(options, {client, clock: systemClock, random: () => Math.random(), log});
  void source.run(new AbortController().signal);
  const life = {from: Date.now() - 60_000, until: Date.now() + 86_400_000};
  const pair = await createLeaf(await createCa({commonName: 'ca', ...life}), {
    ...{commonName: 'adapter', dnsNames: ['localhost'], usages: ['server', 'client'], ...life},
  });
  const api = await startApiServer(
    {address: {host: '127.0.0.1', port: 0}, pair},
    {
      ...{source, log, clock: systemClock, metrics: createServingMetrics(new Registry()), notReady: () => undefined},
      authenticate: () => ({user: 'hpa', groups: [], extra: {}}),
      reviews: {may: () => ({allowed: true, reason: ''})},
    },
  );
  const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3D';
  const requests = Array.from({length: RSGS}, (_, at) => `GET ${path}${nameOf(at)} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return {source, target: {port: Number(new URL(api.url).port), requests, ...pair}};
}

async function child(role: string): Promise<{process: ChildProcess; first: unknown}> {
  const process = fork(import.meta.filename, [role]);
  const [first] = z.tuple([z.unknown()]).parse((await once(process, 'message')).slice(0, 1));
  return {process, first};
}

const workSchema = z.object({
  target: z.object({port: z.number(), requests: z.array(z.string()), cert: z.string(), key: z.string()}),
  perSecond: z.number(),
});
const resultSchema = z.object({perSecond: z.number(), p50Ms: z.number(), p99Ms: z.number()});

async function bench(): Promise<void> {
  const engines = await child('engines');
  const load = await child('load');
  const {source, target} = await adapter(z.number().parse(engines.first));
  const known = (): boolean =>
    Array.from({length: RSGS}, (_, at) => source.answer({namespace: 'default', rsg: nameOf(at), metric: 'rsg_load'})).every(
      ({kind}) => kind === 'value',
    );
  await eventually('every load is known', () => Promise.resolve(known()), {timeoutMs: 120_000, intervalMs: 1000});
  for (const perSecond of [Math.ceil(RSGS / (INTERVAL_MS / 1000)), 1000]) {
    load.process.send({target, perSecond});
    const {p50Ms, p99Ms} = resultSchema.parse((await once(load.process, 'message'))[0]);
    const times = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
    process.stdout.write(
      `${String(RSGS)} RSGs, ${String(RSGS * 4)} pods, ${String(perSecond)} requests a second: ${times} (goal: p99 below 50 ms)\n`,
    );
  }
  engines.process.kill();
  load.process.kill();
  process.exit();
}

switch (process.argv[2]) {
  case 'engines': {
    const engines = await startEngines();
    engines.answer = () => ({waiting: 4, running: 8, kvUsage: 0.5});
    process.send?.(engines.port);
    break;
  }
  case 'load':
    process.on('message', (work) => {
      const {target, perSecond} = workSchema.parse(work);
      void openLoop(target, {perSecond, seconds: SECONDS}).then((result) => process.send?.(result));
    });
    process.send?.('ready');
    break;
  default:
    await bench();
}
