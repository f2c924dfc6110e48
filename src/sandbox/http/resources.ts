/** The verbs on resources: which there are for which paths, and what they answer. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Random} from '../../runtime/random.ts';
import {ApiError, invalid, isApiError, methodNotAllowed, noSuchResource, notFound} from '../api-error.ts';
import {showScalar} from '../kinds/fill.ts';
import type {KindRegistry} from '../kinds/registry.ts';
import type {Kind} from '../kinds/kind.ts';
import type {MemoryStore} from '../storage/memory-store.ts';
import {toScale} from '../storage/scale.ts';
import {invalidValue} from '../validation/causes.ts';
import {negotiate} from './accept.ts';
import {readObject, readText, sendJson, type Call, type ProtobufForm, warn} from './call.ts';
import {serveDelete, serveDeleteCollection} from './delete.ts';
import {isDryRun, judgeUnknown} from './field-validation.ts';
import {warningsOf} from './warnings.ts';
import {createLister, type Lister} from './list.ts';
import {applyPatch} from './patch.ts';
import {includeObjectOf, metadataList, objectList, table} from './render.ts';
import type {ResourcePath} from './resource-path.ts';
import {SCALE_KIND} from './scale-kind.ts';
import {sendObject} from './send-object.ts';
import {serveWatch} from './watch.ts';

interface Deps {
  readonly store: MemoryStore;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

interface Target {
  readonly kind: Kind;
  readonly path: ResourcePath;
}

export type ResourceHandler = (path: ResourcePath, call: Call) => Promise<void>;

export function createResourceHandler(deps: Deps): ResourceHandler {
  const lister = createLister(deps.store);
  return async (path, call) => {
    const kind = deps.kinds.find(path);
    if (kind === undefined) throw noSuchResource();
    if (path.namespace !== undefined && !kind.type.namespaced) throw noSuchResource();
    const target = {kind, path};
    if (path.name === undefined) await onCollection(target, call, {...deps, lister});
    else if (path.subresource === undefined) await onObject(target, call, deps);
    else await onSubresource(target, call, deps);
  };
}

async function onCollection({kind, path}: Target, call: Call, deps: Deps & {lister: Lister}): Promise<void> {
  const scope = {kind, namespace: path.namespace};
  switch (call.method) {
    case 'GET': {
      if (isWatch(call)) {
        await serveWatch(scope, call, deps);
        return;
      }
      sendList(kind, deps.lister.list(scope, call.query), call, deps.clock.now());
      return;
    }
    case 'POST':
      if (kind.type.namespaced && path.namespace === undefined) throw methodNotAllowed();
      await create({kind, path}, call, deps);
      return;
    case 'DELETE':
      if (kind.type.namespaced && path.namespace === undefined) throw methodNotAllowed();
      await serveDeleteCollection({kind, path}, call, deps);
      return;
    default:
      throw methodNotAllowed();
  }
}

const isWatch = ({query}: Call): boolean => ['1', 'true'].includes(query.get('watch') ?? '');

function sendList(kind: Kind, page: ReturnType<Lister['list']>, call: Call, now: number): void {
  const {objects, metadata} = page;
  switch (negotiate(call.headers.accept)) {
    case 'table':
      sendJson(call.response, 200, table(kind, objects, {now, includeObject: includeObjectOf(call.query), metadata}));
      return;
    case 'metadata':
    case 'metadata-list':
      sendJson(call.response, 200, metadataList(objects, metadata));
      return;
    default:
      sendJson(call.response, 200, objectList(kind, objects, metadata));
  }
}

/** Custom resources have no protobuf form. */
function protobufOf({mergeType}: Kind, {kinds}: Deps): ProtobufForm | undefined {
  return mergeType?.kind === 'ref' ? {definitions: kinds.definitions, name: mergeType.name} : undefined;
}

async function create({kind, path}: Target, call: Call, deps: Deps): Promise<void> {
  const raw = await readObject(call, protobufOf(kind, deps));
  const object = decodeFor({kind, path}, raw, call);
  const created = deps.store.create(kind.type, object, {dryRun: isDryRun(call.query.getAll('dryRun'))});
  sendObject({kind, status: 201}, created, {call, now: deps.clock.now()});
}

/** The object as sent, in the path's namespace; where it contradicts the path it is refused. */
function decodeFor({kind, path}: Target, raw: Json, call: Call): KubeObject {
  assertKind(kind, raw);
  const {object, unknown} = kind.decode(raw);
  judgeUnknown(kind, unknown, call);
  warn(call.response, warningsOf(object));
  const {namespace = path.namespace ?? ''} = object.metadata;
  if (namespace !== (path.namespace ?? '')) {
    throw new ApiError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
  }
  const {namespace: _namespace, ...metadata} = object.metadata;
  return {...object, metadata: {...metadata, ...(kind.type.namespaced ? {namespace} : {})}};
}

function assertKind({type}: Kind, {apiVersion, kind}: Json): void {
  const expected = type.group === '' ? type.version : `${type.group}/${type.version}`;
  if (apiVersion !== undefined && apiVersion !== expected) {
    const why = `the API version in the data (${showScalar(apiVersion)}) does not match the expected API version (${expected})`;
    throw new ApiError('BadRequest', why);
  }
  if (kind !== undefined && kind !== type.kind) {
    const why = `the kind in the data (${showScalar(kind)}) does not match the expected kind (${type.kind})`;
    throw new ApiError('BadRequest', `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${why}`);
  }
}

