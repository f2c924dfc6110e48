/** The HTTPS server: who asks, what for, and every refusal as a Status. */
import {createServer, type Server} from 'node:https';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Clock} from '../../runtime/clock.ts';
import {messageOf} from '../../runtime/errors.ts';
import type {Log} from '../../runtime/log.ts';
import type {Random} from '../../runtime/random.ts';
import {ApiError} from '../api-error.ts';
import type {KindRegistry} from '../kinds/registry.ts';
import type {MemoryStore} from '../storage/memory-store.ts';
import {createAggregation, type Aggregation} from './aggregation.ts';
import {authenticate} from './authentication.ts';
import {watchAvailability} from './availability.ts';
import {sendError, type Call} from './call.ts';
import {serveDocument} from './documents.ts';
import type {Pki} from './pki.ts';
import {parseResourcePath} from './resource-path.ts';
import {createResourceHandler, type ResourceHandler} from './resources.ts';
import {findReview, serveReview} from './reviews.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  readonly pki: Pki;
  /** The administrator's bearer token. */
  readonly token: string;
}

interface Deps {
  readonly store: MemoryStore;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ApiServer {
  /** `https://HOST:PORT`, the port as bound. */
  readonly url: string;
  /** Ends watches, then connections. */
  close(): Promise<void>;
}

interface Handlers {
  readonly resources: ResourceHandler;
  readonly aggregation: Aggregation;
}

export async function startServer(options: ServerOptions, deps: Deps): Promise<ApiServer> {
  const {pki, token, host} = options;
  const closing = new AbortController();
  const aggregation = createAggregation({store: deps.store, identity: pki.frontProxy});
  watchAvailability({store: deps.store, aggregation, clock: deps.clock}, closing.signal);
  const handlers = {resources: createResourceHandler(deps), aggregation};
  const tls = {cert: pki.server.cert, key: pki.server.key, ca: pki.ca.cert, requestCert: true, rejectUnauthorized: false};
  const server = createServer(tls, (request, response) => {
    void answer({request, response, token, closing: closing.signal}, {...deps, ...handlers});
  });
  // Watches last as long as their client wants.
  server.requestTimeout = 0;
  const port = await listen(server, {host, port: options.port});
  return {
    url: `https://${host}:${String(port)}`,
    close: async () => {
      closing.abort();
      aggregation.close();
      server.closeIdleConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server, address: {host: string; port: number}): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
    });
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly token: string;
  readonly closing: AbortSignal;
}

async function answer({request, response, token, closing}: Exchange, deps: Deps & Handlers): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  try {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/u, '') : url.pathname;
    const user = authenticate(request, {path, token});
    const signal = AbortSignal.any([gone.signal, closing]);
    const {method = 'GET', headers} = request;
    await route({method, path, query: url.searchParams, headers, user, request, response, signal}, {...deps, token});
  } catch (error) {
    if (error instanceof ApiError) sendError(response, error);
    else {
      deps.log.error({error: messageOf(error), path: request.url?.split('?')[0]}, 'a request failed');
      sendError(response, new ApiError('InternalError', `Internal error occurred: ${messageOf(error)}`));
    }
  }
}

async function route(call: Call, deps: Deps & Handlers & {token: string}): Promise<void> {
  const path = parseResourcePath(call.path);
  const [, root, group = '', version = ''] = call.path.split('/');
  if (root === 'apis' && deps.aggregation.serves({group, version})) {
    await deps.aggregation.proxy({group, version}, call);
    return;
  }
  if (await serveDocument(call, deps)) return;
  if (path === undefined) {
    call.response.writeHead(404, {'content-type': 'text/plain; charset=utf-8'}).end('404 page not found\n');
    return;
  }
  const review = findReview(path);
  if (review === undefined) await deps.resources(path, call);
  else await serveReview(review, call, deps);
}
