/** Typed verbs of the Kubernetes API. Errors are `KubeError`s in the API server's own words. */
import type {IncomingMessage} from 'node:http';
import type {KubeConfig} from '@kubernetes/client-node';
import {z} from 'zod';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import {codeOf, KubeError} from './errors.ts';
import {bodyOf, createTransport} from './transport.ts';
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

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale';
  readonly signal?: AbortSignal | undefined;
}

export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly propagation: 'Foreground' | 'Background' | 'Orphan';
  readonly signal?: AbortSignal | undefined;
}

export interface KubeList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

export interface KubeClient {
  get(ref: Ref, signal?: AbortSignal): Promise<KubeObject>;
  list(query: ListQuery, signal?: AbortSignal): Promise<KubeList>;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  replace(ref: Ref, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** JSON merge patch (RFC 7386): null removes a key. */
  patch(ref: Ref, patch: object, options?: WriteOptions): Promise<KubeObject>;
  /** An object that is gone already counts as deleted. */
  delete(ref: Ref, options: DeleteOptions): Promise<void>;
  /** Events from `resourceVersion` on, until the server or `signal` ends the stream. */
  watch(query: ListQuery, from: {resourceVersion: string; timeoutSeconds: number}, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  /** GET of any path: discovery. */
  raw(path: string, signal?: AbortSignal): Promise<unknown>;
  close(): void;
}

export interface ClientOptions {
  readonly config: KubeConfig;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

const PAGE = 500;
const JSON_TYPE = 'application/json';
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const METADATA_WATCH = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.custom<KubeObject['metadata']>((value) => typeof value === 'object' && value !== null),
});
const listSchema = z.looseObject({
  metadata: z.looseObject({resourceVersion: z.string().default(''), continue: z.string().optional()}),
  // An empty PartialObjectMetadataList comes with null.
  items: z
    .array(z.looseObject({metadata: z.custom<KubeObject['metadata']>((value) => typeof value === 'object' && value !== null)}))
    .nullable()
    .transform((items) => items ?? []),
});
const statusSchema = z.looseObject({message: z.string().optional(), reason: z.string().optional()});

/** `/apis/apps/v1/namespaces/ns/deployments/name`. */
export function pathOf(type: ResourceType, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const tail = [name, subresource].filter((part) => part !== undefined).map((part) => `/${encodeURIComponent(part)}`);
  return `${root}${scope}/${type.plural}${tail.join('')}`;
}

export function createKubeClient({config, requestTimeoutMs, userAgent}: ClientOptions, {clock}: {clock: Clock}): KubeClient {
  const transport = createTransport(config, clock);

  async function call(method: string, path: string, more: Partial<Sent> = {}): Promise<unknown> {
    const response = await transport.send({
      method,
      path,
      headers: {
        accept: more.accept ?? JSON_TYPE,
        'user-agent': userAgent,
        ...(more.body === undefined
          ? {}
          : {'content-type': more.contentType ?? JSON_TYPE, 'content-length': String(Buffer.byteLength(more.body))}),
      },
      ...(more.body === undefined ? {} : {body: more.body}),
      timeoutMs: requestTimeoutMs,
      signal: more.signal,
    });
    const text = await bodyOf(response);
    if ((response.statusCode ?? 0) >= 300) throw failure(response, text, `${method} ${path.split('?')[0] ?? ''}`);
    return JSON.parse(text);
  }

  const write = async (
    method: string,
    ref: Ref | {type: ResourceType; namespace: string | undefined},
    sent: Partial<Sent>,
    options: WriteOptions,
  ) => {
    const name = 'name' in ref ? ref.name : undefined;
    const query = options.dryRun === true ? '?dryRun=All' : '';
    const path = pathOf(ref.type, ref.namespace, name, options.subresource) + query;
    return objectSchema.parse(await call(method, path, {...sent, signal: options.signal}));
  };

  return {
    get: async (ref, signal) => objectSchema.parse(await call('GET', pathOf(ref.type, ref.namespace, ref.name), {signal})),
    list: async (query, signal) => {
      const items: KubeObject[] = [];
      let next: string | undefined;
      let resourceVersion = '';
      do {
        const parameters = new URLSearchParams({...selectors(query), limit: String(PAGE), ...(next === undefined ? {} : {continue: next})});
        const accept = query.metadataOnly === true ? METADATA_ONLY : JSON_TYPE;
        const page = listSchema.parse(
          await call('GET', `${pathOf(query.type, query.namespace)}?${parameters.toString()}`, {accept, signal}),
        );
        // Items of a list carry no kind of their own.
        for (const item of page.items) items.push({...item, apiVersion: apiVersionOf(query.type), kind: query.type.kind});
        next = page.metadata.continue === '' ? undefined : page.metadata.continue;
        resourceVersion = page.metadata.resourceVersion;
      } while (next !== undefined);
      return {items, resourceVersion};
    },
    create: (type, object, options = {}) =>
      write('POST', {type, namespace: object.metadata.namespace}, {body: JSON.stringify(object)}, options),
    replace: (ref, object, options = {}) => write('PUT', ref, {body: JSON.stringify(object)}, options),
    patch: (ref, patch, options = {}) =>
      write('PATCH', ref, {body: JSON.stringify(patch), contentType: 'application/merge-patch+json'}, options),
    delete: async (ref, {uid, propagation, signal}) => {
      const body = JSON.stringify({propagationPolicy: propagation, ...(uid === undefined ? {} : {preconditions: {uid}})});
      try {
        await call('DELETE', pathOf(ref.type, ref.namespace, ref.name), {body, signal});
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 'NotFound') throw error;
      }
    },
    watch: async function* (query, {resourceVersion, timeoutSeconds}, signal) {
      const parameters = new URLSearchParams({
        ...selectors(query),
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(timeoutSeconds),
      });
      const path = `${pathOf(query.type, query.namespace)}?${parameters.toString()}`;
      const accept = query.metadataOnly === true ? METADATA_WATCH : JSON_TYPE;
      const headers = {accept, 'user-agent': userAgent};
      const response = await transport.send({method: 'GET', path, headers, timeoutMs: requestTimeoutMs, signal});
      if (response.statusCode !== 200) throw failure(response, await bodyOf(response), `WATCH ${query.type.plural}`);
      yield* readWatch(response, query.type);
    },
    raw: (path, signal) => call('GET', path, {signal}),
    close: () => {
      transport.close();
    },
  };
}

interface Sent {
  readonly body: string;
  readonly contentType: string;
  readonly accept: string;
  readonly signal: AbortSignal | undefined;
}

function selectors(query: ListQuery): Record<string, string> {
  return {
    ...(query.labelSelector === undefined ? {} : {labelSelector: query.labelSelector}),
    ...(query.fieldSelector === undefined ? {} : {fieldSelector: query.fieldSelector}),
  };
}

function failure(response: IncomingMessage, text: string, what: string): KubeError {
  const status = response.statusCode ?? 0;
  const answer = readStatus(text);
  const after = Number(response.headers['retry-after']);
  return new KubeError(answer.message ?? `${what}: HTTP ${String(status)}`, {
    code: codeOf(status, answer.reason),
    status,
    retryAfterMs: Number.isFinite(after) ? after * 1000 : undefined,
  });
}

function readStatus(text: string): z.infer<typeof statusSchema> {
  try {
    return statusSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
