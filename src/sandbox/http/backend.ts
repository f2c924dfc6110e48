/** Who serves an aggregated API, as its APIService and that one's Service say. Pure. */
import {asObject} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import type {ObjectStore} from '../object-store.ts';
import {ENDPOINT_SLICE, SERVICE} from '../resource-types.ts';

export interface Backend {
  readonly host: string;
  readonly port: number;
  /** PEM text; undefined where the APIService asks not to verify. */
  readonly ca: string | undefined;
}

/** Why an APIService cannot be used, as its condition `Available` tells it. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** Undefined where there is none, or none that can be reached from here: pods of the sandbox run no servers of APIs. */
export function backendOf(apiService: KubeObject, store: ObjectStore): Backend | undefined {
  const spec = asObject(apiService['spec']);
  const {namespace, name, port} = asObject(spec['service']);
  const service = store.get(SERVICE, textOf(namespace), textOf(name));
  const target = asObject(service?.['spec']);
  const host = target['type'] === 'ExternalName' ? textOf(target['externalName']) : '';
  if (host === '') return undefined;
  const bundle = textOf(spec['caBundle']);
  const isOpen = spec['insecureSkipTLSVerify'] === true || bundle === '';
  return {host, port: typeof port === 'number' ? port : 443, ca: isOpen ? undefined : Buffer.from(bundle, 'base64').toString('utf8')};
}

/** What an APIService names and is not there: the Service, its port, somebody behind it. */
export function missingPart(apiService: KubeObject, store: ObjectStore): Problem | undefined {
  const {namespace, name, port = 443} = asObject(asObject(apiService['spec'])['service']);
  const [space, called] = [textOf(namespace), textOf(name)];
  const service = store.get(SERVICE, space, called);
  const which = `service/${called} in "${space}"`;
  if (service === undefined) return {reason: 'ServiceNotFound', message: `${which} is not present`};
  const spec = asObject(service['spec']);
  if (spec['type'] === 'ExternalName') return undefined;
  const served = listOf(spec['ports']).find((one) => one['port'] === port);
  if (served === undefined) return {reason: 'ServicePortError', message: `${which} is not listening on port ${String(port)}`};
  const slices = store.list(ENDPOINT_SLICE, space).filter(({metadata}) => metadata.labels?.['kubernetes.io/service-name'] === called);
  if (slices.length === 0) return {reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${which}`};
  const missing = `endpointslices for ${which} have no addresses with port name "${textOf(served['name'])}"`;
  return {reason: 'MissingEndpoints', message: missing};
}
