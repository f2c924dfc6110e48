/** Typed verbs of the Kubernetes API. Errors are `KubeError`s in the API server's own words. */
import {text} from 'node:stream/consumers';
import type {KubeConfig} from '@kubernetes/client-node';
import {z} from 'zod';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import {systemRandom, type Random} from '../runtime/random.ts';
import {failureOf, leftSchema, listSchema, objectSchema, parseAnswer} from './answers.ts';
import {within} from './deadline.ts';
import {isKubeError} from './errors.ts';
import type {Fence} from './fence.ts';
import type {Priority} from './flow.ts';
import {NO_METRICS, type ClientMetrics, type Verb} from './metrics.ts';
import {pathOf, withQuery} from './paths.ts';
import {retried} from './retry.ts';
import {createTransport, type HttpCall} from './transport.ts';
import {readWatch, type WatchEvent} from './watch-stream.ts';

/** One object, by name. */
export interface Ref {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListQuery {
  readonly type: ResourceType;
  /** Without one: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only `metadata` (PartialObjectMetadata): for kinds whose spec nobody reads. */
  readonly metadataOnly?: boolean;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who goes first when the API server is busy; `normal` unless given. */
  readonly priority?: Priority;
  /** Set by `fencedClient`. */
  readonly fence?: Fence;
}

export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale';
}

export interface DeleteOptions extends CallOptions {
  readonly uid?: string | undefined;
  readonly propagation: 'Foreground' | 'Background' | 'Orphan';
}

