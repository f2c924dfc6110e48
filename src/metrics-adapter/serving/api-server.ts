/**
 * The HTTPS server of the aggregated APIs. Discovery and health are open to everybody: kube-apiserver asks for them as a user without
 * groups, and they say nothing about a cluster. All else takes an identity, and a metric the right to read it. Errors are
 * `metav1.Status` without `Retry-After`, which would make client-go wait inside one of the five workers that evaluate HPAs. JSON is
 * answered whatever the `Accept`.
 */
import type {IncomingMessage} from 'node:http';
import {constants} from 'node:crypto';
import fastify, {type FastifyReply} from 'fastify';
import type {Log} from '../../runtime/log.ts';
import type {Clock} from '../../runtime/clock.ts';
import {messageOf} from '../../runtime/errors.ts';
import type {MetricSource} from '../query.ts';
import {readRequest, type Ask} from './answer-request.ts';
import {readApiPath, type ApiRequest} from './api-path.ts';
import type {Authenticate} from './auth/authenticate.ts';
import type {Reviews} from './auth/reviews.ts';
import {AGGREGATED, AGGREGATED_BODY, AGGREGATED_ETAG, DISCOVERY, wantsAggregated} from './discovery.ts';
import type {ServingMetrics} from './serving-metrics.ts';
import {isFailure, statusBody, type Failure} from './status.ts';

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface ApiServerDeps {
  readonly source: MetricSource;
  readonly authenticate: Authenticate;
  readonly reviews: Pick<Reviews, 'may'>;
  readonly metrics: ServingMetrics;
  readonly clock: Clock;
  readonly log: Log;
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
const NO_REQUEST: Failure = {code: 404, message: 'the server could not find the requested resource'};
const NO_IDENTITY: Failure = {code: 401, message: 'Unauthorized'};

/** Resumed sessions would come without the client's chain. */
const TLS = {requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET} as const;

export async function startApiServer(
  {address, pair}: {readonly address: {readonly host: string; readonly port: number}; readonly pair: KeyPair},
  deps: ApiServerDeps,
): Promise<ApiServer> {
  const server = fastify({
    logger: false,
    https: {...TLS, ...pair},
    keepAliveTimeout: KEEP_ALIVE_MS,
    bodyLimit: 64 * 1024,
    frameworkErrors: (error, _request, reply) => {
      void refuse(reply, {code: 400, message: messageOf(error)});
    },
  });
  const handle = createHandler(deps);
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
  server.get('/apis/*', async (request, reply) => {
    const answer = await handle(request.raw);
    return isFailure(answer) ? refuse(reply, answer) : json(reply, answer.body);
  });
  server.setNotFoundHandler(async (request, reply) => {
    const identity = await deps.authenticate(request.raw);
    if (identity === undefined) return refuse(reply, NO_IDENTITY);
    const wrongMethod = readApiPath(pathOf(request.raw)) !== undefined;
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
    close: () => server.close(),
  };
}

interface Parsed {
  readonly request: ApiRequest;
  readonly ask: Ask | Failure;
}

/** Requests repeat for ever, one for each metric of each HPA, so what a URL means is worked out once. */
const MAX_PARSED = 8192;

function createHandler({source, authenticate, reviews, metrics, clock, log}: ApiServerDeps) {
  const parsed = new Map<string, Parsed | undefined>();
  const parse = (url: string): Parsed | undefined => {
    if (parsed.has(url)) return parsed.get(url);
    const [path, query] = split(url);
    const request = readApiPath(path);
    const result = request === undefined ? undefined : {request, ask: readRequest(request, new URLSearchParams(query))};
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(url, result);
    return result;
  };
  const answer = async (raw: IncomingMessage, what: Parsed | undefined): Promise<{readonly body: string} | Failure> => {
    const identity = await authenticate(raw);
    if (identity === undefined) return NO_IDENTITY;
    if (what === undefined) return NO_REQUEST;
    const {attributes} = what.request;
    const {allowed, reason} = await reviews.may(identity, attributes);
    if (!allowed) return {code: 403, message: forbidden(identity.user, attributes, reason)};
    if (isFailure(what.ask)) return what.ask;
    const body = what.ask(source);
    return typeof body === 'string' ? {body} : body;
  };
  return async (raw: IncomingMessage): Promise<{readonly body: string} | Failure> => {
    const startedAt = clock.now();
    const what = parse(raw.url ?? '');
    const result = await answer(raw, what).catch((error: unknown): Failure => {
      log.warn({error: messageOf(error)}, 'a request could not be checked');
      return {code: 503, message: `the API server did not say whether this request is allowed: ${messageOf(error)}`};
    });
    if (what !== undefined) {
      const door = what.request.api === 'external' ? 'external' : 'custom';
      metrics.answered(door, what.request.metric, String(isFailure(result) ? result.code : 200));
      metrics.took(door, (clock.now() - startedAt) / 1000);
    }
    return result;
  };
}

function forbidden(user: string, attributes: ApiRequest['attributes'], reason: string): string {
  const {verb, group, namespace, resource, subresource} = attributes;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return `User "${user}" cannot ${verb} resource "${what}" in API group "${group}" in the namespace "${namespace}"${why}`;
}

function split(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function pathOf(raw: IncomingMessage): string {
  return split(raw.url ?? '')[0];
}

function json(reply: FastifyReply, body: string): FastifyReply {
  return reply.header('content-type', 'application/json').send(body);
}

function refuse(reply: FastifyReply, failure: Failure): FastifyReply {
  return json(reply.code(failure.code), statusBody(failure));
}
