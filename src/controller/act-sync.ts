/** Compares clones with their wanted form, writes it, and finds out why it cannot be written. */
import {ANNOTATIONS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {isKubeError} from '../kube/errors.ts';
import {tryAll} from '../runtime/try-all.ts';
import {messageOf} from '../runtime/errors.ts';
import {refOf, type ActDeps} from './act-deps.ts';
import {differences} from './difference.ts';
import type {Action, CloneChange} from './model.ts';
import {CONTROLLER_REVISION} from './revisions.ts';

type SyncAction = Extract<Action, {do: 'check' | 'update' | 'remember' | 'forget'}>;

export async function actOnSync(rsg: Rsg, action: SyncAction, deps: ActDeps): Promise<void> {
  switch (action.do) {
    case 'check':
      await checkClones(rsg, action.clones, deps);
      return;
    case 'update':
      await updateClones(rsg, action.clones, deps);
      return;
    case 'remember':
      await rememberSource(action.revision, deps);
      return;
    case 'forget':
      await forgetSources(action.revisions, deps);
  }
}

/** By dry-run, so that defaults and webhooks have their say: what the API server would store is compared with what it has stored. */
async function checkClones(rsg: Rsg, changes: readonly CloneChange[], deps: ActDeps): Promise<void> {
  await tryAll(changes, (change) =>
    deps.oneOfFew(async () => {
      const {clone, wanted} = change;
      const answer = await attempt(rsg, change, deps, () =>
        deps.client.replace(refOf(clone.type, clone.object), wanted, {dryRun: true, priority: 'background', signal: deps.signal}),
      );
      if (answer === undefined) return;
      const fields = differences(comparable(clone.object), comparable(answer));
      deps.memory.learn(rsg.metadata.uid, uidOf(clone.object), {...triedOn(change), fields});
    }),
  );
}

async function updateClones(rsg: Rsg, changes: readonly CloneChange[], deps: ActDeps): Promise<void> {
  await tryAll(changes, async (change) => {
    const {clone, wanted, fields} = change;
    const answer = await attempt(rsg, change, deps, () =>
      deps.client.replace(refOf(clone.type, clone.object), wanted, {priority: 'background', signal: deps.signal}),
    );
    if (answer === undefined) return;
    deps.watches.apply(clone.type, answer);
    written(rsg, answer, deps);
    if (fields.length > 0) deps.memory.putBack(rsg.metadata.uid, uidOf(clone.object), fields);
  });
}

/** What was just stored is the wanted form, whatever webhooks made of it. */
export function written(rsg: Rsg, object: KubeObject, {memory}: Pick<ActDeps, 'memory'>): void {
  const {generation = 0, annotations = {}} = object.metadata;
  memory.learn(rsg.metadata.uid, uidOf(object), {generation, hash: annotations[ANNOTATIONS.sourceHash] ?? '', fields: []});
}

/** A source that went back to an earlier form has its revision already: it becomes the newest again, as a StatefulSet's does. */
async function rememberSource(revision: KubeObject, {client, watches, signal}: ActDeps): Promise<void> {
  try {
    watches.apply(CONTROLLER_REVISION, await client.create(CONTROLLER_REVISION, revision, {signal}));
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    const {revision: number} = revision;
    watches.apply(CONTROLLER_REVISION, await client.patch(refOf(CONTROLLER_REVISION, revision), {revision: number}, {signal}));
  }
}

async function forgetSources(revisions: readonly KubeObject[], {client, watches, signal}: ActDeps): Promise<void> {
  await tryAll(revisions, async (revision) => {
    await client.delete(refOf(CONTROLLER_REVISION, revision), {uid: revision.metadata.uid, propagation: 'Background', signal});
    watches.remove(CONTROLLER_REVISION, revision);
  });
}

/** The answer, or undefined when the wanted form is refused; then what can be done about it has been noted. */
async function attempt(rsg: Rsg, change: CloneChange, deps: ActDeps, send: () => Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!isKubeError(error, 'Invalid', 'Forbidden', 'Other')) throw error;
    const {clone} = change;
    const onlyInPlace = error.code === 'Invalid' && (await takenAsNew(change, deps));
    if (onlyInPlace) deps.memory.learn(rsg.metadata.uid, uidOf(clone.object), {...triedOn(change), fields: change.fields, immutable: true});
    else deps.memory.refuse(rsg.metadata.uid, uidOf(clone.object), {...triedOn(change), message: messageOf(error)});
    return undefined;
  }
}

/** Whether a new object may have this form, and only the old one cannot be changed into it: true for immutable fields of any kind. */
async function takenAsNew({clone, wanted}: CloneChange, {client, signal}: ActDeps): Promise<boolean> {
  const {apiVersion, kind, metadata, spec} = wanted;
  const {name, namespace = '', labels = {}, annotations = {}} = metadata;
  try {
    const fresh = {apiVersion, kind, metadata: {name: `${name}-x`, namespace, labels, annotations}, spec};
    await client.create(clone.type, fresh, {dryRun: true, priority: 'background', signal});
    return true;
  } catch (error) {
    if (isKubeError(error, 'Invalid', 'Forbidden', 'Other')) return false;
    throw error;
  }
}

const uidOf = ({metadata}: KubeObject): string => metadata.uid ?? '';

function triedOn({clone, wanted}: CloneChange): {generation: number; hash: string} {
  return {generation: clone.object.metadata.generation ?? 0, hash: wanted.metadata.annotations?.[ANNOTATIONS.sourceHash] ?? ''};
}

function comparable({metadata, spec}: KubeObject): object {
  const {labels = {}, annotations = {}, ownerReferences = []} = metadata;
  return {metadata: {labels, annotations, ownerReferences}, spec};
}
