/** The columns that `kubectl get` shows, by kind. Pure. */
import {asObject, strings} from '../../api/json.ts';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import {qualified} from '../api-error.ts';
import {itemsOf, listOf, numberOf, showScalar, textOf} from '../kinds/fill.ts';
import type {Column} from '../kinds/kind.ts';
import {formatSelector} from '../selectors/label-selector.ts';
import {ageOf, since} from './age.ts';
import {targetsOf} from './autoscaler-targets.ts';
import {nodeColumns} from './node-columns.ts';
import {summarizePod} from './pod-row.ts';
import {externalAddress, portList} from './service-cells.ts';

type Cell = Column['cell'];

const text = (name: string, cell: Cell): Column => ({name, type: 'string', cell});
const integer = (name: string, cell: Cell): Column => ({name, type: 'integer', cell});
const wide = (column: Column): Column => ({...column, priority: 1});
export const NAME: Column = {name: 'Name', type: 'string', format: 'name', cell: (object) => object.metadata.name};
export const AGE: Column = text('Age', ageOf);

const spec = (object: KubeObject): Record<string, unknown> => ({...asObject(object['spec'])});
const status = (object: KubeObject): Record<string, unknown> => ({...asObject(object['status'])});
const containersOf = (object: KubeObject): readonly Record<string, unknown>[] =>
  listOf(asObject(asObject(spec(object)['template'])['spec'])['containers']);
const orNone = (value: unknown, none = '<none>'): string => (textOf(value) === '' ? none : textOf(value));

const CONTAINERS: readonly Column[] = [
  wide(
    text('Containers', (object) =>
      containersOf(object)
        .map(({name}) => textOf(name))
        .join(','),
    ),
  ),
  wide(
    text('Images', (object) =>
      containersOf(object)
        .map(({image}) => textOf(image))
        .join(','),
    ),
  ),
];
const SELECTOR = wide(text('Selector', (object) => formatSelector(asObject(spec(object)['selector']))));
const readyOf = (object: KubeObject): string =>
  `${String(numberOf(status(object)['readyReplicas']))}/${String(numberOf(spec(object)['replicas']))}`;

const PODS: readonly Column[] = [
  NAME,
  text('Ready', (object, now) => summarizePod(object, now).ready),
  text('Status', (object, now) => summarizePod(object, now).status),
  text('Restarts', (object, now) => summarizePod(object, now).restarts),
  AGE,
  wide(text('IP', (object) => orNone(asObject(listOf(status(object)['podIPs'])[0])['ip']))),
  wide(text('Node', (object) => orNone(spec(object)['nodeName']))),
  wide(text('Nominated Node', (object) => orNone(status(object)['nominatedNodeName']))),
  wide(text('Readiness Gates', readinessGates)),
];

function readinessGates(pod: KubeObject): string {
  const gates = listOf(spec(pod)['readinessGates']);
  if (gates.length === 0) return '<none>';
  const conditions = listOf(status(pod)['conditions']);
  const isTrue = (gate: unknown): boolean => conditions.some(({type, status: value}) => type === gate && value === 'True');
  return `${String(gates.filter(({conditionType}) => isTrue(conditionType)).length)}/${String(gates.length)}`;
}

const DEPLOYMENTS: readonly Column[] = [
  NAME,
  text('Ready', readyOf),
  text('Up-to-date', (object) => numberOf(status(object)['updatedReplicas'])),
  text('Available', (object) => numberOf(status(object)['availableReplicas'])),
  AGE,
  ...CONTAINERS,
  SELECTOR,
];

const REPLICA_SETS: readonly Column[] = [
  NAME,
  integer('Desired', (object) => numberOf(spec(object)['replicas'])),
  integer('Current', (object) => numberOf(status(object)['replicas'])),
  integer('Ready', (object) => numberOf(status(object)['readyReplicas'])),
  AGE,
  ...CONTAINERS,
  SELECTOR,
];

const SERVICES: readonly Column[] = [
  NAME,
  text('Type', (object) => textOf(spec(object)['type'])),
  text('Cluster-IP', (object) => orNone(itemsOf(spec(object)['clusterIPs'])[0])),
  text('External-IP', externalAddress),
  text('Port(s)', portList),
  AGE,
  wide(text('Selector', (object) => orNone(formatSelector({matchLabels: spec(object)['selector']})))),
];

const AUTOSCALERS: readonly Column[] = [
  NAME,
  text('Reference', (object) => {
    const {kind, name} = asObject(spec(object)['scaleTargetRef']);
    return `${textOf(kind)}/${textOf(name)}`;
  }),
  text('Targets', targetsOf),
  text('MinPods', (object) => (spec(object)['minReplicas'] === undefined ? '<unset>' : String(spec(object)['minReplicas']))),
  text('MaxPods', (object) => numberOf(spec(object)['maxReplicas'])),
  text('Replicas', (object) => numberOf(status(object)['currentReplicas'])),
  AGE,
];

