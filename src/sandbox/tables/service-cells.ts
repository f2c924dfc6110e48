/** The two cells of a Service that take some working out. Pure. */
import {asObject} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {listOf, numberOf, textOf} from '../kinds/fill.ts';

export function externalAddress(service: KubeObject): string {
  const spec = asObject(service['spec']);
  const given = Array.isArray(spec['externalIPs']) ? spec['externalIPs'].map(String) : [];
  switch (spec['type']) {
    case 'ExternalName':
      return textOf(spec['externalName']);
    case 'LoadBalancer': {
      const ingress = listOf(asObject(asObject(service['status'])['loadBalancer'])['ingress']);
      const balanced = ingress.map(({ip, hostname}) => textOf(ip ?? hostname));
      return [...balanced, ...given].join(',') || '<pending>';
    }
    default:
      return given.join(',') || '<none>';
  }
}

export function portList(service: KubeObject): string {
  const ports = listOf(asObject(service['spec'])['ports']).map(({port, nodePort, protocol}) => {
    const outside = numberOf(nodePort) > 0 ? `:${String(nodePort)}` : '';
    return `${String(port)}${outside}/${textOf(protocol)}`;
  });
  return ports.join(',') || '<none>';
}
