/**
 * The APIServices that are ours: their Services name what the certificate must be valid for, and their `caBundle` is kept at the CA in use.
 * Ours is what carries our label, is of a group that we serve, and does not skip verification. Nothing else is ever written.
 */
import {LABELS} from '../../../api/labels.ts';
import {asObject} from '../../../api/json.ts';
import type {KubeObject, ResourceType} from '../../../api/objects.ts';
import {startReflector, type ReflectorDeps} from '../../../kube/reflector.ts';
import {createStore} from '../../../kube/store.ts';
import {messageOf} from '../../../runtime/errors.ts';
import {CUSTOM, EXTERNAL} from '../api-path.ts';

export const API_SERVICE: ResourceType = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
};

export interface ApiServices {
  /** Resolves once they are known, or the signal aborts. */
  readonly synced: Promise<void>;
  /** `{service}.{namespace}.svc` of each. */
  dnsNames(): readonly string[];
  /** The CA, PEM, that they are to trust from now on. */
  trust(ca: string): void;
  readonly done: Promise<void>;
}

export function keepApiServices(onChange: () => void, deps: ReflectorDeps, signal: AbortSignal): ApiServices {
  const {client, log} = deps;
  const store = createStore();
  const query = {type: API_SERVICE, labelSelector: `${LABELS.injectCa}=true`};
  const reflector = startReflector({query, store}, deps, signal);
  let bundle: string | undefined;
  const inject = async (object: KubeObject): Promise<void> => {
    if (bundle === undefined || !isOurs(object) || asObject(object['spec'])['caBundle'] === bundle) return;
    const {name, resourceVersion} = object.metadata;
    try {
      const patch = {metadata: {resourceVersion}, spec: {caBundle: bundle}};
      store.apply(await client.patch({type: API_SERVICE, name}, patch, {signal}));
      log.info({apiService: name}, 'the CA was written into caBundle');
    } catch (error) {
      // Whatever made it fail (a change meanwhile, most of the time) comes with the watch, or the next certificate.
      if (!signal.aborted) log.warn({apiService: name, error: messageOf(error)}, 'caBundle could not be written');
    }
  };
  store.onChange((now) => {
    onChange();
    if (now !== undefined) void inject(now);
  });
  return {
    synced: reflector.synced,
    dnsNames: () => [...new Set(store.list().filter(isOurs).flatMap(serviceName))],
    trust: (ca) => {
      bundle = Buffer.from(ca).toString('base64');
      for (const object of store.list()) void inject(object);
    },
    done: reflector.done,
  };
}

function isOurs(object: KubeObject): boolean {
  const spec = asObject(object['spec']);
  const labelled = object.metadata.labels?.[LABELS.injectCa] === 'true';
  return labelled && (spec['group'] === EXTERNAL || spec['group'] === CUSTOM) && spec['insecureSkipTLSVerify'] !== true;
}

function serviceName(object: KubeObject): string[] {
  const {name, namespace} = asObject(asObject(object['spec'])['service']);
  return typeof name === 'string' && typeof namespace === 'string' ? [`${name}.${namespace}.svc`] : [];
}
