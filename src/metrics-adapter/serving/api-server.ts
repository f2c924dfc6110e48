/**
 * The HTTPS server of the aggregated APIs. Discovery and health are open to everybody: kube-apiserver asks for them as a user without
 * groups, and they say nothing about a cluster. All else takes an identity, and a metric the right to read it. Errors are
 * `metav1.Status` without `Retry-After`, which would make client-go wait inside one of the five workers that evaluate HPAs. JSON is
 * answered whatever the `Accept`.
 */
import {constants} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import fastify, {type FastifyReply} from 'fastify';
import {messageOf} from '../../runtime/errors.ts';
import {readApiPath} from './api-path.ts';
import {AGGREGATED, AGGREGATED_BODY, AGGREGATED_ETAG, DISCOVERY, wantsAggregated} from './discovery.ts';
import {createMetricsHandler, NO_IDENTITY, NO_REQUEST, splitUrl, type Answer, type HandlerDeps} from './metrics-handler.ts';
import {statusBody, type Failure} from './status.ts';

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface ApiServerDeps extends HandlerDeps {
  /** Why it is not ready, or undefined. */
  readonly notReady: () => string | undefined;
}

export interface ApiServer {
  /** `https://HOST:PORT`, the port as bound. */
  readonly url: string;
  /** For connections from now on. */
  readonly useCertificate: (pair: KeyPair) => void;
  close(): Promise<void>;
}

/** kube-apiserver keeps idle connections for 90 s; the side that serves must not close first. */
const KEEP_ALIVE_MS = 100_000;
/** Resumed sessions would come without the client's chain. */
const TLS = {requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET} as const;

export async function startApiServer(
  {address, pair}: {readonly address: {readonly host: string; readonly port: number}; readonly pair: KeyPair},
  deps: ApiServerDeps,
): Promise<ApiServer> {
  const handle = createMetricsHandler(deps);
  let closing = false;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, (result) => {
      if (closing) response.setHeader('connection', 'close');
      write(response, result);
    });
  };
  const https = {...TLS, ...pair, keepAliveTimeout: KEEP_ALIVE_MS};
  const server = fastify({
    logger: false,
    https,
    // Questions for a metric go past fastify's routing and sending, which cost as much as the rest together.
    serverFactory: (handler) =>
      createServer(https, (request, response) => {
        if (isQuestion(request)) answer(request, response);
        else handler(request, response);
      }),
    bodyLimit: 64 * 1024,
    frameworkErrors: (error, _request, reply) => {
      void refuse(reply, {code: 400, message: messageOf(error)});
    },
  });
  server.get('/livez', () => 'ok\n');
  server.get('/healthz', () => 'ok\n');
  server.get('/readyz', (_request, reply) => {
    const why = deps.notReady();
    return why === undefined ? reply.send('ok\n') : reply.code(503).send(`${why}\n`);
  });
  server.get('/apis', (request, reply) => {
    if (!wantsAggregated(request.headers.accept)) return json(reply, DISCOVERY.get('/apis') ?? '');
    reply.header('etag', AGGREGATED_ETAG).header('vary', 'Accept');
    if (request.headers['if-none-match'] === AGGREGATED_ETAG) return reply.code(304).send();
    // As bytes: fastify writes the content type of a text anew, and clients compare its parameters.
    return reply.header('content-type', AGGREGATED).send(Buffer.from(AGGREGATED_BODY));
  });
  for (const [path, body] of DISCOVERY) if (path !== '/apis') server.get(path, (_request, reply) => json(reply, body));
  for (const path of ['/openapi/v2', '/openapi/v3']) server.get(path, (_request, reply) => refuse(reply, NO_REQUEST));
  server.get('/apis/*', (request, reply) => {
    reply.hijack();
    answer(request.raw, reply.raw);
  });
  server.setNotFoundHandler(async (request, reply) => {
    const identity = await deps.authenticate(request.raw);
    if (identity === undefined) return refuse(reply, NO_IDENTITY);
    const wrongMethod = readApiPath(splitUrl(request.raw.url ?? '')[0]) !== undefined;
    return refuse(reply, wrongMethod ? {code: 405, message: 'metrics can only be read'} : NO_REQUEST);
  });
  server.setErrorHandler((error, _request, reply) => {
    deps.log.warn({error: messageOf(error)}, 'a request could not be answered');
    return refuse(reply, {code: 500, message: 'the request could not be answered'});
  });
  const url = await server.listen(address);
  return {
    url,
    useCertificate: (next) => {
      server.server.setSecureContext({...TLS, ...next});
    },
    close: () => {
      closing = true;
      return server.close();
    },
  };
}

/** Paths with escapes stay with fastify, which refuses the broken ones. */
function isQuestion({method, url = ''}: IncomingMessage): boolean {
  if (method !== 'GET' || !url.startsWith('/apis/')) return false;
  const [path] = splitUrl(url);
  return path.includes('/namespaces/') && !path.includes('%');
}

function write(response: ServerResponse, answer: Answer): void {
  const [code, body] = typeof answer === 'string' ? [200, answer] : [answer.code, statusBody(answer)];
  response.writeHead(code, {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}).end(body);
}

function json(reply: FastifyReply, body: string): FastifyReply {
  return reply.header('content-type', 'application/json').send(body);
}

function refuse(reply: FastifyReply, failure: Failure): FastifyReply {
  return json(reply.code(failure.code), statusBody(failure));
}
