/**
 * What a request on an aggregated API asks for, and what rights it takes: the resource attributes that kube-apiserver derives from the same
 * path (k8s.io/apiserver, RequestInfo), so that both servers decide alike. Pure.
 */

export const EXTERNAL = 'external.metrics.k8s.io';
export const CUSTOM = 'custom.metrics.k8s.io';
export const VERSIONS = {[EXTERNAL]: ['v1beta1'], [CUSTOM]: ['v1beta2', 'v1beta1']} as const;

/** `resource` and `name` as in the path; `metric` is a subresource on an object. */
export interface ResourceAttributes {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly verb: 'get' | 'list';
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
}

export type CustomVersion = (typeof VERSIONS)[typeof CUSTOM][number];

export type ApiRequest = {readonly attributes: ResourceAttributes} & (
  | {readonly api: 'external'; readonly namespace: string; readonly metric: string}
  /** `name` may be `*`. */
  | {
      readonly api: 'object';
      readonly version: CustomVersion;
      readonly namespace: string;
      readonly resource: string;
      readonly name: string;
      readonly metric: string;
    }
  /** A metric that describes the namespace itself. */
  | {readonly api: 'namespace'; readonly version: CustomVersion; readonly namespace: string; readonly metric: string}
);

/** Undefined when the path is none of these APIs'. The path comes without its query. */
export function readApiPath(path: string): ApiRequest | undefined {
  const segments = decoded(path);
  if (segments === undefined) return undefined;
  const [root, group, version = '', namespaces, namespace = '', ...rest] = segments;
  if (root !== 'apis' || namespaces !== 'namespaces' || namespace === '' || rest.length === 0 || rest.includes('')) return undefined;
  const common = {version, namespace};
  const [first = '', second, third, more] = rest;
  if (group === EXTERNAL) {
    if (version !== 'v1beta1' || second !== undefined) return undefined;
    return {api: 'external', namespace, metric: first, attributes: {...common, group, verb: 'list', resource: first}};
  }
  const served = VERSIONS[CUSTOM].find((one) => one === version);
  if (group !== CUSTOM || served === undefined || second === undefined || more !== undefined) return undefined;
  const attributes = {...common, group, verb: 'get' as const, resource: first, name: second};
  if (third === undefined) return first === 'metrics' ? {api: 'namespace', version: served, namespace, metric: second, attributes} : undefined;
  const object = {api: 'object' as const, version: served, namespace, resource: first, name: second, metric: third};
  return {...object, attributes: {...attributes, subresource: third}};
}

/** Its segments without escapes (`%2A` is `*`); undefined when an escape is broken. */
function decoded(path: string): string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
