/** HTTP to one API server: keep-alive connections, a bounded number of calls at once, an end to every call, and a fence before writes. */
import {request, type RequestOptions} from 'node:https';
import type {IncomingHttpHeaders, IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import {addAbortSignal} from 'node:stream';
import {text} from 'node:stream/consumers';
import type {KubeConfig} from '@kubernetes/client-node';
import type {Clock} from '../runtime/clock.ts';
import {createCredentials, type Credentials} from './credentials.ts';
import {within} from './deadline.ts';
import {isKubeError, KubeError} from './errors.ts';
import type {Fence} from './fence.ts';
import {createFlow, type Priority} from './flow.ts';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Time to the last byte of the answer, waiting for room included; of a stream, to its headers. */
  readonly timeoutMs: number;
  readonly priority: Priority;
  readonly signal?: AbortSignal | undefined;
  readonly fence?: Fence | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** All reject with `Unreachable`, `Aborted` or `Unauthorized`; whatever the server answers is an answer. */
export interface Transport {
  send(call: HttpCall): Promise<Answer>;
  /** Resolves with the headers; the body is the caller's to read, and breaks off when the signal aborts. */
  open(call: HttpCall): Promise<IncomingMessage>;
  /** Calls that wait for room. */
  waiting(): number;
  close(): void;
}

export interface TransportOptions {
  readonly config: KubeConfig;
  readonly maxInFlight: number;
}

export function createTransport({config, maxInFlight}: TransportOptions, {clock}: {clock: Clock}): Transport {
  const server = serverOf(config);
  const prefix = server.pathname.replace(/\/$/u, '');
  const credentials = createCredentials({config, maxSockets: maxInFlight}, {clock});
  const flow = createFlow(maxInFlight);

  const optionsFor = (call: HttpCall, {headers, auth}: Credentials): RequestOptions => ({
    method: call.method,
    hostname: server.hostname.replace(/^\[|\]$/gu, ''),
    port: server.port === '' ? 443 : server.port,
    path: `${prefix}${call.path}`,
    headers: {...headers, ...call.headers},
    ...(auth === undefined ? {} : {auth}),
  });
  /** Credentials may have been replaced since they were read: asked once more with new ones, since a refused call did nothing. */
  const authenticated = async (ask: (using: Credentials) => Promise<IncomingMessage>): Promise<IncomingMessage> => {
    const answer = await ask(await credentials.current());
    if (answer.statusCode !== 401) return answer;
    answer.resume();
    credentials.expire();
    return await ask(await credentials.current());
  };
  const limited = async <T>(call: HttpCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const signals = [call.signal, call.fence?.signal].filter((signal) => signal !== undefined);
    try {
      return await within({ms: call.timeoutMs, signals, clock}, work);
    } catch (error) {
      if (isKubeError(error, 'Unreachable')) credentials.dropIdle();
      if (!(error instanceof KubeError)) throw error;
      const {code, status, cause} = error;
      throw new KubeError(`${call.method} ${call.path.split('?')[0] ?? ''}: ${error.message}`, {code, status, cause});
    }
  };

  return {
    send: (call) =>
      limited(call, async (signal) => {
        const leave = await flow.enter(call.priority, signal);
        try {
          const response = await authenticated((using) => exchange({...optionsFor(call, using), agent: using.calls, signal}, call));
          return {status: response.statusCode ?? 0, headers: response.headers, body: await text(response)};
        } finally {
          leave();
        }
      }),
    open: async (call) => {
      const response = await limited(call, (signal) =>
        authenticated((using) => exchange({...optionsFor(call, using), agent: using.watches, signal}, call)),
      );
      return call.signal === undefined ? response : addAbortSignal(call.signal, response);
    },
    waiting: () => flow.waiting(),
    close: () => {
      credentials.close();
    },
  };
}

function serverOf(config: KubeConfig): URL {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster: set current-context');
  if (cluster.proxyUrl !== undefined) throw new Error(`the kubeconfig's proxy-url ${cluster.proxyUrl} is not supported: leave it out`);
  const server = new URL(cluster.server);
  if (server.protocol !== 'https:') throw new Error(`the API server's address must start with https://, not ${server.protocol}//`);
  return server;
}

/**
 * The fence is asked when the connection stands, and again when all but the last byte of a write is on its way: nothing of a request is
 * carried out before it is whole, and that one byte is the shortest step there is between the question and what it allows.
 */
function exchange(options: RequestOptions, {body, fence}: Pick<HttpCall, 'body' | 'fence'>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, resolve);
    outgoing.on('error', reject);
    const mayGoOn = (): boolean => {
      const closed = fence?.closed();
      if (closed !== undefined) outgoing.destroy(new KubeError(closed, {code: 'Aborted', status: 0}));
      return !outgoing.destroyed;
    };
    outgoing.once('socket', (socket) => {
      whenConnected(socket, () => {
        if (!mayGoOn()) return;
        if (body === undefined || fence === undefined) {
          outgoing.end(body);
          return;
        }
        const bytes = Buffer.from(body);
        outgoing.write(bytes.subarray(0, -1), () => {
          if (mayGoOn()) outgoing.end(bytes.subarray(-1));
        });
      });
    });
  });
}

function whenConnected(socket: Socket, then: () => void): void {
  if (socket.connecting) socket.once('secureConnect', then);
  else then();
}
