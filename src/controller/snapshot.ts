/** Gathers, from the stores, all that one decision needs. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {ANNOTATIONS, LABELS, labelValue} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import type {KubeClient} from '../kube/client.ts';
import type {Discovery} from '../kube/discovery.ts';
import {EVENT} from '../kube/events.ts';
import {storesBetween} from '../kube/ownership.ts';
import type {Store} from '../kube/store.ts';
import {companionsOf} from './companion-snapshot.ts';
import {indexOf} from './group-id.ts';
import type {InFlight} from './in-flight.ts';
import type {MetricsHealths} from './metrics-health.ts';
import type {Autoscaler, Clone, FailedCreate, Live, Refusal, ServiceSelector, Snapshot} from './model.ts';
import {CONTROLLER_REVISION} from './revisions.ts';
import type {SyncMemory} from './sync-memory.ts';
import {resolveTargets, type Place} from './resolve.ts';
import type {Rules} from './targets.ts';
import {isClaimedBy} from './view.ts';
import {BY_CLAIM, BY_RSG, BY_SOURCE_OF, HPA, POD, REPLICA_SET, SERVICE, type Lookup} from '../kube/watches.ts';
import {asObject, strings} from '../api/json.ts';
import {identityLabels, selectorOf} from '../api/workload.ts';
import {podsOf} from './group-pods.ts';

export interface SnapshotDeps {
  readonly client: KubeClient;
  readonly watches: Lookup;
  readonly discovery: Discovery;
  readonly rules: Rules;
  readonly rsgs: Store;
  readonly refusals: {of(rsgUid: string): ReadonlyMap<string, Refusal>};
  readonly memory: Pick<SyncMemory, 'findings' | 'contests'>;
  /** Undefined where no engine can be asked. */
  readonly inFlight: Pick<InFlight, 'of'> | undefined;
  readonly readingIntervalMs: number;
  readonly metricsHealths?: Pick<MetricsHealths, 'of'> | undefined;
}

/** Throws while a store it needs has not been filled. */
export async function takeSnapshot(rsg: Rsg, deps: SnapshotDeps): Promise<Snapshot> {
  const key = `${rsg.metadata.namespace}/${rsg.metadata.name}`;
  const revisions = await revisionsOf(rsg, key, deps);
  const {targets, places} = await resolveTargets(rsg, {key, revisions}, deps);
  const namespaces = [...new Set([rsg.metadata.namespace, ...places.map((place) => place.namespace)])];
  const claimed = places.flatMap(({type, store}) => store.by(BY_CLAIM, rsg.metadata.uid).map((object): Live => ({type, object})));
  const clones = places.flatMap(({type, store}) =>
    store.by(BY_RSG, labelValue(rsg.metadata.uid)).flatMap((object) => cloneOf(rsg, {type, object}) ?? []),
  );
  const around = await Promise.all(namespaces.map((namespace) => surroundings({key, namespace, places}, deps)));
  const originals = targets.flatMap(({role, type, object}) =>
    type !== undefined && object !== undefined && isClaimedBy(rsg, object) ? [{group: rsg.spec.group.groupID, role, type, object}] : [],
  );
  const failedCreates = await failedCreatesOf(rsg, key, clones, deps);
  const companions = await companionsOf(rsg, key, deps.watches);
  deps.watches.settle(key);
  return {
    rsg,
    targets,
    claimed,
    clones,
    pods: [...originals, ...clones].flatMap((member) => podsOf(member, around)),
    autoscalers: around.flatMap(({autoscalers}) => autoscalers).map((one) => withSelector(one, places)),
    services: around.flatMap(({services}) => services),
    companions,
    foreign: foreignNames(places, clones),
    refusals: deps.refusals.of(rsg.metadata.uid),
    failedCreates,
    findings: deps.memory.findings(rsg.metadata.uid),
    contests: deps.memory.contests(rsg.metadata.uid),
    revisions,
    ...(deps.inFlight === undefined ? {} : {readings: deps.inFlight.of(rsg.metadata.uid)}),
    readingIntervalMs: deps.readingIntervalMs,
    ...metricsHealthOf(rsg, deps),
    highestVolumeIndex: rsg.status.nextGroupIndex === undefined ? await highestVolumeIndex(rsg, namespaces, deps.client) : 0,
  };
}

