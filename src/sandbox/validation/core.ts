/** The mistakes that people make in Services, ConfigMaps, Events, EndpointSlices, Leases and HorizontalPodAutoscalers. Pure. */
import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import {listOf, numberOf, textOf} from '../kinds/fill.ts';
import {duplicate, duplicates, forbidden, invalidValue, label, oneOf, portNumber, required} from './causes.ts';
import {validatePodSpec} from './pod.ts';

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const ADDRESS = z.union([z.ipv4(), z.ipv6()]);
const BAD_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function validateService(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object['spec']);
  const ports = listOf(spec['ports']);
  const address = textOf(spec['clusterIP']);
  const isHeadless = address === 'None';
  const isExternal = spec['type'] === 'ExternalName';
  const old = asObject(before?.['spec']);
  const moved = before !== undefined && !isExternal && old['clusterIP'] !== undefined && old['clusterIP'] !== address;
  return [
    ...(ports.length === 0 && !isHeadless && !isExternal ? [required('spec.ports')] : []),
    ...(isExternal && textOf(spec['externalName']) === '' ? [required('spec.externalName')] : []),
    ...(ports.length > 1
      ? ports.flatMap((port, at) => (textOf(port['name']) === '' ? [required(`spec.ports[${String(at)}].name`)] : []))
      : []),
    ...ports.flatMap((port, at) => servicePort(port, `spec.ports[${String(at)}]`)),
    ...duplicates(
      ports.map((port) => port['name']),
      (at) => `spec.ports[${String(at)}].name`,
    ),
    ...oneOf('spec.type', spec['type'], SERVICE_TYPES),
    ...(spec['type'] === 'ClusterIP' ? withoutNodePorts(ports) : repeatedNodePorts(ports)),
    ...samePorts(ports),
    ...(address !== '' && !isHeadless && !ADDRESS.safeParse(address).success
      ? [invalidValue('spec.clusterIPs[0]', address, BAD_ADDRESS)]
      : []),
    ...(moved ? [invalidValue('spec.clusterIPs[0]', spec['clusterIPs'], 'may not change once set')] : []),
  ];
}

const NODE_PORT_RANGE = 'provided port is not in the valid range. The range of valid ports is 30000-32767';

const nodePortField = (at: number): string => `spec.ports[${String(at)}].nodePort`;

function withoutNodePorts(ports: readonly Json[]): StatusCause[] {
  return ports.flatMap((port, at) =>
    numberOf(port['nodePort']) === 0 ? [] : [forbidden(nodePortField(at), "may not be used when `type` is 'ClusterIP'")],
  );
}

/** What the allocator refuses, which a dry run does not ask. */
export function allocateNodePorts(object: KubeObject): StatusCause[] {
  return listOf(asObject(object['spec'])['ports']).flatMap((port, at) => {
    const given = numberOf(port['nodePort']);
    return given === 0 || (given >= 30_000 && given <= 32_767) ? [] : [invalidValue(nodePortField(at), given, NODE_PORT_RANGE)];
  });
}

function repeatedNodePorts(ports: readonly Json[]): StatusCause[] {
  const keys = ports.map(({protocol, nodePort}) => `${textOf(protocol)} ${String(numberOf(nodePort))}`);
  return ports.flatMap(({nodePort}, at) =>
    numberOf(nodePort) === 0 || keys.indexOf(keys[at] ?? '') === at
      ? []
      : [invalidValue(nodePortField(at), nodePort, 'provided port is already allocated')],
  );
}

/** The value is told as the server's own struct, whose fields have other names. */
function samePorts(ports: readonly Json[]): StatusCause[] {
  const keys = ports.map(({protocol, port}) => `${textOf(protocol)} ${String(port)}`);
  return keys.flatMap((key, at) => {
    if (keys.indexOf(key) === at) return [];
    const {protocol, port} = ports[at] ?? {};
    const value = {Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0};
    return [duplicate(`spec.ports[${String(at)}]`, value)];
  });
}

function servicePort(port: Json, path: string): StatusCause[] {
  const name = textOf(port['name']);
  return [
    ...portNumber(`${path}.port`, port['port']),
    ...oneOf(`${path}.protocol`, port['protocol'], PROTOCOLS),
    ...portNumber(`${path}.targetPort`, port['targetPort']),
    ...(name === '' ? [] : label(name).map((why) => invalidValue(`${path}.name`, name, why))),
  ];
}

const CONFIG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

export function validateConfigKeys(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const data = ['data', 'binaryData'].flatMap((field) =>
    Object.keys(asObject(object[field])).flatMap((key) =>
      /^[-._a-zA-Z0-9]+$/u.test(key) ? [] : [invalidValue(`${field}[${key}]`, key, CONFIG_KEY)],
    ),
  );
  const frozen =
    before?.['immutable'] === true && !['data', 'binaryData', 'immutable'].every((key) => isDeepStrictEqual(before[key], object[key]));
  return [...data, ...(frozen ? [{reason: 'FieldValueForbidden', message: FROZEN, field: 'data'}] : [])];
}

const FROZEN = 'Forbidden: field is immutable when `immutable` is set';

export function validateEvent(object: KubeObject): StatusCause[] {
  const regarding = textOf(asObject(object['involvedObject'])['namespace']);
  const {namespace = ''} = object.metadata;
  // Events about objects without namespace live in `default`.
  if (regarding === namespace || (regarding === '' && namespace === 'default')) return [];
  return [invalidValue('involvedObject.namespace', regarding, 'does not match event.namespace')];
}

/** Unlike the real one's, addresses may be loopback: that is where simulated pods answer. */
export function validateEndpointSlice(object: KubeObject): readonly StatusCause[] {
  return oneOf('addressType', object['addressType'], ['FQDN', 'IPv4', 'IPv6']);
}

export function validateLease(object: KubeObject): StatusCause[] {
  const duration = asObject(object['spec'])['leaseDurationSeconds'];
  if (typeof duration !== 'number' || duration > 0) return [];
  return [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')];
}

const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePod(object: KubeObject, before: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object['spec']);
  const frozen = before !== undefined && !isDeepStrictEqual(fixedSpec(spec), fixedSpec(asObject(before['spec'])));
  return [
    ...validatePodSpec(spec, 'spec'),
    ...(frozen ? [{reason: 'FieldValueForbidden', message: `Forbidden: ${POD_UPDATE}`, field: 'spec'}] : []),
  ];
}

/** Who binds a pod to a node writes nodeName; the images may change. */
function fixedSpec(spec: Json): Json {
  const {nodeName: _node, activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest} = spec;
  const withoutImages = (list: unknown): Json[] => listOf(list).map((container) => ({...container, image: undefined}));
  return {...rest, containers: withoutImages(rest['containers']), initContainers: withoutImages(rest['initContainers'])};
}
