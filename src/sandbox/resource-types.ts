/** The built-in kinds that the sandbox serves. */
import type {ResourceType} from '../api/objects.ts';

const core = {group: '', version: 'v1', namespaced: true} as const;
const apps = {group: 'apps', version: 'v1', namespaced: true} as const;

export const NAMESPACE = {...core, kind: 'Namespace', plural: 'namespaces', namespaced: false} as const satisfies ResourceType;
export const NODE = {...core, kind: 'Node', plural: 'nodes', namespaced: false} as const satisfies ResourceType;
export const POD = {...core, kind: 'Pod', plural: 'pods'} as const satisfies ResourceType;
export const SERVICE = {...core, kind: 'Service', plural: 'services'} as const satisfies ResourceType;
export const SERVICE_ACCOUNT = {...core, kind: 'ServiceAccount', plural: 'serviceaccounts'} as const satisfies ResourceType;
export const CONFIG_MAP = {...core, kind: 'ConfigMap', plural: 'configmaps'} as const satisfies ResourceType;
export const SECRET = {...core, kind: 'Secret', plural: 'secrets'} as const satisfies ResourceType;
export const EVENT = {...core, kind: 'Event', plural: 'events'} as const satisfies ResourceType;
export const PERSISTENT_VOLUME_CLAIM = {
  ...core,
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
} as const satisfies ResourceType;

export const DEPLOYMENT = {...apps, kind: 'Deployment', plural: 'deployments'} as const satisfies ResourceType;
export const STATEFUL_SET = {...apps, kind: 'StatefulSet', plural: 'statefulsets'} as const satisfies ResourceType;
export const REPLICA_SET = {...apps, kind: 'ReplicaSet', plural: 'replicasets'} as const satisfies ResourceType;
export const CONTROLLER_REVISION = {...apps, kind: 'ControllerRevision', plural: 'controllerrevisions'} as const satisfies ResourceType;

export const HORIZONTAL_POD_AUTOSCALER = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
} as const satisfies ResourceType;

export const ENDPOINT_SLICE = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
} as const satisfies ResourceType;

export const LEASE = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
} as const satisfies ResourceType;

export const CUSTOM_RESOURCE_DEFINITION = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
} as const satisfies ResourceType;

export const API_SERVICE = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
} as const satisfies ResourceType;

/** In the order of `kubectl api-resources`. */
export const BUILT_IN: readonly ResourceType[] = [
  CONFIG_MAP,
  EVENT,
  NAMESPACE,
  NODE,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  CUSTOM_RESOURCE_DEFINITION,
  API_SERVICE,
  CONTROLLER_REVISION,
  DEPLOYMENT,
  REPLICA_SET,
  STATEFUL_SET,
  HORIZONTAL_POD_AUTOSCALER,
  LEASE,
  ENDPOINT_SLICE,
];
