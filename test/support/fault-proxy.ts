/**
 * An HTTPS proxy between the real client code and an API server that breaks what a test says. Requests go through with the server's own
 * credentials; the first rule that matches a request decides what happens to it. It counts writes, and can let the process behind it
 * "die" after any of them: from then on nothing passes, until `revive`.
 */
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {Agent, createServer, request, type RequestOptions} from 'node:https';
import type {AddressInfo, Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {KubeConfig} from '@kubernetes/client-node';
import {StreamFaults, type StreamFault} from './fault-stream.ts';
import {writePki} from './pki.ts';

export interface Seen {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly watch: boolean;
  /** Changes something: neither a read nor a dry-run. Events do not count: nothing depends on them. */
  readonly write: boolean;
}

export type Fault =
  /** The connection is reset before anything of the request reaches the server. */
  | {readonly do: 'refuse'}
  /** The server does it, and the connection is reset before the answer. */
  | {readonly do: 'cut'}
  /** The server does it, and the answer comes later. */
  | {readonly do: 'delay'; readonly ms: number}
  /** Neither an answer nor an end: the connection stays open. */
  | {readonly do: 'stall'}
  | {readonly do: 'answer'; readonly status: number; readonly reason: string; readonly retryAfter?: number}
  /** A success that is no JSON. */
  | {readonly do: 'garble'}
  | StreamFault;

export interface Rule {
  readonly when: (seen: Seen) => boolean;
  readonly fault: Fault;
  /** How often; always unless given. */
  readonly times?: number;
  /** Every so many-th match only. */
  readonly every?: number;
}

export interface FaultProxy {
  /** For the client under test. */
  readonly config: KubeConfig;
  /** Writes that the server has answered, in their order: `POST /apis/…`. */
  readonly writes: readonly string[];
  /** Adds a rule; answers how often it has been applied. */
  add(rule: Rule): () => number;
  /** Rules, writes and deaths are forgotten; what is broken stays so. */
  reset(): void;
  /** Calls `died` when the server has done write `n` (from 1): nothing passes any more, and the answer only when `answered`. */
  dieAfter(n: number, answered: boolean, died: () => void): void;
  /** Cuts every connection, and lets new ones pass again. */
  revive(): void;
  close(): Promise<void>;
}

interface State {
  rules: {readonly rule: Rule; matched: number; applied: number}[];
  writes: string[];
  death: {readonly n: number; readonly answered: boolean; readonly died: () => void} | undefined;
  dead: boolean;
}

export async function startFaultProxy(upstream: KubeConfig): Promise<FaultProxy> {
  const pki = await mkdtemp(join(tmpdir(), 'rsg-proxy-'));
  await writePki(pki);
  const [key, cert, ca] = await Promise.all(['apiserver.key', 'apiserver.crt', 'ca.crt'].map((file) => readFile(join(pki, file))));
  const state: State = {rules: [], writes: [], death: undefined, dead: false};
  const forward = await forwarder(upstream);
  const sockets = new Set<Socket>();
  const server = createServer({key, cert}, (incoming, outgoing) => {
    void text(incoming).then(
      (body) => handle({incoming, outgoing, body}, {state, forward}).catch(() => incoming.socket.destroy()),
      () => undefined,
    );
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    config: configFor((server.address() as AddressInfo).port, ca?.toString('base64') ?? ''),
    get writes() {
      return state.writes;
    },
    add: (rule) => {
      const entry = {rule, matched: 0, applied: 0};
      state.rules.push(entry);
      return () => entry.applied;
    },
    reset: () => {
      state.rules = [];
      state.writes = [];
      state.death = undefined;
    },
    dieAfter: (n, answered, died) => {
      state.death = {n, answered, died};
    },
    revive: () => {
      cutAll();
      state.dead = false;
    },
    close: async () => {
      cutAll();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      forward.close();
      await rm(pki, {recursive: true, force: true});
    },
  };
}

function configFor(port: number, caData: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{name: 'c', server: `https://127.0.0.1:${String(port)}`, caData}],
    users: [{name: 'u'}],
    contexts: [{name: 'x', cluster: 'c', user: 'u'}],
    currentContext: 'x',
  });
  return config;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: string;
}

interface Forwarder {
  /** The server's answer, headers first. */
  send(exchange: Exchange): Promise<IncomingMessage>;
  close(): void;
}

