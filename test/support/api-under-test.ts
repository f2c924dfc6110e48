/** The HTTPS server of the aggregated APIs with everything around it made up: two CAs, a source, an API server that answers reviews. */
import {X509Certificate} from 'node:crypto';
import type {IncomingHttpHeaders} from 'node:http';
import {Agent, request} from 'node:https';
import {text} from 'node:stream/consumers';
import {Registry} from 'prom-client';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {startApiServer, type ApiServer} from '../../src/metrics-adapter/serving/api-server.ts';
import {createAuthenticate} from '../../src/metrics-adapter/serving/auth/authenticate.ts';
import {createReviews} from '../../src/metrics-adapter/serving/auth/reviews.ts';
import type {Trust} from '../../src/metrics-adapter/serving/auth/trust.ts';
import {createServingMetrics} from '../../src/metrics-adapter/serving/serving-metrics.ts';
import {createCa, createLeaf, type Signed} from '../../src/runtime/certificate.ts';
import {createLog} from '../../src/runtime/log.ts';
import {FakeClock} from './fake-clock.ts';
import {fakeSource, type FakeSource} from './fake-metric-source.ts';

const YEAR_MS = 31_536_000_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A client certificate. */
  readonly client?: Signed;
  /** Keeps its connection for the next call. */
  readonly agent?: Agent;
}

export interface ApiUnderTest {
  readonly source: FakeSource;
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly registry: Registry;
  /** Signs clients. */
  readonly proxyCa: Signed;
  readonly clientCa: Signed;
  readonly serverCa: Signed;
  /** As kube-apiserver presents itself. */
  readonly proxy: Signed;
  trust: Trust;
  /** What was asked of the API server, and what it says: by token, and by user. */
  readonly reviews: KubeObject[];
  readonly tokens: Map<string, {username: string; groups: string[]}>;
  readonly allowed: Set<string>;
  /** No answer at all. */
  apiServerDown: boolean;
  notReady: string | undefined;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** As the aggregation layer would for a user who may do everything. */
  asAdmin(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export function validity(clock: {now(): number}): {from: number; until: number} {
  return {from: clock.now() - 3_600_000, until: clock.now() + YEAR_MS};
}

export async function startApiUnderTest(): Promise<ApiUnderTest> {
  const clock = new FakeClock();
  const ca = (commonName: string): Promise<Signed> => createCa({commonName, ...validity(clock)});
  const [proxyCa, clientCa, serverCa] = await Promise.all([ca('front-proxy-ca'), ca('kubernetes'), ca('adapter-ca')]);
  const proxy = await createLeaf(proxyCa, {commonName: 'front-proxy-client', usages: ['client'], ...validity(clock)});
  const pair = await createLeaf(serverCa, {commonName: 'adapter', dnsNames: ['localhost'], usages: ['server'], ...validity(clock)});
  const registry = new Registry();
  const source = fakeSource();
  const client = {
    create: (type: ResourceType, object: KubeObject): Promise<KubeObject> => {
      if (test.apiServerDown) return Promise.reject(new Error('connection refused'));
      test.reviews.push(object);
      return Promise.resolve({...object, status: type.kind === 'TokenReview' ? tokenStatus(object) : accessStatus(object)});
    },
  };
  const tokenStatus = ({spec}: KubeObject): object => {
    const user = test.tokens.get(read(spec, 'token'));
    return user === undefined ? {authenticated: false} : {authenticated: true, user};
  };
  const accessStatus = ({spec}: KubeObject): object => ({allowed: test.allowed.has(read(spec, 'user')), reason: 'by the test'});
  const reviews = createReviews({client, clock});
  const server = await startApiServer(
    {address: {host: '127.0.0.1', port: 0}, pair},
    {
      source,
      authenticate: createAuthenticate({trust: () => test.trust, reviews, clock}),
      reviews,
      metrics: createServingMetrics(registry),
      clock,
      log: createLog('silent'),
      notReady: () => test.notReady,
    },
  );
  const test: ApiUnderTest = {
    ...{source, clock, server, registry, proxyCa, clientCa, serverCa, proxy},
    trust: trustIn([proxyCa], [clientCa]),
    reviews: [],
    tokens: new Map(),
    allowed: new Set(['admin']),
    apiServerDown: false,
    notReady: undefined,
    call: (path, options = {}) => call(`${server.url}${path}`, serverCa, options),
    asAdmin: (path, headers = {}) => test.call(path, {client: proxy, headers: {'X-Remote-User': 'admin', ...headers}}),
    close: () => server.close(),
  };
  return test;
}

export function trustIn(proxyCas: readonly Signed[], clientCas: readonly Signed[], allowedNames: readonly string[] = []): Trust {
  return {
    requestHeaderCas: proxyCas.map(({cert}) => new X509Certificate(cert)),
    clientCas: clientCas.map(({cert}) => new X509Certificate(cert)),
    allowedNames,
    userHeaders: ['x-remote-user'],
    groupHeaders: ['x-remote-group'],
    uidHeaders: ['x-remote-uid'],
    extraPrefixes: ['x-remote-extra-'],
  };
}

function read(spec: unknown, key: string): string {
  const value: unknown = typeof spec === 'object' && spec !== null ? Object.entries(spec).find(([name]) => name === key)?.[1] : undefined;
  return typeof value === 'string' ? value : '';
}

function call(url: string, ca: Signed, {method = 'GET', headers = {}, client, agent}: CallOptions): Promise<Answer> {
  const identity = client === undefined ? {} : {cert: client.cert, key: client.key};
  // Its certificates are of the clock of the test, which stands still.
  const tls = {ca: ca.cert, rejectUnauthorized: false, ...identity};
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {method, headers: copyOf(headers), agent: agent ?? new Agent(tls), ...tls}, (response) => {
      text(response).then((body) => {
        resolve({status: response.statusCode ?? 0, headers: response.headers, body});
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function copyOf(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]): [string, string | string[]] => [name, typeof value === 'string' ? value : [...value]]),
  );
}
