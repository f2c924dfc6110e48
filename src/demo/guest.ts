/**
 * The demo as a guest in a cluster that lives on: it comes only where nothing of its kind is yet, into a namespace of its own, and takes
 * everything away again, however it ends. What it makes outside the namespace (the kind, and the APIService of its metrics) has a label.
 */
import {asObject, asObjects} from '../api/json.ts';
import {GROUP, RSG_TYPE} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {KubeClient, Ref} from '../kube/client.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import {EXTERNAL_METRICS, isOwn, type Place} from './manifests.ts';
import {missingRights} from './rights.ts';
import {API_SERVICE, CRD, NAMESPACE} from './types.ts';

export const CRD_NAME = `resourcescalinggroups.${GROUP}`;
const PATIENCE_MS = 90_000;

export interface GuestDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** Why the demo does not run in this cluster, and what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Throws `Refused` where the demo would meet something that is not its own, or could not do its work. What an earlier demo has left is removed. */
export async function enter({namespace}: Pick<Place, 'namespace'>, deps: GuestDeps): Promise<void> {
  const missing = await missingRights(namespace, deps);
  if (missing.length > 0) {
    throw new Refused(['the user of this kubeconfig lacks rights that the demo needs:', ...missing].join('\n  '));
  }
  const space = await find({type: NAMESPACE, name: namespace}, deps);
  if (space !== undefined && !isOwn(space)) {
    throw new Refused(`the namespace ${namespace} is there already, and the demo needs one of its own: give another with --namespace`);
  }
  const kind = await find({type: CRD, name: CRD_NAME}, deps);
  if (kind !== undefined && !isOwn(kind)) {
    const why = 'a controller of this cluster would act on the groups of the demo as well';
    throw new Refused(`ResourceScalingGroups are installed in this cluster already, and ${why}: give the kubeconfig of another one`);
  }
  const left = await leave({namespace}, deps);
  if (left.length > 0) throw new Refused(['what an earlier demo has left cannot be removed:', ...left].join('\n  '));
}

/** Whether another adapter serves External metrics to the HPAs of this cluster. */
export async function othersServeMetrics(deps: GuestDeps): Promise<boolean> {
  const found = await find({type: API_SERVICE, name: EXTERNAL_METRICS}, deps);
  return found !== undefined && !isOwn(found);
}

/** Removes all that the demo has made; its controller must not run any more. Answers what is left, each with the command that removes it. */
export async function leave({namespace}: Pick<Place, 'namespace'>, deps: GuestDeps): Promise<readonly string[]> {
  const left: string[] = [];
  const step = async (command: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      left.push(`${command}   # ${messageOf(error)}`);
    }
  };
  // First, since the deletion of a namespace asks every API that is registered.
  await step(`kubectl delete apiservice ${EXTERNAL_METRICS}`, () => removeOwn({type: API_SERVICE, name: EXTERNAL_METRICS}, deps));
  await step(`kubectl delete rsg --all -n ${namespace}`, () => releaseGroups(namespace, deps));
  await step(`kubectl delete namespace ${namespace}`, () => removeOwn({type: NAMESPACE, name: namespace}, deps));
  await step(`kubectl delete crd ${CRD_NAME}`, () => removeKind(deps));
  return left;
}

async function find(ref: Ref, {client}: GuestDeps): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref);
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The controller that would let go of them has ended: everything that it looked after is deleted with the namespace. */
async function releaseGroups(namespace: string, deps: GuestDeps): Promise<void> {
  for (const {metadata} of await groups(deps, namespace)) {
    const ref = {type: RSG_TYPE, namespace, name: metadata.name};
    await deps.client.patch(ref, {metadata: {finalizers: null}});
    await deps.client.delete(ref, {propagation: 'Background'});
  }
}

/** Empty where the kind is not there. */
async function groups({client}: GuestDeps, namespace?: string): Promise<readonly KubeObject[]> {
  try {
    return (await client.list({type: RSG_TYPE, namespace})).items;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}

async function removeKind(deps: GuestDeps): Promise<void> {
  const others = await groups(deps);
  if (others.length > 0) throw new Error('others have made ResourceScalingGroups meanwhile, which would be deleted with it');
  await removeOwn({type: CRD, name: CRD_NAME}, deps);
}

/** Resolves once it is gone. Throws when that takes too long. */
async function removeOwn(ref: Ref, deps: GuestDeps): Promise<void> {
  const {client, clock} = deps;
  const found = await find(ref, deps);
  if (found === undefined || !isOwn(found)) return;
  await client.delete(ref, {propagation: 'Background', uid: found.metadata.uid});
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    const left = await find(ref, deps);
    if (left === undefined) return;
    if (clock.now() > until) throw new Error([`it is still there after ${String(PATIENCE_MS / 1000)} s`, ...obstacles(left)].join(': '));
    await clock.sleep(250, new AbortController().signal);
  }
}

/** What a namespace says of why it does not go: most often an API of the cluster that does not answer. */
function obstacles(object: KubeObject): string[] {
  const failed = asObjects(asObject(object['status'])['conditions']).filter(
    ({type, status}) => String(type).startsWith('NamespaceDeletion') && status === 'True',
  );
  return failed.map(({message}) => String(message));
}
