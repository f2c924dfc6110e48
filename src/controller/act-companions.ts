/** Writes and removes companions. What is refused, or undone by something else, is not asked again at once. */
import {LABELS, labelValue} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {isKubeError, isRetryable} from '../kube/errors.ts';
import {messageOf} from '../runtime/errors.ts';
import {refOf, type ActDeps} from './act-deps.ts';
import {companionDrift} from './companion.ts';
import type {Action, CompanionWrite, Live} from './model.ts';

/** Rejects when one cannot be written: no member is made without it. */
export async function actOnCompanions(rsg: Rsg, {write, remove}: Extract<Action, {do: 'companions'}>, deps: ActDeps): Promise<void> {
  for (const one of write) {
    try {
      await writeOne(rsg, one, deps);
    } catch (error) {
      if (isRetryable(error) || isKubeError(error, 'Aborted', 'Conflict')) throw error;
      const message = `${one.object.kind} ${one.object.metadata.name}: ${messageOf(error)}`;
      for (const key of [one.group, keyOf(one)]) deps.refusals.add(rsg.metadata.uid, key, {message, ofPods: false});
      throw error;
    }
  }
  for (const {type, object} of remove) {
    if (rsg.metadata.deletionTimestamp !== undefined && !(await isStillOwned(rsg, {type, object}, deps))) continue;
    await deps.client.delete(refOf(type, object), {uid: object.metadata.uid, propagation: 'Background', signal: deps.signal});
    deps.watches.remove(type, object);
  }
}

/** While the RSG is being deleted the cache may not know yet that the garbage collector has orphaned it. */
async function isStillOwned(rsg: Rsg, {type, object}: Live, {client, watches, signal}: ActDeps): Promise<boolean> {
  try {
    const live = await client.get(refOf(type, object), signal);
    watches.apply(type, live);
    return (live.metadata.ownerReferences ?? []).some(({uid}) => uid === rsg.metadata.uid);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    watches.remove(type, object);
    return false;
  }
}

const keyOf = ({object}: CompanionWrite): string => `${object.kind}/${object.metadata.name}`;

async function writeOne(rsg: Rsg, one: CompanionWrite, deps: ActDeps): Promise<void> {
  const {type, object, stored} = one;
  const answer = stored === undefined ? await create(rsg, one, deps) : await replace(one, stored, deps);
  if (answer === undefined) return;
  deps.watches.apply(type, answer);
  // Something changes it on its way in or right behind us: asking again and again would not make it stay.
  if (companionDrift(answer, object)) {
    deps.refusals.add(rsg.metadata.uid, keyOf(one), {message: 'it is changed by something else as soon as it is written', ofPods: false});
  }
}

async function create(rsg: Rsg, {type, object}: CompanionWrite, {client, signal}: ActDeps): Promise<KubeObject> {
  try {
    return await client.create(type, object, {signal});
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    const live = await client.get(refOf(type, object), signal);
    if (live.metadata.labels?.[LABELS.rsgUid] === labelValue(rsg.metadata.uid)) return live;
    throw new Error("it exists and is not this RSG's; rename it, or the companion's original", {cause: error});
  }
}

/** What others put on its metadata stays. A form that the stored one cannot be changed into (immutable data) is made anew. */
async function replace(
  {type, object}: CompanionWrite,
  stored: KubeObject,
  {client, watches, signal}: ActDeps,
): Promise<KubeObject | undefined> {
  const {labels, annotations} = stored.metadata;
  const metadata = {
    ...stored.metadata,
    labels: {...labels, ...object.metadata.labels},
    annotations: {...annotations, ...object.metadata.annotations},
  };
  try {
    return await client.replace(refOf(type, stored), {...object, metadata}, {signal});
  } catch (error) {
    if (!isKubeError(error, 'Invalid')) throw error;
    await client.delete(refOf(type, stored), {uid: stored.metadata.uid, propagation: 'Background', signal});
    watches.remove(type, stored);
    return undefined;
  }
}
