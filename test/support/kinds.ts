/** Workloads of the kinds that are not built in, as their controllers would show them. */
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';

export const STATEFUL_SET: ResourceType = {group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true};
export const LEADER_WORKER_SET: ResourceType = {
  group: 'leaderworkerset.x-k8s.io',
  version: 'v1',
  kind: 'LeaderWorkerSet',
  plural: 'leaderworkersets',
  namespaced: true,
};
export const ROLE_BASED_GROUP: ResourceType = {
  group: 'workloads.x-k8s.io',
  version: 'v1alpha2',
  kind: 'RoleBasedGroup',
  plural: 'rolebasedgroups',
  namespaced: true,
};

/** A leader template is optional in the kind: without one the workers' is the leader's as well. */
export function leaderWorkerSet(name: string, replicas: number, {leader = true, size = 3} = {}): KubeObject {
  const template = (role: string): object => ({
    metadata: {labels: {app: name, part: role}},
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine'}]},
  });
  return {
    apiVersion: 'leaderworkerset.x-k8s.io/v1',
    kind: 'LeaderWorkerSet',
    metadata: {name, namespace: 'default'},
    spec: {
      replicas,
      startupPolicy: 'LeaderCreated',
      leaderWorkerTemplate: {size, ...(leader ? {leaderTemplate: template('leader')} : {}), workerTemplate: template('worker')},
    },
  };
}

export function roleBasedGroup(name: string, counts: Readonly<Record<string, number>>): KubeObject {
  const roles = Object.entries(counts).map(([role, replicas]) => ({
    name: role,
    replicas,
    standalonePattern: {
      template: {
        metadata: {labels: {app: role}},
        spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine'}]},
      },
    },
  }));
  return {
    apiVersion: 'workloads.x-k8s.io/v1alpha2',
    kind: 'RoleBasedGroup',
    metadata: {name, namespace: 'default'},
    spec: {roles},
  };
}
