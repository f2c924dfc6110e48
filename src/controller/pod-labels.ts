/** Labels on live pods: one representative per group, and who is out of traffic. Templates are never touched, so nothing restarts. */
import {KIND, LABELS, labelValue} from '../api/labels.ts';
import {chooseRepresentatives, matches} from '../scale-subresource/representative.ts';
import type {Draft} from './draft.ts';
import type {Action, GroupPod, ServiceSelector} from './model.ts';
import {isPodReady, standsForReplica} from '../api/workload.ts';

type PodAction = Extract<Action, {do: 'labelPod'}>;
type Labels = Readonly<Record<string, string | null>>;

const OWN = new Set<string>([LABELS.name, LABELS.group, LABELS.role, LABELS.rsgUid, LABELS.representative]);

/** Successors are labelled before predecessors lose the label. Kept up while paused. */
export function representatives({snapshot, view}: Draft, groups: readonly string[]): PodAction[] {
  const {rsg, targets, autoscalers, pods} = snapshot;
  const value = labelValue(rsg.metadata.name);
  const candidates = pods.map(({group, role, pod, workload}) => ({
    group,
    role,
    pod,
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    ready: isPodReady(pod) && standsForReplica(pod, workload),
    created: pod.metadata.creationTimestamp ?? '',
    labels: pod.metadata.labels ?? {},
    labelled: pod.metadata.labels?.[LABELS.representative] === value,
  }));
  const wish = rsg.spec.scale.representativeRole;
  const roles = [...new Set([...(wish === undefined ? [] : [wish]), ...targets.map((target) => target.role)])];
  const others = autoscalers.filter(
    (one) => one.kind === 'HorizontalPodAutoscaler' && one.targetKind !== KIND && one.namespace === rsg.metadata.namespace,
  );
  const chosen = chooseRepresentatives(candidates, {
    namespace: view.rsg.metadata.namespace,
    roles,
    groups,
    covered: others.flatMap(({selector}) => (selector === undefined ? [] : [selector])),
  });
  const added = chosen.filter((one) => !one.labelled).map(({pod}) => labelPod(pod, {[LABELS.representative]: value}));
  const taken = candidates
    .filter((one) => one.labelled && !chosen.includes(one))
    .map(({pod}) => labelPod(pod, {[LABELS.representative]: null}));
  return [...added, ...taken];
}

function labelPod(pod: GroupPod['pod'], labels: Labels): PodAction {
  return {do: 'labelPod', pod, labels};
}

/** Pods of draining groups leave their Services; pods of groups that stay after all come back. */
export function drainLabels({snapshot, view}: Draft): PodAction[] {
  const removal = new Map(view.removals.map((one) => [one.group, one]));
  return snapshot.pods.flatMap(({group, role, pod, workload, template}) => {
    if (pod.metadata.deletionTimestamp !== undefined) return [];
    const labels = pod.metadata.labels ?? {};
    const draining = removal.has(group);
    // Scaled to 0, and the controller of its kind has not come to this pod yet: in traffic again it would be cut with what it then takes.
    if (!draining && group === view.originId && view.originals.some((source) => source.role === role && source.parked)) return [];
    // The originals' selector needs their labels: for them the drain is advisory.
    const changes = draining
      ? outOfTraffic(group === view.originId ? [] : snapshot.services, {pod, workload, template})
      : backInTraffic(labels, template);
    const needed = Object.entries(changes).filter(([key, value]) => (labels[key] ?? null) !== value);
    return needed.length === 0 ? [] : [labelPod(pod, Object.fromEntries(needed))];
  });
}

/** Whether a pod of the group may still be sent requests: one that has come since, or whose labels could not be written yet. */
export function isInTraffic({snapshot}: Draft, group: string): boolean {
  return snapshot.pods.some(
    (one) =>
      one.group === group && one.pod.metadata.deletionTimestamp === undefined && one.pod.metadata.labels?.[LABELS.state] !== 'draining',
  );
}

/** A Service may select by labels that the kind's controllers gave the pod; what is taken off is only what can be put back. */
function outOfTraffic(services: readonly ServiceSelector[], {pod, workload, template}: Omit<GroupPod, 'group' | 'role'>): Labels {
  const labels = {...pod.metadata.labels, ...template};
  const keys = services
    .filter(({namespace, selector}) => namespace === pod.metadata.namespace && matches(selector, labels))
    .flatMap(({selector}) => Object.keys(selector))
    .filter((key) => !OWN.has(key) && template[key] !== undefined && !workload.keptLabels.some((prefix) => key.startsWith(prefix)));
  return {...Object.fromEntries(keys.map((key) => [key, null])), [LABELS.state]: 'draining'};
}

function backInTraffic(labels: Readonly<Record<string, string>>, template: Readonly<Record<string, string>>): Labels {
  return labels[LABELS.state] === 'draining' ? {...template, [LABELS.state]: null} : {};
}
