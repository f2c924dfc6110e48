/** The built-in kinds: names, subresources, defaults, validation, columns. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import * as types from '../resource-types.ts';
import {decodeObject} from '../schema/decode.ts';
import type {Definitions} from '../schema/definitions.ts';
import {columnsOf} from '../tables/columns.ts';
import {validateAutoscaler} from '../validation/autoscaler.ts';
import {
  allocateNodePorts,
  validateConfigKeys,
  validateEndpointSlice,
  validateEvent,
  validateLease,
  validatePod,
  validateService,
} from '../validation/core.ts';
import {validateClaim, validateDeployment, validateReplicaSet, validateStatefulSet} from '../validation/workload.ts';
import {endpointSliceDefaults, namespaceDefaults, secretDefaults, serviceDefaults} from './core-defaults.ts';
import {crdDefaults, validateCrd} from './crd-object.ts';
import {decodeAs} from './decode-object.ts';
import {numberOf, textOf} from './fill.ts';
import type {Kind, ScalePaths} from './kind.ts';
import {podDefaults} from './pod-defaults.ts';
import {autoscalerDefaults, claimDefaults, deploymentDefaults, replicaSetDefaults, statefulSetDefaults} from './workload-defaults.ts';

interface Entry {
  readonly type: ResourceType;
  /** In the table of fields. */
  readonly definition: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly inAll?: boolean;
  readonly hasStatus?: boolean;
  readonly scale?: ScalePaths;
  readonly generation?: Kind['generation'];
  readonly requiresVersion?: boolean;
  readonly selectable?: Kind['selectable'];
  readonly defaults?: Kind['defaults'];
  readonly validate?: (object: KubeObject, before: KubeObject | undefined) => readonly StatusCause[];
  readonly allocate?: Kind['allocate'];
}

const WORKLOAD_SCALE: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};
const at =
  (...path: readonly string[]) =>
  (object: KubeObject): string =>
    textOf(path.reduce<unknown>((value, key) => asObject(value)[key], object));

const EVENT_FIELDS: Kind['selectable'] = {
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((key) => [
      `involvedObject.${key}`,
      at('involvedObject', key),
    ]),
  ),
  reason: at('reason'),
  reportingComponent: at('reportingComponent'),
  source: at('source', 'component'),
  type: at('type'),
};
const POD_FIELDS: Kind['selectable'] = {
  'spec.nodeName': at('spec', 'nodeName'),
  'spec.restartPolicy': at('spec', 'restartPolicy'),
  'spec.schedulerName': at('spec', 'schedulerName'),
  'spec.serviceAccountName': at('spec', 'serviceAccountName'),
  'spec.hostNetwork': (object) => String(asObject(object['spec'])['hostNetwork'] === true),
  'status.phase': at('status', 'phase'),
  'status.podIP': at('status', 'podIP'),
  'status.nominatedNodeName': at('status', 'nominatedNodeName'),
};
const workload = {inAll: true, hasStatus: true, scale: WORKLOAD_SCALE, generation: 'spec'} as const;
const APIEXTENSIONS = 'apiextensions-apiserver.pkg.apis.apiextensions.v1';
const noMistakes = (): readonly StatusCause[] => [];
const asGiven = (object: KubeObject): KubeObject => object;

