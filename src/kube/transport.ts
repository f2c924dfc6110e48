/**
 * HTTP to one API server over one keep-alive agent. KubeConfig supplies the credentials (files, tokens, exec plugins); its answer is
 * kept for ten seconds, and the agent is made anew only when the TLS material changes, since each new one starts with no connection.
 */
import {Agent, request, type RequestOptions} from 'node:https';
import type {IncomingMessage, OutgoingHttpHeaders} from 'node:http';
import {text} from 'node:stream/consumers';
import type {KubeConfig} from '@kubernetes/client-node';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import {KubeError} from './errors.ts';

const CREDENTIALS_MS = 10_000;
const TLS_KEYS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Time to the response's headers. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /** Resolves with the headers; the body is the caller's to read. Rejects with `Unreachable` or `Aborted`. */
  send(call: HttpRequest): Promise<IncomingMessage>;
  close(): void;
}

interface Credentials {
  readonly headers: OutgoingHttpHeaders;
  readonly agent: Agent;
}

export function createTransport(config: KubeConfig, clock: Clock): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster: set current-context');
  const server = new URL(cluster.server);
  if (server.protocol !== 'https:') throw new Error(`the API server's address must start with https://, not ${server.protocol}//`);
  const credentials = credentialSource(config, clock);
  const prefix = server.pathname.replace(/\/$/u, '');
  return {
    send: async (call) => {
      const {headers, agent} = await credentials.current();
      const options: RequestOptions = {
        method: call.method,
        hostname: server.hostname.replace(/^\[|\]$/gu, ''),
        port: server.port === '' ? 443 : server.port,
        path: `${prefix}${call.path}`,
        agent,
        headers: {...headers, ...call.headers},
        ...(call.signal === undefined ? {} : {signal: call.signal}),
      };
      return await exchange(options, call);
    },
    close: () => {
      credentials.close();
    },
  };
}

function credentialSource(config: KubeConfig, clock: Clock): {current(): Promise<Credentials>; close(): void} {
  let agent: Agent | undefined;
  let material = '';
  let headers: OutgoingHttpHeaders = {};
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const tls = Object.fromEntries(TLS_KEYS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
    const now = JSON.stringify(tls);
    if (agent === undefined || now !== material) {
      agent?.destroy();
      agent = new Agent({...tls, keepAlive: true, maxSockets: 64, scheduling: 'lifo'});
      material = now;
    }
    headers = Object.fromEntries(Object.entries(options.headers ?? {}));
    readAt = clock.now();
  };
  return {
    current: async () => {
      if (clock.now() - readAt > CREDENTIALS_MS) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
        await reading;
      }
      if (agent === undefined) throw new KubeError('no credentials could be read', {code: 'Unreachable', status: 0});
      return {headers, agent};
    },
    close: () => agent?.destroy(),
  };
}

function exchange(options: RequestOptions, call: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer in ${String(call.timeoutMs)} ms`)), call.timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      const code = call.signal?.aborted === true ? 'Aborted' : 'Unreachable';
      reject(new KubeError(`${call.method} ${pathOnly(call.path)}: ${messageOf(error)}`, {code, status: 0, cause: error}));
    });
    outgoing.end(call.body);
  });
}

function pathOnly(path: string): string {
  return path.split('?')[0] ?? path;
}

/** The whole body as text; a connection lost meanwhile is `Unreachable`. */
export async function bodyOf(response: IncomingMessage): Promise<string> {
  try {
    return await text(response);
  } catch (error) {
    throw new KubeError(`the answer broke off: ${messageOf(error)}`, {code: 'Unreachable', status: response.statusCode ?? 0, cause: error});
  }
}
