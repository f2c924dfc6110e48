/** Plain requests to an API server, as the conformance cases send them: what goes over the wire is what is looked at. */
import {once} from 'node:events';
import {Agent, request} from 'node:https';
import type {IncomingHttpHeaders, IncomingMessage} from 'node:http';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {asObject, type Json} from '../../src/api/json.ts';
import type {Credentials} from './kubectl.ts';

export interface Sent {
  readonly body?: object | string | Buffer;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: IncomingHttpHeaders;
}

export interface WatchedEvent {
  readonly type: string;
  readonly object: Json;
}

export interface OpenWatch {
  readonly events: readonly WatchedEvent[];
  /** Resolves when the server ends it. */
  readonly ended: Promise<void>;
  stop(): void;
}

export interface ApiClient {
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** The answer's body; fails for a status of 300 or more. */
  ok(method: string, path: string, sent?: Sent): Promise<Json>;
  /** Resolves once the server has answered; events come in as they are sent. */
  watch(path: string, accept?: string): Promise<OpenWatch>;
  close(): void;
}

function payloadOf(body: Sent['body']): string | Buffer | undefined {
  return body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

export function createApiClient({url, ca, cert, key}: Credentials): ApiClient {
  const agent = new Agent({keepAlive: true, ca, ...(cert === '' ? {} : {cert, key})});
  const open = (method: string, path: string, sent: Sent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const payload = payloadOf(sent.body);
      const headers = {
        accept: sent.accept ?? 'application/json',
        ...sent.headers,
        ...(payload === undefined
          ? {}
          : {'content-type': sent.contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(payload))}),
      };
      const call = request(new URL(path, url), {method, agent, headers}, resolve);
      call.setTimeout(30_000, () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on('error', reject);
      call.end(payload);
    });
  const send = async (method: string, path: string, sent: Sent = {}): Promise<Answer> => {
    const response = await open(method, path, sent);
    const body = await text(response);
    // The real server calls its index of schemas text/plain.
    const isJson = response.headers['content-type']?.includes('json') === true || body.startsWith('{"');
    return {status: response.statusCode ?? 0, body: isJson ? asObject(JSON.parse(body)) : {text: body}, headers: response.headers};
  };
  return {
    send,
    ok: async (method, path, sent) => {
      const {status, body} = await send(method, path, sent);
      if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${JSON.stringify(body)}`);
      return body;
    },
    watch: async (path, accept = 'application/json') => {
      const response = await open('GET', path, {accept});
      const events: WatchedEvent[] = [];
      response.on('error', () => undefined);
      const lines = createInterface({input: response}).on('line', (line) => {
        const event = asObject(JSON.parse(line));
        events.push({type: String(event['type']), object: asObject(event['object'])});
      });
      const ended = once(lines, 'close').then(() => undefined);
      return {events, ended, stop: () => response.destroy()};
    },
    close: () => {
      agent.destroy();
    },
  };
}
