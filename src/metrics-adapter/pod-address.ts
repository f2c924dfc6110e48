/** Where a pod serves its metrics: its own IP, never its node's, and a port by number or by the name of a container's port. Pure. */
import type {KubeObject} from '../api/objects.ts';
import {asObject, strings} from '../api/json.ts';
import type {Endpoint} from './presets/preset.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly scheme: 'http' | 'https';
}

export interface AddressRules {
  /** Pods of the host network share their node's address, whose other ports are not the RSG's author's to reach. */
  readonly allowHostNetwork: boolean;
}

export function addressOf(pod: KubeObject, endpoint: Endpoint, rules: AddressRules): Address | {readonly problem: string} {
  const spec = asObject(pod['spec']);
  if (spec['hostNetwork'] === true && !rules.allowHostNetwork) {
    return {problem: 'it is on its host network, which is not scraped unless the adapter is started with --allow-host-network'};
  }
  const host = strings(pod['status'])['podIP'];
  if (host === undefined || host === '') return {problem: 'it has no IP yet'};
  const port = typeof endpoint.port === 'number' ? endpoint.port : portNamed(spec, endpoint.port);
  if (port === undefined) return {problem: `it has no container port named ${String(endpoint.port)}`};
  return {host, port, path: endpoint.path, scheme: endpoint.scheme};
}

function portNamed(spec: Readonly<Record<string, unknown>>, name: string): number | undefined {
  if (/^\d{1,5}$/u.test(name)) return Number(name);
  const containers = [spec['containers'], spec['initContainers']].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const ports = containers.flatMap((container): unknown[] => {
    const all = asObject(container)['ports'];
    return Array.isArray(all) ? all : [];
  });
  const found = ports.map(asObject).find((port) => port['name'] === name)?.['containerPort'];
  return typeof found === 'number' ? found : undefined;
}

export function urlOf({host, port, path, scheme}: Address): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${String(port)}${path}`;
}

/** Its engine may hold requests. Also while it is being deleted, until its grace period ends. */
export function isStarted(pod: KubeObject): boolean {
  return strings(pod['status'])['phase'] === 'Running';
}

export function isLeaving(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isRunning(pod: KubeObject): boolean {
  return isStarted(pod) && !isLeaving(pod);
}
