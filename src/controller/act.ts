/** Performs actions in their order. Every answer goes into the stores, so that the next decision knows what this one did. */
import {ANNOTATIONS, FINALIZER, LABELS, RSG_TYPE} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {Rsg, RsgStatus} from '../api/schema.ts';
import type {WriteOptions} from '../kube/client.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Store} from '../kube/store.ts';
import {refOf, type ActDeps} from './act-deps.ts';
import {actOnCompanions} from './act-companions.ts';
import {park, restore} from './act-parking.ts';
import {actOnSync} from './act-sync.ts';
import {createGroups} from './create.ts';
import type {Action, Clone, Live} from './model.ts';
import {removalsText} from './removal-marks.ts';
import {POD} from '../kube/watches.ts';
import {createLimit} from '../runtime/limit.ts';
import {tryAll} from '../runtime/try-all.ts';

export function actDeps(base: Omit<ActDeps, 'remove'>): ActDeps {
  return {...base, remove: (live) => removeForeground(live, base)};
}

/** Of many groups: more would wait for each other until their time is over. */
const DELETES_AT_ONCE = 64;

/**
 * Rejects with the first failure; what was done before it stays done. A conflict means that the stores are behind. Deletions of several
 * groups are done at once, where the first of them is; so are labels of pods.
 */
export async function act(rsg: Rsg, actions: readonly Action[], deps: ActDeps): Promise<void> {
  const labels = actions.filter((action) => action.do === 'labelPod');
  const deletes = actions.filter((action) => action.do === 'delete');
  for (const action of actions) {
    if (action.do === 'labelPod') {
      if (action === labels[0]) await labelPods(labels, deps);
    } else if (action.do === 'delete') {
      if (action === deletes[0]) await deleteGroups(rsg, deletes, deps);
    } else await actOne(rsg, action, deps);
  }
}

type Of<K extends Action['do']> = Extract<Action, {do: K}>;

/** Successors first: what adds is done before what only takes away. */
async function labelPods(labels: readonly Of<'labelPod'>[], deps: ActDeps): Promise<void> {
  const adds = labels.filter((one) => Object.values(one.labels).some((value) => value !== null));
  await Promise.all(adds.map((one) => labelPod(one, deps)));
  await Promise.all(labels.filter((one) => !adds.includes(one)).map((one) => labelPod(one, deps)));
}

async function deleteGroups(rsg: Rsg, deletes: readonly Of<'delete'>[], deps: ActDeps): Promise<void> {
  const oneOfMany = createLimit(DELETES_AT_ONCE);
  for (const {group, refused} of deletes) {
    if (refused !== undefined) deps.refusals.add(rsg.metadata.uid, group, {message: refused, ofPods: true});
  }
  await tryAll(
    deletes.flatMap(({clones}) => clones),
    (clone) => oneOfMany(() => removeClone(rsg, clone, deps)),
  );
}

async function actOne(rsg: Rsg, action: Exclude<Action, Of<'labelPod' | 'delete'>>, deps: ActDeps): Promise<void> {
  switch (action.do) {
    case 'finalizer':
      await changeFinalizer(rsg, action.present, deps);
      return;
    case 'mark':
      await patchRsg(rsg, {annotations: {[ANNOTATIONS.removing]: removalsText(action.removing)}}, deps);
      return;
    case 'reserve':
      await writeStatus(rsg, action.status, deps);
      return;
    case 'claim':
      await patchOriginal(action.on, {labels: {[LABELS.claimedBy]: rsg.metadata.uid}}, deps);
      return;
    case 'release':
      await patchOriginal(action.on, {labels: {[LABELS.claimedBy]: null}}, deps);
      return;
    case 'park':
      await park(action, deps);
      return;
    case 'restore':
      await restore(action, deps);
      return;
    case 'create':
      await createGroups(rsg, action.groups, deps);
      return;
    case 'replace':
      await Promise.all(action.clones.map((clone) => removeClone(rsg, clone, deps)));
      return;
    case 'disown':
      await Promise.all(action.clones.map((clone) => patchOriginal(clone, {annotations: DISOWNED}, deps)));
      return;
    case 'companions':
      await actOnCompanions(rsg, action, deps);
      return;
    default:
      await actOnSync(rsg, action, deps);
  }
}