const ENTRIES: readonly Entry[] = [
  {type: types.CONFIG_MAP, definition: 'api.core.v1.ConfigMap', shortNames: ['cm'], validate: validateConfigKeys},
  {type: types.EVENT, definition: 'api.core.v1.Event', shortNames: ['ev'], selectable: EVENT_FIELDS, validate: validateEvent},
  {
    type: types.NAMESPACE,
    definition: 'api.core.v1.Namespace',
    shortNames: ['ns'],
    hasStatus: true,
    selectable: {'status.phase': at('status', 'phase'), name: (object) => object.metadata.name},
    defaults: namespaceDefaults,
  },
  {
    type: types.NODE,
    definition: 'api.core.v1.Node',
    shortNames: ['no'],
    hasStatus: true,
    selectable: {'spec.unschedulable': (object) => String(asObject(object['spec'])['unschedulable'] === true)},
  },
  {
    type: types.PERSISTENT_VOLUME_CLAIM,
    definition: 'api.core.v1.PersistentVolumeClaim',
    shortNames: ['pvc'],
    hasStatus: true,
    defaults: claimDefaults,
    validate: (object) => validateClaim(asObject(object['spec']), 'spec'),
  },
  {
    type: types.POD,
    definition: 'api.core.v1.Pod',
    shortNames: ['po'],
    inAll: true,
    hasStatus: true,
    generation: 'spec',
    selectable: POD_FIELDS,
    defaults: podDefaults,
    validate: validatePod,
  },
  {
    type: types.SECRET,
    definition: 'api.core.v1.Secret',
    selectable: {type: at('type')},
    defaults: secretDefaults,
    validate: validateConfigKeys,
  },
  {type: types.SERVICE_ACCOUNT, definition: 'api.core.v1.ServiceAccount', shortNames: ['sa']},
  {
    type: types.SERVICE,
    definition: 'api.core.v1.Service',
    shortNames: ['svc'],
    inAll: true,
    hasStatus: true,
    selectable: {'spec.clusterIP': at('spec', 'clusterIP'), 'spec.type': at('spec', 'type')},
    defaults: serviceDefaults,
    validate: validateService,
    allocate: allocateNodePorts,
  },
  {
    type: types.CUSTOM_RESOURCE_DEFINITION,
    definition: `${APIEXTENSIONS}.CustomResourceDefinition`,
    shortNames: ['crd', 'crds'],
    hasStatus: true,
    generation: 'spec',
    requiresVersion: true,
    defaults: crdDefaults,
    validate: validateCrd,
  },
  {
    type: types.API_SERVICE,
    definition: 'kube-aggregator.pkg.apis.apiregistration.v1.APIService',
    hasStatus: true,
    requiresVersion: true,
  },
  {type: types.CONTROLLER_REVISION, definition: 'api.apps.v1.ControllerRevision'},
  {
    type: types.DEPLOYMENT,
    definition: 'api.apps.v1.Deployment',
    shortNames: ['deploy'],
    ...workload,
    generation: 'spec-and-annotations',
    defaults: deploymentDefaults,
    validate: validateDeployment,
  },
  {
    type: types.REPLICA_SET,
    definition: 'api.apps.v1.ReplicaSet',
    shortNames: ['rs'],
    ...workload,
    selectable: {'status.replicas': (object) => String(numberOf(asObject(object['status'])['replicas']))},
    defaults: replicaSetDefaults,
    validate: validateReplicaSet,
  },
  {
    type: types.STATEFUL_SET,
    definition: 'api.apps.v1.StatefulSet',
    shortNames: ['sts'],
    ...workload,
    defaults: statefulSetDefaults,
    validate: validateStatefulSet,
  },
  {
    type: types.HORIZONTAL_POD_AUTOSCALER,
    definition: 'api.autoscaling.v2.HorizontalPodAutoscaler',
    shortNames: ['hpa'],
    inAll: true,
    hasStatus: true,
    generation: 'spec',
    defaults: autoscalerDefaults,
    validate: validateAutoscaler,
  },
  {type: types.LEASE, definition: 'api.coordination.v1.Lease', requiresVersion: true, validate: validateLease},
  {
    type: types.ENDPOINT_SLICE,
    definition: 'api.discovery.v1.EndpointSlice',
    generation: 'spec',
    defaults: endpointSliceDefaults,
    validate: validateEndpointSlice,
  },
];

export function builtInKinds(definitions: Definitions): readonly Kind[] {
  return ENTRIES.map((entry) => kindOf(entry, definitions));
}

function kindOf(entry: Entry, definitions: Definitions): Kind {
  const {type} = entry;
  const definition = definitions.get(entry.definition);
  const statusField = definition.fields.get('status');
  const initialStatus = statusField?.always === true ? asObject(decodeObject(definitions, definition, {}).value['status']) : undefined;
  return {
    type,
    singular: type.kind.toLowerCase(),
    shortNames: entry.shortNames ?? [],
    categories:
      entry.inAll === true
        ? ['all']
        : type.group === 'apiextensions.k8s.io'
          ? ['api-extensions']
          : type.group === 'apiregistration.k8s.io'
            ? ['api-extensions']
            : [],
    hasStatus: entry.hasStatus ?? false,
    initialStatus,
    scale: entry.scale,
    generation: entry.generation ?? 'none',
    graceful: type.kind === 'Pod' && type.group === '',
    requiresVersion: entry.requiresVersion ?? false,
    selectable: entry.selectable ?? {},
    columns: columnsOf(type),
    decode: (raw: Json) => decodeAs(type, raw, {definitions, definition}),
    defaults: entry.defaults ?? asGiven,
    validate: entry.validate ?? noMistakes,
    allocate: entry.allocate ?? noMistakes,
    mergeType: {kind: 'ref', name: entry.definition},
  };
}
