/** Paths that describe the server itself: version, health, discovery, OpenAPI. */
import type {KubeObject} from '../../api/objects.ts';
import {noSuchResource} from '../api-error.ts';
import type {KindRegistry} from '../kinds/registry.ts';
import type {ObjectStore} from '../object-store.ts';
import {CUSTOM_RESOURCE_DEFINITION} from '../resource-types.ts';
import {KUBERNETES_VERSION} from '../schema/kubernetes.generated.ts';
import {acceptsAggregatedDiscovery} from './accept.ts';
import type {Aggregation} from './aggregation.ts';
import {sendJson, type Call} from './call.ts';
import {AGGREGATED_TYPE, aggregatedDiscovery, groupList, resourceList, versionsOf, type ApiVersion, type Served} from './discovery.ts';
import {openApiDocument, openApiIndex} from './openapi.ts';
import {REVIEWS} from './reviews.ts';

interface Deps {
  readonly store: ObjectStore;
  readonly kinds: KindRegistry;
  readonly aggregation: Aggregation;
}

const HEALTH = new Set(['/healthz', '/livez', '/readyz']);

/** True when the path was one of these and is answered. */
export async function serveDocument(call: Call, deps: Deps): Promise<boolean> {
  const {path, response, headers} = call;
  if (call.method !== 'GET') return false;
  if (HEALTH.has(path)) {
    response.writeHead(200, {'content-type': 'text/plain; charset=utf-8'}).end('ok');
    return true;
  }
  if (path === '/version') {
    sendJson(response, 200, versionInfo());
    return true;
  }
  if (path.startsWith('/openapi/')) {
    sendOpenApi(call, deps);
    return true;
  }
  const served = await servedBy(path, deps);
  if (served === undefined) return false;
  if ((path === '/api' || path === '/apis') && acceptsAggregatedDiscovery(headers.accept)) {
    sendJson(response, 200, aggregatedDiscovery(served, path === '/api'), AGGREGATED_TYPE);
    return true;
  }
  const document = classicDocument(path, served);
  if (document === undefined) return false;
  sendJson(response, 200, document);
  return true;
}

function versionInfo(): object {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/u.exec(KUBERNETES_VERSION) ?? [];
  return {
    major,
    minor,
    gitVersion: `${KUBERNETES_VERSION}+sandbox`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: '',
    platform: '',
  };
}

/** Backends are asked only where their answer is wanted. */
async function servedBy(path: string, {kinds, aggregation}: Deps): Promise<Served | undefined> {
  if (!/^\/apis?(\/[^/]+){0,2}\/?$/u.test(path)) return undefined;
  const remote = path === '/apis' ? await aggregation.discover() : aggregation.versions().map((at) => ({...at, resources: undefined}));
  return {kinds: kinds.all(), reviews: REVIEWS, remote};
}

function classicDocument(path: string, served: Served): object | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, group = '', version] = parts;
  if (root === 'api') {
    if (parts.length === 1) return {kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: []};
    return group === 'v1' && parts.length === 2 ? resourceList(served, {group: '', version: 'v1'}) : undefined;
  }
  const groups = groupList(served);
  if (parts.length === 1) return groups;
  const found = groups.groups.find(({name}) => name === group);
  if (found === undefined) return undefined;
  if (version === undefined) return {kind: 'APIGroup', apiVersion: 'v1', ...found};
  const isServed = versionsOf(served).some((one) => one.group === group && one.version === version);
  return isServed ? resourceList(served, {group, version}) : undefined;
}

const SWAGGER_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** In protobuf: field 1, `swagger`, is "2.0", and there is nothing else. */
const EMPTY_SWAGGER = Buffer.from([0x0a, 3, ...Buffer.from('2.0')]);

/** kubectl looks for kinds that version 3 does not name in version 2: there are none, and only then does it say that it knows no such kind. */
function sendEmptySwagger(response: Call['response']): void {
  response.writeHead(200, {'content-type': SWAGGER_TYPE, 'content-length': EMPTY_SWAGGER.length}).end(EMPTY_SWAGGER);
}

function sendOpenApi({path, response}: Call, {store, kinds}: Deps): void {
  const crds: readonly KubeObject[] = store.list(CUSTOM_RESOURCE_DEFINITION);
  const served = {kinds: kinds.all(), reviews: [], remote: []};
  const documentOf = (at: ApiVersion): object => openApiDocument(at, {kinds: kinds.all(), crds, definitions: kinds.definitions});
  const versions = versionsOf(served);
  if (path === '/openapi/v3') {
    sendJson(response, 200, openApiIndex(versions, documentOf));
    return;
  }
  if (path === '/openapi/v2') {
    sendEmptySwagger(response);
    return;
  }
  const wanted = path.slice('/openapi/v3/'.length);
  const found = versions.find(({group, version}) => wanted === (group === '' ? `api/${version}` : `apis/${group}/${version}`));
  if (!path.startsWith('/openapi/v3/') || found === undefined) throw noSuchResource();
  sendJson(response, 200, documentOf(found));
}
