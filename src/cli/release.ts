/**
 * `release`: lets RSGs stand without a controller, for the time after an uninstall. Parked originals get their replicas back, then the
 * finalizer goes, so that neither an RSG nor its namespace waits for a controller that is not there. Groups stay as they are, and a controller
 * that comes back takes up where the last one stopped.
 */
import {FINALIZER, LABELS, RSG_TYPE} from '../api/labels.ts';
import type {ResourceType} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {declarationOf, type Workload} from '../api/workload.ts';
import {restore} from '../controller/act-parking.ts';
import {parkedReplicasOf} from '../controller/parking.ts';
import {isKubeError} from '../kube/errors.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Arguments} from './arguments.ts';
import {CliError, EXIT, UsageError, type ExitCode} from './exit.ts';
import type {Io} from './io.ts';
import {readRsg, readRsgs, type Session} from './session.ts';

const DEPLOYMENT: ResourceType = {group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true};
const STOP_MS = 60_000;
const LOOK_MS = 500;
const CONFLICTS = 5;

export async function release(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const [name] = args.positionals;
  const everywhere = args.on('all-namespaces');
  if ([name !== undefined, args.on('all'), everywhere].filter(Boolean).length !== 1)
    throw new UsageError(['give exactly one of NAME, --all and --all-namespaces']);
  const controller = args.value('stop-controller');
  if (controller !== undefined) await stop(controller, session, io);
  const tell = (problem: string): unknown => io.stderr.write(`${problem}\n`);
  const rsgs =
    name === undefined ? await readRsgs(session.client, everywhere ? undefined : session.namespace, tell) : [await readRsg(session, name)];
  let failed = false;
  for (const rsg of rsgs) {
    const label = `${rsg.metadata.namespace}/${rsg.metadata.name}`;
    try {
      io.stdout.write(`${label}: ${await releaseOne(rsg, session, io.signal)}\n`);
    } catch (error) {
      io.signal.throwIfAborted();
      failed = true;
      // The others are no less in need of it.
      tell(`${label}: not released: ${messageOf(error)}`);
    }
  }
  return failed ? EXIT.failed : EXIT.ok;
}

/** What was done, for people. The finalizer goes last: with it a parked original is still somebody's to bring back. */
async function releaseOne(rsg: Rsg, session: Session, signal: AbortSignal): Promise<string> {
  const restored = await restoreOriginals(rsg, session, signal);
  await takeFinalizer(rsg, session);
  if (restored.length === 0) return 'released';
  return `released; ${restored.join(', ')} ${restored.length === 1 ? 'has its' : 'have their'} replicas back`;
}

/** Scales the controller to 0 and waits until its pods are gone: while it runs it would undo every step. */
async function stop(text: string, {client}: Session, io: Io): Promise<void> {
  const [namespace, name, ...more] = text.split('/');
  if (namespace === undefined || name === undefined || more.length > 0)
    throw new UsageError([`--stop-controller ${text}: must be NAMESPACE/NAME`]);
  const ref = {type: DEPLOYMENT, namespace, name};
  try {
    await client.patch(ref, {spec: {replicas: 0}}, {subresource: 'scale'});
    const until = io.clock.now() + STOP_MS;
    for (;;) {
      const {status} = await client.get(ref, io.signal);
      if (!hasPods(status)) return;
      if (io.clock.now() > until) throw new CliError(`the controller ${text} does not stop`);
      await io.clock.sleep(LOOK_MS, io.signal);
      io.signal.throwIfAborted();
    }
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}

function hasPods(status: unknown): boolean {
  return typeof status === 'object' && status !== null && 'replicas' in status && status.replicas !== 0;
}

/** Names of what was parked. */
async function restoreOriginals(rsg: Rsg, {client, discovery}: Session, signal: AbortSignal): Promise<string[]> {
  const restored: string[] = [];
  for (const target of rsg.spec.group.targetResources) {
    const type = await discovery.resolve(target.version, target.kind);
    // What the controller cannot read it has not parked.
    if (type === undefined || declarationOf(type) === undefined) continue;
    const ref = {type, namespace: target.namespace ?? rsg.metadata.namespace, name: target.name};
    const wasParked = await again(async () => {
      const object = await client.get(ref, signal).catch(notOurs);
      const replicas = object === undefined ? undefined : parkedBy(rsg, {type, object});
      if (object === undefined || replicas === undefined) return false;
      await restore({do: 'restore', on: {type, object}, replicas}, {client, watches: {apply: () => undefined}, signal});
      return true;
    });
    if (wasParked) restored.push(`${type.kind}/${target.name}`);
  }
  return restored;
}

/** Its own controller writes an object's status at any time, so that what was read may be stale. */
async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = CONFLICTS; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isKubeError(error, 'Conflict')) throw error;
    }
  }
}

function parkedBy({metadata}: Rsg, workload: Workload): number | undefined {
  return workload.object.metadata.labels?.[LABELS.claimedBy] === metadata.uid ? parkedReplicasOf(workload) : undefined;
}

async function takeFinalizer({metadata}: Rsg, {client}: Session): Promise<void> {
  const {namespace, name, finalizers = []} = metadata;
  if (!finalizers.includes(FINALIZER)) return;
  // Without the resourceVersion a status written meanwhile would make it fail; nobody else writes finalizers here.
  const patch = {metadata: {finalizers: finalizers.filter((one) => one !== FINALIZER)}};
  await client.patch({type: RSG_TYPE, namespace, name}, patch).catch(goneAsUndefined);
}

/** A kind or namespace that is not the controller's to read is none in which it has parked anything: an RSG may name what it is not allowed. */
function notOurs(error: unknown): undefined {
  if (isKubeError(error, 'NotFound', 'Forbidden')) return undefined;
  throw error;
}

function goneAsUndefined(error: unknown): undefined {
  if (isKubeError(error, 'NotFound')) return undefined;
  throw error;
}
