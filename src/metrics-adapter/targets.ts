/**
 * From an RSG and its pods to what is scraped and to the model that is aggregated. Every Running pod of a role with an engine is scraped,
 * Ready or not, until it is gone: one that is being deleted may hold requests for as long as its grace period. Which of them count is the
 * phases' to say: a group that is still Creating has never been available, also after this process began anew. Pure.
 */
import type {KubeObject} from '../api/objects.ts';
import type {Phase, Rsg} from '../api/schema.ts';
import {LABELS, labelValue} from '../api/labels.ts';
import {isPodReady} from '../api/workload.ts';
import type {DemandModel, GroupModel, PodModel, RsgModel} from './model.ts';
import {rolePlans, type RolePlan} from './plan.ts';
import {addressOf, isLeaving, isRunning, isStarted, type Address, type AddressRules} from './pod-address.ts';
import {demandPreset} from './presets/catalogue.ts';
import type {DemandPreset, EnginePreset} from './presets/preset.ts';

/** A pod and the member of a group that owns it. */
export interface MemberPod {
  readonly group: string;
  readonly role: string;
  readonly pod: KubeObject;
}

export interface Observed {
  readonly rsg: Rsg;
  readonly pods: readonly MemberPod[];
  /** Groups that exist and that the status has no room for. */
  readonly unlisted?: readonly string[];
  /** Pods in front of the groups, or why they cannot be told. */
  readonly demand?: {readonly pods: readonly KubeObject[]} | {readonly problem: string};
  /** Pods of the RSG's namespace that carry its representative label. */
  readonly labelled: readonly KubeObject[];
}

export type Reader = {readonly kind: 'engine'; readonly preset: EnginePreset} | {readonly kind: 'demand'; readonly preset: DemandPreset};

export interface Target {
  /** Changes with anything that makes earlier samples incomparable. */
  readonly key: string;
  readonly namespace: string;
  readonly pod: string;
  readonly reader: Reader;
  readonly address: Address | {readonly problem: string};
}

export interface Plan {
  readonly model: RsgModel;
  readonly source: 'scrape' | 'prometheus';
  readonly targets: readonly Target[];
}

const COUNTED: readonly Phase[] = ['Available', 'Degraded', 'Draining'];
const EXISTING: readonly Phase[] = ['Creating', 'Available', 'Degraded'];

export function planOf(observed: Observed, rules: AddressRules): Plan {
  const {rsg} = observed;
  const roles = rolePlans(rsg);
  const groups = groupsOf(observed);
  const known = new Set(groups.map(({id}) => id));
  const engines = observed.pods.flatMap(({group, role, pod}): {pod: PodModel; target: Target}[] => {
    const plan = roles.find((one) => one.role === role);
    if (plan === undefined || !known.has(group) || !isStarted(pod)) return [];
    const one = engineTarget(pod, plan, rules);
    return [{target: one, pod: {target: one.key, name: one.pod, group, role, ready: isPodReady(pod), leaving: isLeaving(pod)}}];
  });
  const demand = demandOf(observed, rules);
  const model: RsgModel = {
    namespace: rsg.metadata.namespace,
    name: rsg.metadata.name,
    roles,
    groups,
    wanted: rsg.spec.replicas,
    existing: groups.filter(({phase}) => EXISTING.includes(phase)).length,
    pods: engines.map(({pod}) => pod),
    representatives: observed.labelled.filter((pod) => isRepresentative(pod, rsg)).length,
    ...(demand === undefined ? {} : {demand: demand.model}),
  };
  return {model, source: rsg.spec.metrics?.source ?? 'scrape', targets: [...engines.map((one) => one.target), ...(demand?.targets ?? [])]};
}

/** Of a group without a phase nothing says that it has never been available, so it counts. */
function groupsOf({rsg, unlisted = []}: Observed): GroupModel[] {
  const listed = (rsg.status.groups ?? []).map(({id, phase}) => ({id, phase}));
  const all = [...listed, ...unlisted.map((id) => ({id, phase: 'Available' as const}))];
  return all.map(({id, phase}) => ({id, phase, counted: COUNTED.includes(phase)}));
}

/** As an HPA counts: Running and Ready, being deleted or not. */
function isRepresentative(pod: KubeObject, rsg: Rsg): boolean {
  const {deletionTimestamp: _gone, ...metadata} = pod.metadata;
  return metadata.labels?.[LABELS.representative] === labelValue(rsg.metadata.name) && isPodReady({...pod, metadata});
}

/** What is asked of a pod of a role. */
export function engineTarget(pod: KubeObject, plan: RolePlan, rules: AddressRules): Target {
  return target(pod, {kind: 'engine', preset: plan.preset}, {name: identity(plan), address: addressOf(pod, plan.endpoint, rules)});
}

/** Of a custom engine the names are part of what it is. */
function identity({engine, preset}: RolePlan): string {
  return engine === 'custom' ? JSON.stringify(preset.signals) : engine;
}

function target(pod: KubeObject, reader: Reader, {name, address}: {readonly name: string; readonly address: Target['address']}): Target {
  const {uid = '', namespace = '', name: podName} = pod.metadata;
  const where = 'problem' in address ? 'nowhere' : `${address.scheme} ${address.host} ${String(address.port)} ${address.path}`;
  return {key: `${reader.kind} ${name} ${uid} ${where}`, namespace, pod: podName, reader, address};
}

interface DemandPlan {
  readonly model: DemandModel;
  readonly targets: readonly Target[];
}

const NOTHING: DemandPreset = {endpoint: {port: 0, path: '/', scheme: 'http'}, waiting: {oneOf: []}};

function demandOf({rsg, demand}: Observed, rules: AddressRules): DemandPlan | undefined {
  const spec = rsg.spec.metrics?.demand;
  if (spec === undefined) return undefined;
  const preset = demandPreset(spec);
  const unknown = (problem: string): DemandPlan => ({
    model: {preset: preset ?? NOTHING, pods: [], problem: `metrics.demand: ${problem}`},
    targets: [],
  });
  if (preset === undefined) return unknown('it names neither a preset nor a metric');
  if (demand === undefined) return unknown('its pods are not known yet');
  if ('problem' in demand) return unknown(demand.problem);
  const endpoint = {...preset.endpoint, port: spec.port ?? preset.endpoint.port, path: spec.path ?? preset.endpoint.path};
  const name = `${spec.preset ?? 'custom'} ${spec.metric ?? ''}`;
  const targets = demand.pods.filter(isRunning).map((pod) => ({
    ready: isPodReady(pod),
    one: target(pod, {kind: 'demand', preset}, {name, address: addressOf(pod, endpoint, rules)}),
  }));
  const pods = targets.filter(({ready}) => ready).map(({one}) => ({target: one.key, name: one.pod}));
  return {model: {preset, pods}, targets: targets.map(({one}) => one)};
}
