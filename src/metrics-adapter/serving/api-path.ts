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
  if (segments === undefined || segments.includes('')) return undefined;
  const [root, group, version, namespaces, namespace, ...rest] = segments;
  if (root !== 'apis' || namespaces !== 'namespaces' || version === undefined || namespace === undefined) return undefined;
  if (group === EXTERNAL) return externalRequest({group, version, namespace}, rest);
  return group === CUSTOM ? customRequest({group, version, namespace}, rest) : undefined;
}

type Scope = Pick<ResourceAttributes, 'group' | 'version' | 'namespace'>;

function externalRequest(scope: Scope, [metric, ...more]: readonly string[]): ApiRequest | undefined {
  if (scope.version !== 'v1beta1' || metric === undefined || more.length > 0) return undefined;
  return {api: 'external', namespace: scope.namespace, metric, attributes: {...scope, verb: 'list', resource: metric}};
}

function customRequest(scope: Scope, [resource, name, metric, ...more]: readonly string[]): ApiRequest | undefined {
  const version = VERSIONS[CUSTOM].find((one) => one === scope.version);
  if (version === undefined || resource === undefined || name === undefined || more.length > 0) return undefined;
  const {namespace} = scope;
  const attributes = {...scope, verb: 'get' as const, resource, name};
  if (metric !== undefined)
    return {api: 'object', version, namespace, resource, name, metric, attributes: {...attributes, subresource: metric}};
  return resource === 'metrics' ? {api: 'namespace', version, namespace, metric: name, attributes} : undefined;
}

/** Its segments without escapes (`%2A` is `*`); undefined when an escape is broken. */
function decoded(path: string): string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
