/** Gathers from the stores what `targets.ts` decides on: pods of members by their chain of owners, and pods in front of the groups. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {LABELS, labelValue} from '../api/labels.ts';
import {asObject, strings} from '../api/json.ts';
import {declarationOf, standsForReplica} from '../api/workload.ts';
import type {Discovery} from '../kube/discovery.ts';
import {podsOwnedBy, storesBetween, type BetweenQuery} from '../kube/ownership.ts';
import type {Store} from '../kube/store.ts';
import {BY_RSG, POD, REPLICA_SET, type Watches} from '../kube/watches.ts';
import type {MemberPod, Observed} from './targets.ts';

export interface ObserveDeps {
  readonly watches: Watches;
  readonly discovery: Discovery;
}

const ENDPOINT_SLICE: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
};

/** Throws while a store it needs has not been filled. */
export async function observe(rsg: Rsg, deps: ObserveDeps): Promise<Observed> {
  const key = `${rsg.metadata.namespace}/${rsg.metadata.name}`;
  const {namespace} = rsg.metadata;
  const types = await typesOf(rsg, deps);
  const members = [...(await listedMembers(rsg, types, deps)), ...(await unlistedMembers(rsg, types, deps))];
  const around = {key, types: [...types.values()]};
  const pods = (await Promise.all(members.map((member) => podsOf(member, around, deps)))).flat();
  const own = await deps.watches.need(key, {type: POD, namespace});
  const demand = await demandPods(rsg, own, deps);
  deps.watches.settle(key);
  const labelled = own.list().filter(({metadata}) => metadata.labels?.[LABELS.representative] === labelValue(rsg.metadata.name));
  const listed = new Set(rsg.status.groups?.map(({id}) => id));
  const unlisted = [...new Set(members.map(({group}) => group))].filter((group) => !listed.has(group));
  return {rsg, pods, unlisted, labelled, ...(demand === undefined ? {} : {demand})};
}

interface Member {
  readonly group: string;
  readonly role: string;
  readonly type: ResourceType;
  readonly workload: KubeObject;
}

type Types = ReadonlyMap<string, ResourceType>;

/** By kind. */
async function typesOf(rsg: Rsg, {discovery}: ObserveDeps): Promise<Types> {
  const types = new Map<string, ResourceType>();
  for (const {version, kind} of rsg.spec.group.targetResources) {
    const type = await discovery.resolve(version, kind);
    if (type !== undefined) types.set(type.kind, type);
  }
  return types;
}

async function listedMembers(rsg: Rsg, types: Types, {watches}: ObserveDeps): Promise<Member[]> {
  const key = `${rsg.metadata.namespace}/${rsg.metadata.name}`;
  const found: Member[] = [];
  for (const {id, members} of rsg.status.groups ?? []) {
    for (const {role, kind, namespace, name} of members) {
      const type = types.get(kind);
      if (type === undefined) continue;
      const workload = (await watches.need(key, {type, namespace, metadataOnly: true})).get(namespace, name);
      if (workload !== undefined && belongs(workload, rsg)) found.push({group: id, role, type, workload});
    }
  }
  return found;
}

/** The status lists so many groups and no more; without the others the load would be too low. Their clones say themselves whose they are. */
async function unlistedMembers(rsg: Rsg, types: Types, {watches}: ObserveDeps): Promise<Member[]> {
  if ((rsg.status.omittedGroups ?? 0) === 0) return [];
  const key = `${rsg.metadata.namespace}/${rsg.metadata.name}`;
  const listed = new Set(rsg.status.groups?.map(({id}) => id));
  const namespaces = new Set(rsg.spec.group.targetResources.map(({namespace}) => namespace ?? rsg.metadata.namespace));
  const found: Member[] = [];
  for (const type of types.values()) {
    for (const namespace of namespaces) {
      const workloads = await watches.need(key, {type, namespace, metadataOnly: true});
      for (const workload of workloads.by(BY_RSG, labelValue(rsg.metadata.uid))) {
        const {[LABELS.group]: group, [LABELS.role]: role} = workload.metadata.labels ?? {};
        if (group !== undefined && role !== undefined && !listed.has(group)) found.push({group, role, type, workload});
      }
    }
  }
  return found;
}

async function podsOf(
  {group, role, type, workload}: Member,
  around: Omit<BetweenQuery, 'namespace'>,
  {watches, discovery}: ObserveDeps,
): Promise<MemberPod[]> {
  const {namespace = ''} = workload.metadata;
  const {key} = around;
  const [pods, replicaSets, between] = await Promise.all([
    watches.need(key, {type: POD, namespace}),
    watches.need(key, {type: REPLICA_SET, namespace, metadataOnly: true}),
    storesBetween({...around, namespace}, {watches, discovery}),
  ]);
  return podsOwnedBy(workload, {pods, replicaSets, between})
    .filter((pod) => standsForReplica(pod, declarationOf(type) ?? {}))
    .map((pod) => ({group, role, pod}));
}

/** Status is the controller's to write; still, only what carries this RSG's mark is ever scraped. */
function belongs({metadata: {labels = {}}}: KubeObject, rsg: Rsg): boolean {
  const uid = labelValue(rsg.metadata.uid);
  return labels[LABELS.claimedBy] === rsg.metadata.uid || labels[LABELS.rsgUid] === uid;
}

async function demandPods(rsg: Rsg, pods: Store, {watches}: ObserveDeps): Promise<Observed['demand']> {
  const demand = rsg.spec.metrics?.demand;
  if (demand === undefined) return undefined;
  const {namespace} = rsg.metadata;
  if (demand.podSelector !== undefined) {
    const wanted = Object.entries(demand.podSelector);
    if (wanted.length === 0) return {problem: 'podSelector is empty'};
    return {pods: pods.list().filter(({metadata}) => wanted.every(([label, value]) => metadata.labels?.[label] === value))};
  }
  const {service} = demand;
  if (service === undefined) return {problem: 'neither service nor podSelector is given'};
  const slices = await watches.need(`${namespace}/${rsg.metadata.name}`, {type: ENDPOINT_SLICE, namespace});
  const names = slices
    .list()
    .filter(({metadata}) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(podNames);
  const found = [...new Set(names)].flatMap((name) => pods.get(namespace, name) ?? []);
  return found.length === 0 ? {problem: `service ${service} has no endpoints that are pods`} : {pods: found};
}

/** Endpoints that are not pods (a Service without a selector) are never scraped: their address would be anybody's to choose. */
function podNames(slice: KubeObject): string[] {
  const endpoints = slice['endpoints'];
  if (!Array.isArray(endpoints)) return [];
  return endpoints.flatMap((endpoint: unknown) => {
    const target = strings(asObject(endpoint)['targetRef']);
    return target['kind'] === 'Pod' && target['name'] !== undefined ? [target['name']] : [];
  });
}