async function onObject(target: Target, call: Call, deps: Deps): Promise<void> {
  const {kind, path} = target;
  const now = deps.clock.now();
  switch (call.method) {
    case 'GET':
      if (isWatch(call)) await serveWatch({kind, namespace: path.namespace, name: path.name}, call, deps);
      else sendObject({kind}, existing(target, deps.store), {call, now});
      return;
    case 'PUT':
      await replace(target, call, deps);
      return;
    case 'PATCH':
      await patch(target, call, deps);
      return;
    case 'DELETE':
      await serveDelete(target, call, deps);
      return;
    default:
      throw methodNotAllowed();
  }
}

function existing({kind, path}: Target, store: MemoryStore): KubeObject {
  const found = store.get(kind.type, path.namespace, path.name ?? '');
  if (found === undefined) throw notFound(kind.type, path.name ?? '');
  return found;
}

async function replace(target: Target, call: Call, deps: Deps): Promise<void> {
  const {kind, path} = target;
  const raw = await readObject(call, protobufOf(kind, deps));
  const object = decodeFor(target, raw, call);
  const before = existing(target, deps.store);
  assertName(object, path);
  if (kind.requiresVersion && (object.metadata.resourceVersion ?? '') === '') {
    const {type} = kind;
    const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
    // This one names the resource, not the kind.
    throw invalid({...type, kind: type.plural}, before.metadata.name, [cause]);
  }
  write(target, {object, call}, deps);
}

function assertName({metadata}: KubeObject, {name = ''}: ResourcePath): void {
  if (metadata.name === name) return;
  const given =
    metadata.name === ''
      ? 'name must be provided'
      : `the name of the object (${metadata.name}) does not match the name on the URL (${name})`;
  throw new ApiError('BadRequest', given);
}

function write({kind, path}: Target, {object, call}: {object: KubeObject; call: Call}, deps: Deps): void {
  const subresource = path.subresource === 'status' ? ({subresource: 'status'} as const) : {};
  const dryRun = isDryRun(call.query.getAll('dryRun'));
  const written = deps.store.update(kind.type, object, {...subresource, dryRun});
  sendObject({kind}, written, {call, now: deps.clock.now()});
}

async function patch(target: Target, call: Call, deps: Deps): Promise<void> {
  const text = await readText(call);
  const {kind, path} = target;
  const original = existing(target, deps.store);
  const {definitions} = deps.kinds;
  const patched = applyPatch(text, call.headers['content-type'], {original, mergeType: kind.mergeType, definitions});
  const object = decodePatched(target, patched, call);
  assertName(object, path);
  const isVersioned = asObject(patched['metadata'])['resourceVersion'] !== original.metadata.resourceVersion;
  // A patch that does not name a version applies to whatever is there.
  write(target, {object: isVersioned ? object : withVersion(object, original), call}, deps);
}

const NO_KIND = {group: '', version: '', kind: '', plural: '', namespaced: false};

/** What a patch makes of an object is the patch's fault. */
function decodePatched(target: Target, patched: Json, call: Call): KubeObject {
  try {
    return decodeFor(target, patched, call);
  } catch (error) {
    if (!isApiError(error, 'BadRequest')) throw error;
    const why = error.message.replace(/^.* cannot be handled as an? \w+: /u, '');
    throw invalid(NO_KIND, '', [invalidValue('patch', JSON.stringify(patched), why)]);
  }
}

const withVersion = (object: KubeObject, {metadata: {resourceVersion = ''}}: KubeObject): KubeObject => ({
  ...object,
  metadata: {...object.metadata, resourceVersion},
});

async function onSubresource(target: Target, call: Call, deps: Deps): Promise<void> {
  const {kind, path} = target;
  if (path.subresource === 'scale' && kind.scale !== undefined) await onScale(target, call, deps);
  else if (path.subresource === 'status' && kind.hasStatus) {
    if (call.method === 'POST' || call.method === 'DELETE') throw methodNotAllowed();
    await onObject(target, call, deps);
  } else if (NEEDS_CONTAINERS.has(`${kind.type.plural}/${path.subresource ?? ''}`)) {
    existing(target, deps.store);
    throw new ApiError('MethodNotAllowed', 'pods of the sandbox run no containers: there are no logs, and nothing to attach to', {});
  } else throw noSuchResource();
}

const NEEDS_CONTAINERS = new Set(['log', 'exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers'].map((name) => `pods/${name}`));

async function onScale(target: Target, call: Call, deps: Deps): Promise<void> {
  const {kind, path} = target;
  const now = deps.clock.now();
  if (call.method === 'GET') {
    sendObject({kind: SCALE_KIND}, toScale(kind, existing(target, deps.store)), {call, now});
    return;
  }
  if (call.method !== 'PUT' && call.method !== 'PATCH') throw methodNotAllowed();
  const body = call.method === 'PUT' ? await readObject(call, protobufOf(SCALE_KIND, deps)) : await readText(call);
  const before = existing(target, deps.store);
  const patchable = {original: toScale(kind, before), mergeType: SCALE_KIND.mergeType, definitions: deps.kinds.definitions};
  const raw = typeof body === 'string' ? applyPatch(body, call.headers['content-type'], patchable) : body;
  const metadata = asObject(raw['metadata']);
  const isPatchOfCurrent = call.method === 'PATCH' && metadata['resourceVersion'] === before.metadata.resourceVersion;
  const wanted: KubeObject = {
    ...raw,
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      name: path.name ?? '',
      ...(path.namespace === undefined ? {} : {namespace: path.namespace}),
      ...(isPatchOfCurrent || typeof metadata['resourceVersion'] !== 'string' ? {} : {resourceVersion: metadata['resourceVersion']}),
      ...(typeof metadata['uid'] === 'string' ? {uid: metadata['uid']} : {}),
    },
  };
  const written = deps.store.update(kind.type, wanted, {subresource: 'scale', dryRun: isDryRun(call.query.getAll('dryRun'))});
  sendObject({kind: SCALE_KIND}, toScale(kind, written), {call, now});
}