const firstSeen: Cell = (event, now) => since(event['firstTimestamp'] ?? event['eventTime'], now);
const seriesOf = (event: KubeObject): Record<string, unknown> => ({...asObject(event['series'])});
const EVENTS: readonly Column[] = [
  text('Last Seen', (event, now) => {
    const last = seriesOf(event)['lastObservedTime'] ?? event['lastTimestamp'];
    return last === undefined ? firstSeen(event, now) : since(last, now);
  }),
  text('Type', (event) => textOf(event['type'])),
  text('Reason', (event) => textOf(event['reason'])),
  text('Object', (event) => {
    const {kind, name} = asObject(event['involvedObject']);
    return [textOf(kind).toLowerCase(), textOf(name)].filter((part) => part !== '').join('/');
  }),
  wide(text('Subobject', (event) => textOf(asObject(event['involvedObject'])['fieldPath']))),
  wide(text('Source', eventSource)),
  text('Message', (event) => textOf(event['message']).trim()),
  wide(text('First Seen', firstSeen)),
  wide(text('Count', (event) => seriesOf(event)['count'] ?? event['count'] ?? 1)),
  wide(NAME),
];

function eventSource(event: KubeObject): string {
  const {component, host} = asObject(event['source']);
  const who = orNone(component, textOf(event['reportingComponent']));
  const where = orNone(host, textOf(event['reportingInstance']));
  return where === '' ? who : `${who}, ${where}`;
}

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  pods: PODS,
  services: SERVICES,
  events: EVENTS,
  nodes: nodeColumns(NAME, AGE),
  namespaces: [NAME, text('Status', (object) => textOf(status(object)['phase'])), AGE],
  configmaps: [NAME, text('Data', (object) => dataSize(object)), AGE],
  secrets: [NAME, text('Type', (object) => textOf(object['type'])), text('Data', (object) => dataSize(object)), AGE],
  serviceaccounts: [NAME, AGE],
  persistentvolumeclaims: [
    NAME,
    text('Status', (object) => (object.metadata.deletionTimestamp === undefined ? textOf(status(object)['phase']) : 'Terminating')),
    text('Volume', (object) => textOf(spec(object)['volumeName'])),
    text('Capacity', (object) =>
      textOf(spec(object)['volumeName']) === '' ? '' : textOf(asObject(status(object)['capacity'])['storage']),
    ),
    text('Access Modes', (object) =>
      textOf(spec(object)['volumeName']) === '' ? '' : itemsOf(status(object)['accessModes']).map(shortMode).join(','),
    ),
    text('StorageClass', (object) => textOf(spec(object)['storageClassName'])),
    text('VolumeAttributesClass', (object) => orNone(spec(object)['volumeAttributesClassName'], '<unset>')),
    AGE,
    wide(text('VolumeMode', (object) => orNone(spec(object)['volumeMode'], '<unset>'))),
  ],
  'deployments.apps': DEPLOYMENTS,
  'replicasets.apps': REPLICA_SETS,
  'statefulsets.apps': [NAME, text('Ready', readyOf), AGE, ...CONTAINERS],
  'controllerrevisions.apps': [NAME, text('Controller', controllerName), text('Revision', (object) => object['revision']), AGE],
  'horizontalpodautoscalers.autoscaling': AUTOSCALERS,
  'leases.coordination.k8s.io': [NAME, text('Holder', (object) => textOf(spec(object)['holderIdentity'])), AGE],
  'endpointslices.discovery.k8s.io': [
    NAME,
    text('AddressType', (object) => textOf(object['addressType'])),
    text('Ports', (object) =>
      joinSome(
        listOf(object['ports']).map(({port}) => (port === undefined ? '*' : showScalar(port))),
        '<unset>',
      ),
    ),
    text('Endpoints', (object) =>
      joinSome(
        listOf(object['endpoints']).flatMap(({addresses}) => itemsOf(addresses).map(String)),
        '<unset>',
      ),
    ),
    AGE,
  ],
  'apiservices.apiregistration.k8s.io': [NAME, text('Service', serviceOfApi), text('Available', availability), AGE],
};

/** Kinds without columns of their own show their creation time, as the real one's custom resources do. */
const CREATED_AT: Column = {name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp};

export function columnsOf(type: ResourceType): readonly Column[] {
  return COLUMNS[qualified(type)] ?? [NAME, CREATED_AT];
}

const dataSize = (object: KubeObject): number =>
  Object.keys(strings(object['data'])).length + Object.keys(strings(object['binaryData'])).length;

const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const shortMode = (mode: unknown): string => SHORT_MODES[String(mode)] ?? '';

const MOST_SHOWN = 3;

function joinSome(all: readonly string[], none: string): string {
  if (all.length === 0) return none;
  const shown = all.slice(0, MOST_SHOWN).join(',');
  return all.length > MOST_SHOWN ? `${shown} + ${String(all.length - MOST_SHOWN)} more...` : shown;
}

function controllerName(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find(({controller}) => controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

function serviceOfApi(object: KubeObject): string {
  const {service} = spec(object);
  if (service === undefined) return 'Local';
  const {name, namespace} = asObject(service);
  return `${textOf(namespace)}/${textOf(name)}`;
}

function availability(object: KubeObject): string {
  const found = listOf(status(object)['conditions']).find(({type}) => type === 'Available');
  if (found === undefined) return 'Unknown';
  return found['status'] === 'True' ? 'True' : `${textOf(found['status'])} (${textOf(found['reason'])})`;
}
