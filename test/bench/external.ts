/**
 * External metrics over TLS with the certificate of the front proxy, while 200 pods are scraped every second: closed-loop throughput, and
 * the 99th percentile at 1,000 requests a second, each against a minimal Node server that sends the same bytes, in the same run. Adapter,
 * minimal server, load and control plane are processes of their own. Medians of alternating rounds.
 *
 *     KUBEBUILDER_ASSETS=… node test/bench/external.ts
 */
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer, request} from 'node:https';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {z} from 'zod';
import {startAdapter} from '../support/adapter.ts';
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd, startController} from '../support/controller.ts';
import {startEngines} from '../support/engines.ts';
import {eventually} from '../support/wait.ts';
import {pair, rsgOf, settledGroups} from '../support/workloads.ts';
import {closedLoop, openLoop, type Latencies, type LoadTarget} from './tls-load.ts';

const ROUNDS = 5;
const PATH = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3Dllama';
const HEADERS = {'x-remote-user': 'system:serviceaccount:kube-system:horizontal-pod-autoscaler', 'x-remote-group': 'system:masters'};

const workSchema = z.object({
  target: z.object({port: z.number(), requests: z.array(z.string()), cert: z.string(), key: z.string()}),
  shape: z.enum(['closed', 'open']),
});
const resultSchema = z.object({perSecond: z.number(), p50Ms: z.number(), p99Ms: z.number()});

/** In a process of its own. */
async function load(work: unknown): Promise<Latencies> {
  const {target, shape} = workSchema.parse(work);
  return shape === 'closed'
    ? await closedLoop(target, {connections: 32, seconds: 4})
    : await openLoop(target, {perSecond: 1000, seconds: 5});
}

async function measure(target: LoadTarget, shape: 'closed' | 'open'): Promise<Latencies> {
  const child = fork(import.meta.filename, ['load']);
  child.send({target, shape});
  const [result] = z.tuple([resultSchema]).parse((await once(child, 'message')).slice(0, 1));
  child.kill();
  return result;
}

/** In a process of its own: answers everything with the same text. */
function serveMinimal({cert, key, body}: {cert: string; key: string; body: string}): void {
  const server = createServer({cert, key, requestCert: true, rejectUnauthorized: false}, (_request, response) => {
    response.writeHead(200, {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}).end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
  });
}

function get(port: number, client: {cert: string; key: string}): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {...client, headers: HEADERS, rejectUnauthorized: false};
    const call = request(`https://127.0.0.1:${String(port)}${PATH}`, options, (response) => {
      text(response).then(resolve, reject);
    });
    call.on('error', reject);
    call.end();
  });
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function bench(): Promise<void> {
  const cluster = await startControlPlane({audit: false});
  await installCrd(cluster);
  const controller = await startController(cluster);
  const engines = await startEngines();
  engines.answer = () => ({waiting: 4, running: 3, kvUsage: 0.4});
  await cluster.apply(pair([10, 10]));
  await cluster.apply(rsgOf('llama', {replicas: 10, metrics: {engine: 'vllm', port: engines.port}}));
  await settledGroups(cluster, 'llama', 10);
  const adapter = await startAdapter(cluster);
  const pem = (name: string): Promise<string> => readFile(join(cluster.directory, 'pki', name), 'utf8');
  const client = {cert: await pem('front-proxy-client.crt'), key: await pem('front-proxy-client.key')};
  const body = await eventually('a value', async () => {
    const answer = await get(adapter.securePort, client);
    return answer.includes('"value"') ? answer : undefined;
  });
  const minimal = fork(import.meta.filename, ['minimal']);
  minimal.send({cert: await pem('apiserver.crt'), key: await pem('apiserver.key'), body});
  const [minimalPort] = z.tuple([z.number()]).parse((await once(minimal, 'message')).slice(0, 1));
  try {
    const head = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
    const asked = `GET ${PATH} HTTP/1.1\r\nhost: localhost\r\naccept: application/vnd.kubernetes.protobuf, */*\r\n${head.join('')}\r\n`;
    const targets = {adapter: adapter.securePort, minimal: minimalPort};
    for (const shape of ['closed', 'open'] as const) {
      const results: Record<keyof typeof targets, Latencies[]> = {adapter: [], minimal: []};
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const name of ['minimal', 'adapter'] as const) {
          results[name].push(await measure({port: targets[name], requests: [asked], ...client}, shape));
        }
      }
      report(shape, results);
    }
  } finally {
    minimal.kill();
    await Promise.all([adapter.stop(), controller.stop(), engines.close()]);
    await cluster.stop();
  }
}

function report(shape: 'closed' | 'open', results: Readonly<Record<'adapter' | 'minimal', readonly Latencies[]>>): void {
  const of = (name: 'adapter' | 'minimal', key: keyof Latencies): number => median(results[name].map((one) => one[key]));
  const line = (name: 'adapter' | 'minimal'): string =>
    `  ${name}: ${of(name, 'perSecond').toFixed(0)}/s, p50 ${of(name, 'p50Ms').toFixed(2)} ms, p99 ${of(name, 'p99Ms').toFixed(2)} ms\n`;
  const share = (of('adapter', 'perSecond') / of('minimal', 'perSecond')) * 100;
  const verdict =
    shape === 'closed'
      ? `  ${share.toFixed(0)} % of the minimal server (goal: 60 %, and 5,500/s)\n`
      : `  p99 is ${(of('adapter', 'p99Ms') - of('minimal', 'p99Ms')).toFixed(2)} ms above (goal: at most 3 ms)\n`;
  process.stdout.write(
    `${shape === 'closed' ? 'closed loop, 32 connections' : '1,000 requests a second'}:\n${line('minimal')}${line('adapter')}${verdict}`,
  );
}

const minimalSchema = z.object({cert: z.string(), key: z.string(), body: z.string()});

switch (process.argv[2]) {
  case 'load':
    process.once('message', (work) => {
      void load(work).then((result) => process.send?.(result));
    });
    break;
  case 'minimal':
    process.once('message', (settings) => {
      serveMinimal(minimalSchema.parse(settings));
    });
    break;
  default:
    await bench();
}
