/** The reference for API writes and reads: `node:https` with kept connections and nothing else, every request sent at once. */
import {Agent, request} from 'node:https';
import {text as textOf} from 'node:stream/consumers';
import {z} from 'zod';

/** PEM; who asks is told by a certificate or by a bearer token. */
export interface PlainCredentials {
  readonly url: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

export interface PlainClient {
  /** Rejects for any status but 2xx. */
  send(method: string, path: string, body?: object): Promise<string>;
  /** Reads a list page by page and answers how many items it has. */
  count(path: string): Promise<number>;
  close(): void;
}

const pageSchema = z.object({metadata: z.object({continue: z.string().default('')}), items: z.array(z.unknown())});
const PAGE = 500;

export function plainClient({url, ca, cert, key, token}: PlainCredentials, maxSockets = Number.POSITIVE_INFINITY): PlainClient {
  const agent = new Agent({ca, ...(cert === undefined ? {} : {cert, key}), keepAlive: true, maxSockets});
  const who = token === undefined ? {} : {authorization: `Bearer ${token}`};
  const send = (method: string, path: string, body?: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = {...who, 'content-type': type, 'content-length': Buffer.byteLength(text)};
      const call = request(new URL(path, url), {method, agent, headers}, (response) => {
        const {statusCode = 0} = response;
        textOf(response).then((answer) => {
          if (statusCode >= 200 && statusCode < 300) resolve(answer);
          else reject(new Error(`${method} ${path}: ${String(statusCode)} ${answer.slice(0, 300)}`));
        }, reject);
      });
      call.on('error', reject);
      call.end(text);
    });
  return {
    send,
    count: async (path) => {
      let found = 0;
      let next = '';
      do {
        const page = pageSchema.parse(JSON.parse(await send('GET', `${path}?limit=${String(PAGE)}&continue=${encodeURIComponent(next)}`)));
        found += page.items.length;
        next = page.metadata.continue;
      } while (next !== '');
      return found;
    },
    close: () => {
      agent.destroy();
    },
  };
}
