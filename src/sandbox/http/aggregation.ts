/**
 * Aggregated APIs: an APIService names a Service (of type ExternalName: localhost), and requests to its group version go there, with the
 * user's identity in headers and our front-proxy certificate to vouch for it.
 */
import {Agent, request as httpsRequest} from 'node:https';
import type {IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {Signed} from '../../runtime/certificate.ts';
import {messageOf} from '../../runtime/errors.ts';
import {ApiError} from '../api-error.ts';
import {backendOf, missingPart, type Backend, type Problem} from './backend.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import type {ObjectStore} from '../object-store.ts';
import {API_SERVICE} from '../resource-types.ts';
import {sendError, type Call, type User} from './call.ts';
import type {ApiVersion, RemoteVersion} from './discovery.ts';

interface Deps {
  readonly store: ObjectStore;
  /** What we present to backends. */
  readonly identity: Signed;
}

export interface Aggregation {
  /** Group versions that backends serve. */
  versions(): readonly ApiVersion[];
  serves(at: ApiVersion): boolean;
  /** Forwards the request and streams back the answer; 503 when the backend does not answer. */
  proxy(at: ApiVersion, call: Call): Promise<void>;
  /** Why an APIService cannot be used now, as its condition `Available` tells it. */
  problem(service: KubeObject): Promise<Problem | undefined>;
  /** What each backend says it serves. */
  discover(): Promise<readonly RemoteVersion[]>;
  close(): void;
}

const DISCOVERY_TIMEOUT_MS = 2000;
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'authorization', 'host']);

export function createAggregation({store, identity}: Deps): Aggregation {
  const agent = new Agent({keepAlive: true, maxSockets: 64});
  const services = (): readonly KubeObject[] => store.list(API_SERVICE).filter((one) => asObject(one['spec'])['service'] !== undefined);
  const versionOf = (service: KubeObject): ApiVersion => {
    const {group, version} = asObject(service['spec']);
    return {group: textOf(group), version: textOf(version)};
  };
  const find = (at: ApiVersion): KubeObject | undefined =>
    services().find((one) => versionOf(one).group === at.group && versionOf(one).version === at.version);

  const send = (
    backend: Backend,
    call: {method: string; path: string; headers: Record<string, string | string[]>; signal: AbortSignal},
  ) => {
    const {host, port, ca} = backend;
    const tls = ca === undefined ? {rejectUnauthorized: false} : {ca, servername: host};
    return httpsRequest({...call, ...tls, host, port, agent, cert: identity.cert, key: identity.key});
  };

  const proxy = async (at: ApiVersion, call: Call): Promise<void> => {
    const service = find(at);
    const backend = service === undefined ? undefined : backendOf(service, store);
    if (backend === undefined) throw unavailable();
    await new Promise<void>((resolve, reject) => {
      const {method, request, response, signal} = call;
      const outgoing = send(backend, {method, path: request.url ?? '/', headers: forwardedHeaders(call), signal});
      outgoing.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, copiedHeaders(answer));
        answer.pipe(response);
        answer.on('end', resolve);
        answer.on('error', reject);
      });
      outgoing.on('error', (error) => {
        if (!signal.aborted) sendError(response, unavailable(messageOf(error)));
        resolve();
      });
      request.pipe(outgoing);
    });
  };

  const ask = async (backend: Backend, {group, version}: ApiVersion): Promise<Json> => {
    const headers = {accept: 'application/json', ...identityHeaders({name: 'system:kube-aggregator', groups: ['system:masters']})};
    const call = {method: 'GET', path: `/apis/${group}/${version}`, headers, signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS)};
    return await fetchJson(send(backend, call));
  };
  const discoverOne = async (service: KubeObject): Promise<RemoteVersion> => {
    const at = versionOf(service);
    const backend = backendOf(service, store);
    if (backend === undefined) return {...at, resources: undefined};
    try {
      const body = await ask(backend, at);
      return {...at, resources: listOf(body['resources']).map((resource) => asDiscovered(resource, at))};
    } catch {
      return {...at, resources: undefined};
    }
  };
  const problem = async (service: KubeObject): Promise<Problem | undefined> => {
    const missing = missingPart(service, store);
    const backend = backendOf(service, store);
    if (missing !== undefined || backend === undefined) return missing;
    const at = versionOf(service);
    const url = `https://${backend.host}:${String(backend.port)}/apis/${at.group}/${at.version}`;
    try {
      await ask(backend, at);
      return undefined;
    } catch (error) {
      const message = `failing or missing response from ${url}: ${messageOf(error)}`;
      return {reason: 'FailedDiscoveryCheck', message};
    }
  };

  return {
    versions: () => services().map(versionOf),
    serves: (at) => find(at) !== undefined,
    proxy,
    problem,
    discover: () => Promise.all(services().map(discoverOne)),
    close: () => {
      agent.destroy();
    },
  };
}

const unavailable = (why = ''): ApiError =>
  new ApiError('ServiceUnavailable', why === '' ? 'service unavailable' : `error trying to reach service: ${why}`);

function identityHeaders({name, groups}: User): Record<string, string | string[]> {
  return {'x-remote-user': name, 'x-remote-group': [...groups]};
}

/** Everything but what belongs to this connection, and nobody's identity but the one we have established. */
function forwardedHeaders({request, user}: Call): Record<string, string | string[]> {
  const kept = Object.entries(request.headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]) && !entry[0].startsWith('x-remote-'),
  );
  return {...Object.fromEntries(kept), ...identityHeaders(user)};
}

function copiedHeaders(answer: IncomingMessage): Record<string, string | string[]> {
  const kept = Object.entries(answer.headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

async function fetchJson(outgoing: ReturnType<typeof httpsRequest>): Promise<Json> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`bad status from the backend: ${String(answer.statusCode)}`);
  return asObject(JSON.parse(body));
}

/** A classic `APIResource` in the aggregated form. */
function asDiscovered(resource: Json, {group, version}: ApiVersion): object {
  return {
    resource: resource['name'],
    responseKind: {group: resource['group'] ?? group, version: resource['version'] ?? version, kind: resource['kind']},
    scope: resource['namespaced'] === true ? 'Namespaced' : 'Cluster',
    singularResource: resource['singularName'] ?? '',
    verbs: resource['verbs'],
  };
}