async function forwarder(upstream: KubeConfig): Promise<Forwarder> {
  const credentials: RequestOptions = {};
  await upstream.applyToHTTPSOptions(credentials);
  const server = new URL(upstream.getCurrentCluster()?.server ?? '');
  const {ca, cert, key} = credentials;
  const headers = Object.fromEntries(Object.entries(credentials.headers ?? {}));
  const agent = new Agent({ca, cert, key, keepAlive: true});
  return {
    send: ({incoming, outgoing, body}) =>
      new Promise((resolve, reject) => {
        const passed = {...incoming.headers, ...headers, host: server.host};
        const options = {method: incoming.method, host: server.hostname, port: server.port, path: incoming.url, headers: passed, agent};
        const call = request(options, resolve);
        call.on('error', reject);
        // A watch ends with its client.
        outgoing.on('close', () => call.destroy());
        call.end(body);
      }),
    close: () => {
      agent.destroy();
    },
  };
}

function seenOf({method = '', url = ''}: IncomingMessage): Seen {
  const {pathname, searchParams} = new URL(url, 'https://proxy');
  const reads = method === 'GET' || searchParams.has('dryRun');
  return {
    method,
    path: pathname,
    watch: searchParams.has('watch'),
    write: !reads && !pathname.endsWith('/events') && !pathname.includes('/events/'),
  };
}

function faultFor(state: State, seen: Seen): Fault | undefined {
  for (const entry of state.rules) {
    const {when, fault, times = Number.POSITIVE_INFINITY, every = 1} = entry.rule;
    if (entry.applied >= times || !when(seen)) continue;
    entry.matched += 1;
    if (entry.matched % every !== 0) continue;
    entry.applied += 1;
    return fault;
  }
  return undefined;
}

async function handle(exchange: Exchange, {state, forward}: {state: State; forward: Forwarder}): Promise<void> {
  const {incoming, outgoing} = exchange;
  const seen = seenOf(incoming);
  const fault = state.dead ? ({do: 'refuse'} as const) : faultFor(state, seen);
  if (fault !== undefined && endedBefore(fault, exchange)) return;
  const answer = await forward.send(exchange);
  await delayed(fault);
  if (seen.watch && answer.statusCode === 200) {
    outgoing.writeHead(200, answer.headers).flushHeaders();
    answer.on('error', () => outgoing.destroy());
    const faults = new StreamFaults(fault?.do === 'stream' ? fault : undefined, () => incoming.socket.destroy());
    answer.setEncoding('utf8').pipe(faults).pipe(outgoing);
    return;
  }
  const body = await text(answer);
  const learns = !seen.write || written(state, seen);
  if (!learns || fault?.do === 'cut') incoming.socket.destroy();
  else if (fault?.do === 'garble') outgoing.writeHead(200).end('<html>');
  else outgoing.writeHead(answer.statusCode ?? 502, withoutFraming(answer.headers)).end(body);
}

async function delayed(fault: Fault | undefined): Promise<void> {
  if (fault?.do === 'delay') await sleep(fault.ms);
}

/** True when the server never hears of the request. */
function endedBefore(fault: Fault, {incoming, outgoing}: Exchange): boolean {
  switch (fault.do) {
    case 'refuse':
      incoming.socket.destroy();
      return true;
    case 'stall':
      return true;
    case 'answer':
      refuse(outgoing, fault);
      return true;
    default:
      return false;
  }
}

/** False when the process behind the proxy is not to learn of it, since it is dead by then. */
function written(state: State, {method, path}: Seen): boolean {
  state.writes.push(`${method} ${path}`);
  const {death} = state;
  if (death === undefined || state.writes.length !== death.n) return !state.dead;
  state.dead = true;
  death.died();
  return death.answered;
}

function withoutFraming(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const {'transfer-encoding': _chunked, 'content-length': _length, connection: _connection, ...rest} = headers;
  return rest;
}

function refuse(outgoing: ServerResponse, {status, reason, retryAfter}: Extract<Fault, {do: 'answer'}>): void {
  const body = {kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message: `the fault proxy answers ${reason}`};
  const headers = {'content-type': 'application/json', ...(retryAfter === undefined ? {} : {'retry-after': String(retryAfter)})};
  outgoing.writeHead(status, headers).end(JSON.stringify(body));
}
