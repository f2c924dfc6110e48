/** What the real API server fills into Services, Secrets, Namespaces and EndpointSlices. Pure. */
import {createHash} from 'node:crypto';
import {asObject, strings, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {change, changeEach, fill, listOf, numberOf, textOf} from './fill.ts';

/** A number below `limit` that is always the same for one object: allocated addresses and ports need not be asked of anybody. */
function allotted(uid: string, purpose: string, limit: number): number {
  return createHash('sha256').update(`${purpose}/${uid}`).digest().readUInt32BE(0) % limit;
}

/** In 10.96.0.0/16, without the first ten. */
function clusterIp(uid: string): string {
  const at = 10 + allotted(uid, 'cluster-ip', 65_500);
  return `10.96.${String(at >> 8)}.${String(at & 255)}`;
}

const NODE_PORTS = {from: 30_000, count: 2768};

export function serviceDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const given = fill(object['spec'], {sessionAffinity: 'None', type: 'ClusterIP'});
  const ported = changeEach(given, 'ports', (port) => fill(port, {protocol: 'TCP', targetPort: port['port']}));
  const affine = change(ported, 'sessionAffinityConfig', (config) =>
    change(config, 'clientIP', (client) => fill(client, {timeoutSeconds: 10_800})),
  );
  if (affine['type'] === 'ExternalName') return {...object, spec: affine};
  const old = asObject(before?.['spec']);
  const address = textOf(affine['clusterIP'] ?? old['clusterIP']) || clusterIp(object.metadata.uid ?? '');
  const spec = fill(affine, {
    clusterIP: address,
    clusterIPs: [address],
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  return {...object, spec: exposed(spec, {uid: object.metadata.uid ?? '', old})};
}

/** Node ports, of the types that have them. */
function exposed(spec: Json, {uid, old}: {uid: string; old: Json}): Json {
  if (spec['type'] !== 'NodePort' && spec['type'] !== 'LoadBalancer') return spec;
  const balanced = spec['type'] === 'LoadBalancer' ? {allocateLoadBalancerNodePorts: true} : {};
  const oldPorts = listOf(old['ports']);
  return changeEach(fill(spec, {externalTrafficPolicy: 'Cluster', ...balanced}), 'ports', (port) => {
    const kept = oldPorts.find((one) => one['port'] === port['port'] && one['protocol'] === port['protocol']);
    const drawn = NODE_PORTS.from + allotted(uid, `port-${String(numberOf(port['port']))}`, NODE_PORTS.count);
    return fill(port, {nodePort: kept?.['nodePort'] ?? drawn});
  });
}

/** `stringData` is written into `data` and not kept. */
export function secretDefaults(object: KubeObject): KubeObject {
  const {stringData, ...kept} = object;
  const encoded = Object.entries(strings(stringData)).map(([key, value]): [string, string] => [key, Buffer.from(value).toString('base64')]);
  const data = encoded.length === 0 ? {} : {data: {...asObject(kept['data']), ...Object.fromEntries(encoded)}};
  const type = textOf(kept['type']) === '' ? 'Opaque' : kept['type'];
  return {...kept, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata, ...data, type};
}

export function namespaceDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const labels = {...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name};
  const metadata = {...object.metadata, labels};
  if (before !== undefined) return {...object, metadata, spec: before['spec']};
  return {...object, metadata, spec: {finalizers: ['kubernetes']}, status: {phase: 'Active'}};
}

export function endpointSliceDefaults(object: KubeObject): KubeObject {
  const filled = changeEach(object, 'ports', (port) => fill(port, {name: '', protocol: 'TCP'}));
  return {...filled, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata};
}