const PVC: ResourceType = {group: '', version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', namespaced: true};

/** A restored backup has no status, but its volumes still carry the IDs that must not be used again. */
async function highestVolumeIndex(rsg: Rsg, namespaces: readonly string[], client: KubeClient): Promise<number> {
  const labelSelector = `${LABELS.name}=${labelValue(rsg.metadata.name)},${LABELS.group}`;
  const lists = await Promise.all(namespaces.map((namespace) => client.list({type: PVC, namespace, labelSelector, metadataOnly: true})));
  const groups = lists.flatMap(({items}) => items.map((item) => item.metadata.labels?.[LABELS.group] ?? ''));
  return Math.max(0, ...groups.map((group) => indexOf(rsg.spec.group.groupID, group) ?? 0));
}

function metricsHealthOf(rsg: Rsg, {metricsHealths}: SnapshotDeps): Pick<Snapshot, 'metricsHealth'> {
  const metricsHealth = metricsHealths?.of(rsg);
  return metricsHealth === undefined ? {} : {metricsHealth};
}

async function revisionsOf(rsg: Rsg, key: string, {watches}: SnapshotDeps): Promise<readonly KubeObject[]> {
  const query = {type: CONTROLLER_REVISION, namespace: rsg.metadata.namespace, labelSelector: LABELS.sourceOf};
  return (await watches.need(key, query)).by(BY_SOURCE_OF, labelValue(rsg.metadata.uid));
}

/** An object with our label counts while it says where it comes from or is owned by the RSG: a disowned clone does neither. */
function cloneOf(rsg: Rsg, {type, object}: Live): Clone | undefined {
  const {annotations = {}, ownerReferences = []} = object.metadata;
  const source = annotations[ANNOTATIONS.source];
  const labels = identityLabels(object);
  const group = labels[LABELS.group];
  if (group === undefined) return undefined;
  if (source === undefined && !ownerReferences.some((owner) => owner.uid === rsg.metadata.uid)) return undefined;
  return {type, object, group, role: labels[LABELS.role] ?? '', source: source ?? ''};
}

interface Surroundings {
  readonly pods: Store;
  readonly replicaSets: Store;
  readonly between: readonly Store[];
  readonly services: readonly ServiceSelector[];
  readonly autoscalers: readonly Autoscaler[];
}

async function surroundings(
  query: {readonly key: string; readonly namespace: string; readonly places: readonly Place[]},
  {watches, discovery}: SnapshotDeps,
): Promise<Surroundings> {
  const {key, namespace, places} = query;
  const types = places.filter((place) => place.namespace === namespace).map(({type}) => type);
  const scaledObject = await discovery.resolve('keda.sh/v1alpha1', 'ScaledObject');
  const [between, pods, replicaSets, services, hpas, scaledObjects] = await Promise.all([
    storesBetween({key, namespace, types}, {watches, discovery}),
    watches.need(key, {type: POD, namespace}),
    watches.need(key, {type: REPLICA_SET, namespace, metadataOnly: true}),
    watches.need(key, {type: SERVICE, namespace}),
    watches.need(key, {type: HPA, namespace}),
    scaledObject === undefined ? undefined : watches.need(key, {type: scaledObject, namespace}),
  ]);
  const selectors = services.list().map((service) => ({namespace, selector: strings(asObject(service['spec'])['selector'])}));
  const autoscalers = [...hpas.list(), ...(scaledObjects?.list() ?? [])].flatMap((object): Autoscaler[] => {
    const target = strings(asObject(object['spec'])['scaleTargetRef']);
    if (target['name'] === undefined) return [];
    // A ScaledObject's target is a Deployment unless it says otherwise.
    return [
      {kind: object.kind, namespace, name: object.metadata.name, targetKind: target['kind'] ?? 'Deployment', targetName: target['name']},
    ];
  });
  return {pods, replicaSets, between, services: selectors.filter(({selector}) => Object.keys(selector).length > 0), autoscalers};
}

function withSelector(autoscaler: Autoscaler, places: readonly Place[]): Autoscaler {
  const place = places.find(({type, namespace}) => type.kind === autoscaler.targetKind && namespace === autoscaler.namespace);
  const target = place?.store.get(autoscaler.namespace, autoscaler.targetName);
  const selector = place === undefined || target === undefined ? undefined : selectorOf({type: place.type, object: target});
  return selector === undefined ? autoscaler : {...autoscaler, selector};
}

/** Looked up name by name: a namespace may hold thousands of workloads. */
function foreignNames(places: readonly Place[], clones: readonly Clone[]): Snapshot['foreign'] {
  const ours = new Set(clones.map(({object}) => object.metadata.uid));
  return {
    has: (source) => {
      const [kind, namespace, name = ''] = source.split('/');
      return places.some((place) => {
        if (place.type.kind !== kind || place.namespace !== namespace) return false;
        const found = place.store.get(namespace, name);
        return found !== undefined && !ours.has(found.metadata.uid);
      });
    },
  };
}

/** Watched only while a StatefulSet is being made: only its events tell that its pods are refused. */
async function failedCreatesOf(
  rsg: Rsg,
  key: string,
  clones: readonly Clone[],
  {watches}: SnapshotDeps,
): Promise<Snapshot['failedCreates']> {
  const creating = new Set([
    ...(rsg.status.pendingGroups ?? []),
    ...(rsg.status.groups ?? []).filter(({phase}) => phase === 'Creating').map(({id}) => id),
  ]);
  const sets = clones.filter(({group, object}) => object.kind === 'StatefulSet' && creating.has(group));
  const found = new Map<string, FailedCreate>();
  for (const namespace of new Set(sets.map(({object}) => object.metadata.namespace ?? ''))) {
    const fieldSelector = 'reason=FailedCreate,involvedObject.kind=StatefulSet';
    const events = await watches.need(key, {type: EVENT, namespace, fieldSelector});
    for (const event of events.list()) {
      const uid = strings(event['involvedObject'])['uid'];
      const {firstTimestamp, lastTimestamp, message} = strings(event);
      const set = sets.find(({object}) => object.metadata.uid === uid);
      if (uid === undefined || set === undefined || firstTimestamp === undefined || lastTimestamp === undefined) continue;
      found.set(uid, {message: message ?? 'pods are refused', since: Date.parse(firstTimestamp), last: Date.parse(lastTimestamp)});
    }
  }
  return found;
}