const DISOWNED = {[ANNOTATIONS.source]: null, [ANNOTATIONS.sourceHash]: null, [ANNOTATIONS.copied]: null, [ANNOTATIONS.groupCreated]: null};

/** As it is stored by now; undefined when it has gone, also when another one has its name. */
export function storedOf({metadata}: Rsg, rsgs: Pick<Store, 'get'>): KubeObject | undefined {
  const stored = rsgs.get(metadata.namespace, metadata.name);
  return stored?.metadata.uid === metadata.uid ? stored : undefined;
}

export async function writeStatus(
  rsg: Rsg,
  status: RsgStatus,
  {client, rsgs, signal}: Pick<ActDeps, 'client' | 'rsgs' | 'signal'>,
): Promise<void> {
  const stored = storedOf(rsg, rsgs);
  if (stored === undefined) return;
  const options: WriteOptions = {subresource: 'status', signal};
  rsgs.apply(await client.replace(refOf(RSG_TYPE, stored), {...stored, status}, options));
}

/** Taking off the last finalizer of a deleted object removes it, before its watch says so. */
async function changeFinalizer(rsg: Rsg, present: boolean, deps: ActDeps): Promise<void> {
  const others = (rsg.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
  try {
    await patchRsg(rsg, {finalizers: present ? [...others, FINALIZER] : others}, deps);
  } catch (error) {
    if (present || !isKubeError(error, 'NotFound')) throw error;
  }
  const stored = storedOf(rsg, deps.rsgs);
  if (!present && others.length === 0 && stored !== undefined) deps.rsgs.remove(stored);
}

async function patchRsg(rsg: Rsg, metadata: object, {client, rsgs, signal}: ActDeps): Promise<void> {
  const {namespace, name, resourceVersion} = rsg.metadata;
  const patch = {metadata: {...metadata, resourceVersion}};
  rsgs.apply(await client.patch({type: RSG_TYPE, namespace, name}, patch, {signal}));
}

type Strings = Readonly<Record<string, string | null>>;

async function patchOriginal(
  {type, object}: Live,
  change: {labels?: Strings; annotations?: Strings},
  {client, watches, signal}: ActDeps,
): Promise<void> {
  const patch = {metadata: {resourceVersion: object.metadata.resourceVersion, ...change}};
  watches.apply(type, await client.patch(refOf(type, object), patch, {signal}));
}

/** The uid in the patch makes it fail for a pod that replaced this one under the same name. */
async function labelPod({pod, labels}: Of<'labelPod'>, {client, watches, signal}: ActDeps): Promise<void> {
  try {
    watches.apply(POD, await client.patch(refOf(POD, pod), {metadata: {uid: pod.metadata.uid, labels}}, {signal}));
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Conflict')) throw error;
  }
}

/** While the RSG is being deleted the cache may not know yet that the garbage collector has orphaned a clone. */
async function removeClone(rsg: Rsg, clone: Clone, deps: ActDeps): Promise<void> {
  const {object, type} = clone;
  const sameNamespace = object.metadata.namespace === rsg.metadata.namespace;
  if (rsg.metadata.deletionTimestamp !== undefined && sameNamespace) {
    const live = await deps.client.get(refOf(type, object), deps.signal).catch(goneAsUndefined);
    if (live !== undefined) {
      deps.watches.apply(type, live);
      if (!(live.metadata.ownerReferences ?? []).some((owner) => owner.uid === rsg.metadata.uid)) return;
    }
  }
  await deps.remove(clone);
}

async function removeForeground({type, object}: Live, {client, watches, signal}: Omit<ActDeps, 'remove'>): Promise<void> {
  try {
    const left = await client.delete(refOf(type, object), {uid: object.metadata.uid, propagation: 'Foreground', signal});
    if (left === undefined) watches.remove(type, object);
    else watches.apply(type, left);
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) throw error;
    // Another object has the name by now: this one is gone.
    const other = await client.get(refOf(type, object), signal).catch(goneAsUndefined);
    if (other?.metadata.uid !== object.metadata.uid) watches.remove(type, object);
    if (other !== undefined) watches.apply(type, other);
  }
}

function goneAsUndefined(error: unknown): undefined {
  if (isKubeError(error, 'NotFound')) return undefined;
  throw error;
}