export interface KubeList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** Reads are asked again when the server is busy or the connection broke; writes never, since they may have been done. */
export interface KubeClient {
  get(ref: Ref, signal?: AbortSignal): Promise<KubeObject>;
  list(query: ListQuery, signal?: AbortSignal): Promise<KubeList>;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  replace(ref: Ref, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** JSON merge patch (RFC 7386): null removes a key. */
  patch(ref: Ref, patch: object, options?: WriteOptions): Promise<KubeObject>;
  /** Answers what is left while finalizers keep it; undefined when it is gone, which one that was gone already is. */
  delete(ref: Ref, options: DeleteOptions): Promise<KubeObject | undefined>;
  /** Events from `resourceVersion` on, until the server or `signal` ends the stream. */
  watch(query: ListQuery, from: {resourceVersion: string; timeoutSeconds: number}, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  /** GET of any path: discovery. */
  raw(path: string, signal?: AbortSignal): Promise<unknown>;
  close(): void;
}

export interface ClientOptions {
  readonly config: KubeConfig;
  /** Time to the last byte of an answer, waiting for room included. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
  /** Calls at the API server at once; 128 unless given. Watches do not count. */
  readonly maxInFlight?: number;
}

export interface ClientDeps {
  readonly clock: Clock;
  /** For the jitter of retries. */
  readonly random?: Random;
  readonly metrics?: ClientMetrics;
}

const PAGE = 500;
const JSON_TYPE = 'application/json';
const METADATA = (kind: string): string => `${JSON_TYPE};as=${kind};g=meta.k8s.io;v=v1,${JSON_TYPE}`;

export function createKubeClient(options: ClientOptions, deps: ClientDeps): KubeClient {
  const {config, requestTimeoutMs, userAgent, maxInFlight = 128} = options;
  const {clock, random = systemRandom, metrics = NO_METRICS} = deps;
  const transport = createTransport({config, maxInFlight}, {clock});
  metrics.waiting(() => transport.waiting());

  const callOf = ({method, path, accept = JSON_TYPE, body, contentType = JSON_TYPE, ...more}: Sent): HttpCall => ({
    method,
    path,
    headers: {
      accept,
      'user-agent': userAgent,
      ...(body === undefined ? {} : {'content-type': contentType, 'content-length': String(Buffer.byteLength(body))}),
    },
    ...(body === undefined ? {} : {body}),
    timeoutMs: requestTimeoutMs,
    priority: more.priority ?? 'normal',
    signal: more.signal,
    fence: more.fence,
  });
  const call = async <T>(schema: z.ZodType<T>, sent: Sent): Promise<T> => {
    const what = `${sent.method} ${sent.path.split('?')[0] ?? ''}`;
    return await observed(sent.verb, async () => {
      const answer = await transport.send(callOf(sent));
      if (answer.status >= 300) throw failureOf(answer, what, clock.now());
      return parseAnswer(schema, answer, what);
    });
  };
  const observed = async <T>(verb: Verb, work: () => Promise<T>): Promise<T> => {
    const startedAt = clock.monotonic();
    const done = (code: string): void => {
      metrics.request({verb, code, seconds: (clock.monotonic() - startedAt) / 1000});
    };
    try {
      const answer = await work();
      done('2xx');
      return answer;
    } catch (error) {
      done(isKubeError(error) ? error.code : 'Other');
      throw error;
    }
  };
  const read = <T>(schema: z.ZodType<T>, sent: Omit<Sent, 'method'>): Promise<T> => {
    const onRetry = (): void => {
      metrics.retry(sent.verb);
    };
    return retried(() => call(schema, {...sent, method: 'GET'}), {clock, random, onRetry}, sent.signal);
  };
  const write = (sent: Omit<Sent, 'path'>, {type, namespace, name}: Partial<Ref> & {type: ResourceType}, more: WriteOptions) => {
    const {dryRun, subresource, ...rest} = more;
    const path = withQuery(pathOf(type, namespace, name, subresource), {dryRun: dryRun === true ? 'All' : undefined});
    return call(objectSchema, {...sent, ...rest, path});
  };

  return {
    get: (ref, signal) => read(objectSchema, {verb: 'get', path: pathOf(ref.type, ref.namespace, ref.name), signal}),
    list: async (query, signal) => {
      const accept = query.metadataOnly === true ? METADATA('PartialObjectMetadataList') : JSON_TYPE;
      const page = (parameters: Readonly<Record<string, string | undefined>>) =>
        read(listSchema, {
          verb: 'list',
          path: withQuery(pathOf(query.type, query.namespace), {...selectors(query), ...parameters}),
          accept,
          signal,
        });
      const pages = await pagesOf(page);
      // Items of a list carry no kind of their own.
      const type = {apiVersion: apiVersionOf(query.type), kind: query.type.kind};
      const items = pages.flatMap((one) => one.items.map((item) => ({...item, ...type})));
      return {items, resourceVersion: pages.at(-1)?.metadata.resourceVersion ?? ''};
    },
    create: (type, object, more = {}) => {
      const {namespace} = object.metadata;
      return write({verb: 'create', method: 'POST', body: JSON.stringify(object)}, {type, namespace}, more);
    },
    replace: (ref, object, more = {}) => write({verb: 'replace', method: 'PUT', body: JSON.stringify(object)}, ref, more),
    patch: (ref, patch, more = {}) => {
      const sent = {verb: 'patch', method: 'PATCH', body: JSON.stringify(patch), contentType: 'application/merge-patch+json'} as const;
      return write(sent, ref, more);
    },
    delete: async (ref, {uid, propagation, ...more}) => {
      const body = JSON.stringify({propagationPolicy: propagation, ...(uid === undefined ? {} : {preconditions: {uid}})});
      const path = pathOf(ref.type, ref.namespace, ref.name);
      try {
        return await call(leftSchema, {verb: 'delete', method: 'DELETE', path, body, ...more});
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
        return undefined;
      }
    },
    watch: async function* (query, {resourceVersion, timeoutSeconds}, signal) {
      const parameters = {watch: '1', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds: String(timeoutSeconds)};
      const path = withQuery(pathOf(query.type, query.namespace), {...selectors(query), ...parameters});
      const accept = query.metadataOnly === true ? METADATA('PartialObjectMetadata') : JSON_TYPE;
      const body = await observed('watch', async () => {
        const response = await transport.open(callOf({verb: 'watch', method: 'GET', path, accept, signal}));
        const {statusCode: status = 0, headers} = response;
        if (status === 200) return response;
        const answer = await within({ms: requestTimeoutMs, signals: [signal], clock}, () => text(response));
        throw failureOf({status, headers, body: answer}, `WATCH ${query.type.plural}`, clock.now());
      });
      yield* readWatch(body, query.type);
    },
    raw: (path, signal) =>
      read(
        z.unknown().refine((answer) => answer !== undefined),
        {verb: 'get', path, signal},
      ),
    close: () => {
      transport.close();
    },
  };
}

interface Sent extends CallOptions {
  readonly verb: Verb;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
}

type Page = z.output<typeof listSchema>;

/** All pages of a list. A list so long that its snapshot expires meanwhile is read again in one piece. */
async function pagesOf(page: (parameters: Readonly<Record<string, string | undefined>>) => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  let next: string | undefined;
  do {
    try {
      pages.push(await page({limit: String(PAGE), continue: next}));
    } catch (error) {
      if (next === undefined || !isKubeError(error, 'Gone')) throw error;
      return [await page({})];
    }
    const more = pages.at(-1)?.metadata.continue;
    next = more === '' ? undefined : more;
  } while (next !== undefined);
  return pages;
}

function selectors({labelSelector, fieldSelector}: ListQuery): Readonly<Record<string, string | undefined>> {
  return {labelSelector, fieldSelector};
}
