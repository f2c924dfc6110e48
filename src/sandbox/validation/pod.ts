/** The mistakes that people make in pods and pod templates, as the real API server reports them. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {StatusCause} from '../api-error.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import {duplicates, forbidden, invalidValue, label, nonNegative, notFoundValue, oneOf, portNumber, required} from './causes.ts';
import {validateResources} from './resources.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
const PROBE_TIMES = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** `extraVolumes` are names that come from elsewhere: a StatefulSet's claim templates. */
export function validatePodSpec(spec: Json, path: string, extraVolumes: readonly string[] = []): StatusCause[] {
  const containers = listOf(spec['containers']);
  const inits = listOf(spec['initContainers']);
  const volumes = listOf(spec['volumes']);
  const known = new Set([...volumes.map((volume) => textOf(volume['name'])), ...extraVolumes]);
  const each = (list: readonly Json[], name: string): StatusCause[] => [
    ...list.flatMap((container, at) => validateContainer(container, `${path}.${name}[${String(at)}]`, known)),
    ...duplicates(
      list.map((container) => container['name']),
      (at) => `${path}.${name}[${String(at)}].name`,
    ),
  ];
  return [
    ...validateVolumes(volumes, `${path}.volumes`),
    ...(containers.length === 0 ? [required(`${path}.containers`)] : each(containers, 'containers')),
    ...each(inits, 'initContainers'),
    ...oneOf(`${path}.restartPolicy`, spec['restartPolicy'], RESTART_POLICIES),
  ];
}

function validateVolumes(volumes: readonly Json[], path: string): StatusCause[] {
  const names = duplicates(
    volumes.map((volume) => volume['name']),
    (at) => `${path}[${String(at)}].name`,
  );
  const sources = volumes.flatMap((volume, at) => {
    const where = `${path}[${String(at)}]`;
    const [, second] = Object.keys(volume).filter((key) => key !== 'name');
    return [
      ...validateName(textOf(volume['name']), `${where}.name`),
      ...(second === undefined ? [] : [forbidden(`${where}.${second}`, 'may not specify more than 1 volume type')]),
    ];
  });
  return [...sources, ...names];
}

function validateName(name: string, field: string): StatusCause[] {
  return name === '' ? [required(field)] : label(name).map((why) => invalidValue(field, name, why));
}

function validateContainer(container: Json, path: string, volumes: ReadonlySet<string>): StatusCause[] {
  const image = textOf(container['image']);
  return [
    ...validateName(textOf(container['name']), `${path}.name`),
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...(image !== image.trim() ? [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')] : []),
    ...PROBES.flatMap((probe) => (container[probe] === undefined ? [] : validateProbe(asObject(container[probe]), `${path}.${probe}`))),
    ...validatePorts(listOf(container['ports']), `${path}.ports`),
    ...validateEnvironment(listOf(container['env']), `${path}.env`),
    ...validateMounts(listOf(container['volumeMounts']), `${path}.volumeMounts`, volumes),
    ...oneOf(`${path}.imagePullPolicy`, container['imagePullPolicy'], PULL_POLICIES),
    ...validateResources(asObject(container['resources']), `${path}.resources`),
  ];
}

function validateProbe(probe: Json, path: string): StatusCause[] {
  const [first, second] = HANDLERS.filter((handler) => probe[handler] !== undefined);
  return [
    ...(first === undefined ? [required(path, 'must specify a handler type')] : []),
    ...(second === undefined ? [] : [forbidden(`${path}.${second}`, 'may not specify more than 1 handler type')]),
    ...PROBE_TIMES.flatMap((time) => nonNegative(`${path}.${time}`, probe[time])),
    ...(['httpGet', 'tcpSocket'] as const).flatMap((handler) => portOrName(asObject(probe[handler])['port'], `${path}.${handler}.port`)),
  ];
}

const MAX_PORT_NAME = 15;

function validatePorts(ports: readonly Json[], path: string): StatusCause[] {
  const named = duplicates(
    ports.map((port) => port['name']),
    (at) => `${path}[${String(at)}].name`,
  );
  const each = ports.flatMap((port, at) => {
    const where = `${path}[${String(at)}]`;
    return [
      ...portName(port['name'], `${where}.name`),
      ...(port['containerPort'] === 0 ? [required(`${where}.containerPort`)] : portNumber(`${where}.containerPort`, port['containerPort'])),
      ...oneOf(`${where}.protocol`, port['protocol'], PROTOCOLS),
    ];
  });
  return [...each, ...named];
}

function portOrName(port: unknown, field: string): readonly StatusCause[] {
  return typeof port === 'number' ? portNumber(field, port) : portName(port, field);
}

function portName(name: unknown, field: string): StatusCause[] {
  if (typeof name !== 'string' || name === '') return [];
  const reasons = [
    ...(name.length > MAX_PORT_NAME ? ['must be no more than 15 characters'] : []),
    ...(/^[-a-z0-9]+$/u.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/u.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/u.test(name) ? ['must not begin or end with a hyphen'] : []),
  ];
  return reasons.map((why) => invalidValue(field, name, why));
}

const ENVIRONMENT_NAME = "a valid environment variable name must consist only of printable ASCII characters other than '='";

function validateEnvironment(variables: readonly Json[], path: string): StatusCause[] {
  return variables.flatMap((variable, at) => {
    const name = textOf(variable['name']);
    const field = `${path}[${String(at)}].name`;
    if (name === '') return [required(field)];
    return /^[ -<>-~]+$/u.test(name) ? [] : [invalidValue(field, name, ENVIRONMENT_NAME)];
  });
}

function validateMounts(mounts: readonly Json[], path: string, volumes: ReadonlySet<string>): StatusCause[] {
  const paths = mounts.map(({mountPath}) => mountPath);
  return mounts.flatMap((mount, at) => {
    const where = `${path}[${String(at)}]`;
    const name = textOf(mount['name']);
    const mountPath = textOf(mount['mountPath']);
    const isRepeated = mountPath !== '' && paths.indexOf(mountPath) < at;
    return [
      ...(name === '' ? [required(`${where}.name`)] : volumes.has(name) ? [] : [notFoundValue(`${where}.name`, name)]),
      ...(mountPath === '' ? [required(`${where}.mountPath`)] : []),
      ...(isRepeated ? [invalidValue(`${where}.mountPath`, mountPath, 'must be unique')] : []),
    ];
  });
}
