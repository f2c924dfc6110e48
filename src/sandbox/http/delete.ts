/** DELETE of one object or of all that match. */
import {z} from 'zod';
import type {Clock} from '../../runtime/clock.ts';
import {ApiError, isApiError} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';
import type {DeleteOptions} from '../object-store.ts';
import type {KindRegistry} from '../kinds/registry.ts';
import type {Definitions} from '../schema/definitions.ts';
import type {MemoryStore} from '../storage/memory-store.ts';
import {readObject, sendJson, type Call} from './call.ts';
import {isDryRun} from './field-validation.ts';
import {filterOf, integerOf} from './list.ts';
import {objectList} from './render.ts';
import type {ResourcePath} from './resource-path.ts';
import {sendObject} from './send-object.ts';

const optionsSchema = z.looseObject({
  gracePeriodSeconds: z.int().nullish(),
  propagationPolicy: z.string().nullish(),
  orphanDependents: z.boolean().nullish(),
  preconditions: z.looseObject({uid: z.string().nullish(), resourceVersion: z.string().nullish()}).nullish(),
  dryRun: z.array(z.string()).nullish(),
});

interface Target {
  readonly kind: Kind;
  readonly path: ResourcePath;
}

interface Deps {
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly kinds: KindRegistry;
}

async function readOptions(call: Call, definitions: Definitions): Promise<DeleteOptions> {
  const {headers} = call.request;
  const isEmpty = (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined;
  const raw = isEmpty ? {} : await readObject(call, {definitions, name: 'apimachinery.pkg.apis.meta.v1.DeleteOptions'});
  const parsed = optionsSchema.safeParse(raw);
  if (!parsed.success) throw new ApiError('BadRequest', `DeleteOptions: ${parsed.error.issues.map(({message}) => message).join(', ')}`);
  const {gracePeriodSeconds, preconditions, orphanDependents} = parsed.data;
  const policy = parsed.data.propagationPolicy ?? call.query.get('propagationPolicy') ?? (orphanDependents === true ? 'Orphan' : undefined);
  const grace = gracePeriodSeconds ?? integerOf(call.query, 'gracePeriodSeconds');
  return {
    ...(preconditions?.uid == null ? {} : {uid: preconditions.uid}),
    ...(preconditions?.resourceVersion == null ? {} : {resourceVersion: preconditions.resourceVersion}),
    ...(policy === undefined ? {} : {propagation: propagationOf(policy)}),
    ...(grace === undefined ? {} : {gracePeriodSeconds: orOne(grace)}),
    dryRun: isDryRun([...(parsed.data.dryRun ?? []), ...call.query.getAll('dryRun')]),
  };
}

/** What is below 0 counts as 1. */
const orOne = (grace: number): number => (grace < 0 ? 1 : grace);

function propagationOf(policy: string): 'Foreground' | 'Background' | 'Orphan' {
  if (policy === 'Foreground' || policy === 'Background' || policy === 'Orphan') return policy;
  const supported = '"Background", "Foreground", "Orphan"';
  throw new ApiError(
    'Invalid',
    `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "${policy}": supported values: ${supported}`,
  );
}

/** Kinds whose DELETE answers with what was deleted; the others answer with a Status when nothing is left. */
const ANSWERED_WITH_OBJECT = new Set(['Pod', 'Service', 'PersistentVolumeClaim', 'ServiceAccount']);

export async function serveDelete({kind, path}: Target, call: Call, {store, clock, kinds}: Deps): Promise<void> {
  const options = await readOptions(call, kinds.definitions);
  const name = path.name ?? '';
  const object = store.delete(kind.type, {namespace: path.namespace, name}, options);
  const isLeft = store.get(kind.type, path.namespace, name)?.metadata.uid === object.metadata.uid && options.dryRun !== true;
  if (isLeft || (ANSWERED_WITH_OBJECT.has(kind.type.kind) && kind.type.group === '')) {
    sendObject({kind}, object, {call, now: clock.now()});
    return;
  }
  const group = kind.type.group === '' ? {} : {group: kind.type.group};
  const details = {name, ...group, kind: kind.type.plural, uid: object.metadata.uid};
  sendJson(call.response, 200, {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details});
}

export async function serveDeleteCollection({kind, path}: Target, call: Call, {store, kinds}: Deps): Promise<void> {
  const options = await readOptions(call, kinds.definitions);
  const filter = filterOf({kind, namespace: path.namespace}, call.query);
  const matching = store.list(kind.type, path.namespace).filter(filter);
  for (const {metadata} of matching) {
    try {
      store.delete(kind.type, {namespace: metadata.namespace, name: metadata.name}, options);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
  sendJson(call.response, 200, objectList(kind, matching, {resourceVersion: store.resourceVersion()}));
}
