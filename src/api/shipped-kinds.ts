/** The kinds of workload that RSG knows without being told. The rules come from the kinds' own API types and controllers. */
import {kindName, workloadKindSchema, type WorkloadKind, type WorkloadKindInput} from './workload-kind.ts';

const DEPLOYMENT: WorkloadKindInput = {
  group: 'apps',
  kind: 'Deployment',
  selector: 'spec.selector',
  templates: [{path: 'spec.template'}],
  status: {updated: 'status.updatedReplicas', available: 'status.availableReplicas'},
};

/** A StatefulSet with 53 characters in its name makes no pods: its revision label no longer fits. */
const STATEFUL_SET: WorkloadKindInput = {
  ...DEPLOYMENT,
  kind: 'StatefulSet',
  partition: 'spec.updateStrategy.rollingUpdate.partition',
  rollsByHand: {path: 'spec.updateStrategy.type', value: 'OnDelete'},
  volumeClaims: 'spec.volumeClaimTemplates',
  volumeRetention: 'spec.persistentVolumeClaimRetentionPolicy',
  serviceName: 'spec.serviceName',
};

/**
 * A replica is a leader pod and the workers of a StatefulSet that the leader owns. It has no selector: its controllers find pods by their
 * own labels, which they fill with its name, so a clone needs no more than another name. That name is also a Service's, and in the names
 * of the workers' StatefulSets (`NAME-INDEX`, at most 52 characters). Leader and workers ready is what `readyReplicas` counts.
 */
const LEADER_WORKER_SET: WorkloadKindInput = {
  group: 'leaderworkerset.x-k8s.io',
  kind: 'LeaderWorkerSet',
  scaleSelector: 'status.hpaPodSelector',
  templates: [
    {path: 'spec.leaderWorkerTemplate.leaderTemplate', pods: {'leaderworkerset.sigs.k8s.io/worker-index': '0'}},
    {path: 'spec.leaderWorkerTemplate.workerTemplate'},
  ],
  status: {updated: 'status.updatedReplicas'},
  partition: 'spec.rolloutStrategy.rollingUpdateConfiguration.partition',
  volumeClaims: 'spec.leaderWorkerTemplate.volumeClaimTemplates',
  volumeRetention: 'spec.leaderWorkerTemplate.persistentVolumeClaimRetentionPolicy',
  owns: [{version: 'apps/v1', kind: 'StatefulSet'}],
  standsForGroup: {'leaderworkerset.sigs.k8s.io/worker-index': '0'},
  nameLabels: ['leaderworkerset.sigs.k8s.io/name'],
  keptLabels: ['leaderworkerset.sigs.k8s.io/'],
  ownService: true,
  maxNameLength: 46,
};

const RBG = 'workloads.x-k8s.io';
const RBG_LABELS = 'rbg.workloads.x-k8s.io/';
const RBG_OWNS = [
  {version: `${RBG}/v1alpha2`, kind: 'RoleInstanceSet'},
  {version: `${RBG}/v1alpha2`, kind: 'RoleInstance'},
  {version: `${RBG}/v1alpha1`, kind: 'InstanceSet'},
  {version: `${RBG}/v1alpha1`, kind: 'Instance'},
];

/** Each role has a count of its own, and templates in one of several places, by API version and pattern. It has no scale subresource. */
const ROLE_BASED_GROUP: WorkloadKindInput = {
  group: RBG,
  kind: 'RoleBasedGroup',
  replicas: 'spec.roles[*].replicas',
  templates: [
    ...['template', 'standalonePattern.template', 'leaderWorkerPattern.template'].map((path) => ({
      path: `spec.roles[*].${path}`,
      podsNamedBy: `${RBG_LABELS}role-name`,
    })),
    {path: 'spec.roles[*].components[*].template'},
    {path: 'spec.roles[*].customComponentsPattern.components[*].template'},
    {path: 'spec.roleTemplates[*].template'},
  ],
  status: {
    replicas: 'status.roleStatuses[*].replicas',
    ready: 'status.roleStatuses[*].readyReplicas',
    updated: 'status.roleStatuses[*].updatedReplicas',
  },
  owns: [
    ...RBG_OWNS,
    {version: 'apps/v1', kind: 'StatefulSet'},
    {version: 'apps/v1', kind: 'Deployment'},
    {version: 'leaderworkerset.x-k8s.io/v1', kind: 'LeaderWorkerSet'},
  ],
  nameLabels: [`${RBG_LABELS}group-name`],
  keptLabels: [RBG_LABELS],
  maxNameLength: 40,
};

const ROLE_INSTANCE_SET: WorkloadKindInput = {
  group: RBG,
  kind: 'RoleInstanceSet',
  scaleSelector: 'status.labelSelector',
  templates: [{path: 'spec.roleInstanceTemplate.components[*].template', podsNamedBy: `${RBG_LABELS}component-name`}],
  status: {updated: 'status.updatedReplicas', available: 'status.availableReplicas'},
  owns: RBG_OWNS,
  keptLabels: [RBG_LABELS],
  maxNameLength: 46,
};

/** One instance is one unit: its components have sizes, which are not for scaling. */
const ROLE_INSTANCE: WorkloadKindInput = {
  group: RBG,
  kind: 'RoleInstance',
  replicas: 'spec.components[*].size',
  parking: 'never',
  templates: [{path: 'spec.components[*].template', podsNamedBy: `${RBG_LABELS}component-name`}],
  status: {
    replicas: 'status.componentStatuses[*].size',
    ready: 'status.componentStatuses[*].readyReplicas',
    updated: 'status.componentStatuses[*].updatedReplicas',
    available: 'status.componentStatuses[*].availableReplicas',
  },
  keptLabels: [RBG_LABELS],
  maxNameLength: 46,
};

/** By `Kind.group`. */
export const SHIPPED_KINDS: ReadonlyMap<string, WorkloadKind> = new Map(
  [
    DEPLOYMENT,
    STATEFUL_SET,
    LEADER_WORKER_SET,
    ROLE_BASED_GROUP,
    ROLE_INSTANCE_SET,
    {...ROLE_INSTANCE_SET, kind: 'InstanceSet', templates: [{path: 'spec.instanceTemplate.components[*].template'}]},
    ROLE_INSTANCE,
    {...ROLE_INSTANCE, kind: 'Instance', status: {...ROLE_INSTANCE.status, replicas: 'status.componentStatuses[*].replicas'}},
  ].map((input) => {
    const kind = workloadKindSchema.parse(input);
    return [kindName(kind), kind];
  }),
);
