/** The snapshot that the controller would decide on, gathered by its own code with one-off lists. */
import {RSG_TYPE} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {kindName} from '../api/workload-kind.ts';
import type {Snapshot} from '../controller/model.ts';
import {takeSnapshot} from '../controller/snapshot.ts';
import type {Rules} from '../controller/targets.ts';
import {createOneOffLists} from '../kube/one-off-lists.ts';
import {createStore} from '../kube/store.ts';
import type {Session} from './session.ts';

export interface LiveSnapshot {
  readonly snapshot: Snapshot;
  /** What the user may not read: the controller may, and then know more. */
  readonly refused: readonly string[];
}

export async function liveSnapshot(rsg: Rsg, session: Session, signal: AbortSignal): Promise<LiveSnapshot> {
  const {client, discovery} = session;
  const lists = createOneOffLists(client, signal);
  const rsgs = createStore();
  const namespaces = new Set([rsg.metadata.namespace, ...rsg.spec.group.targetResources.flatMap(({namespace}) => namespace ?? [])]);
  for (const namespace of namespaces) {
    for (const object of (await lists.need('', {type: RSG_TYPE, namespace})).list()) rsgs.apply(object);
  }
  const rules = await rulesFor(rsg, session);
  // What was refused to this controller lives in its memory, and in the conditions that `why` explains.
  const refusals = {of: () => new Map<string, never>()};
  const memory = {findings: () => new Map<string, never>(), contests: () => new Map<string, never>()};
  const snapshot = await takeSnapshot(rsg, {
    ...{client, watches: lists, discovery, rules, rsgs, refusals, memory},
    inFlight: undefined,
    readingIntervalMs: 0,
  });
  return {snapshot, refused: [...lists.refused]};
}

const USUAL = ['Deployment.apps', 'StatefulSet.apps', 'LeaderWorkerSet.leaderworkerset.x-k8s.io'];

/** The controller's flags are not to be seen from here, but what it has bound it may bind, and what is declared is allowed. */
async function rulesFor(rsg: Rsg, {discovery}: Session): Promise<Rules> {
  const {targetResources} = rsg.spec.group;
  const found = await Promise.all(targetResources.map(({version, kind}) => discovery.resolve(version, kind)));
  const types = found.filter((type) => type !== undefined);
  const declaredKinds = types.flatMap(({workload}) => workload ?? []);
  const bound = rsg.status.conditions?.some(({type, status}) => type === 'TargetsBound' && status === 'True') === true;
  if (!bound) return {targetKinds: USUAL, crossNamespaces: [], declaredKinds};
  const crossNamespaces = targetResources.flatMap(({namespace}) => namespace ?? []);
  return {targetKinds: [...USUAL, ...types.map(kindName)], crossNamespaces, declaredKinds};
}
