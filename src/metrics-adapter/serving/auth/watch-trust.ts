/** Keeps the trust that kube-apiserver publishes; a change holds from the next request on, on open connections too. */
import type {ResourceType} from '../../../api/objects.ts';
import {startReflector, type Reflector, type ReflectorDeps} from '../../../kube/reflector.ts';
import {createStore} from '../../../kube/store.ts';
import {NO_TRUST, trustOf, type Trust} from './trust.ts';

const CONFIG_MAP: ResourceType = {group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true};
const NAMESPACE = 'kube-system';
const NAME = 'extension-apiserver-authentication';

export interface TrustWatch {
  /** The same object until it changes. */
  readonly current: () => Trust;
  readonly reflector: Reflector;
}

export function watchTrust(deps: ReflectorDeps, signal: AbortSignal): TrustWatch {
  let trust = NO_TRUST;
  const store = createStore();
  store.onChange((now) => {
    trust = trustOf(now);
    deps.log.info({requestHeaderCas: trust.requestHeaderCas.length, allowedNames: trust.allowedNames}, 'front-proxy trust was read');
  });
  const query = {type: CONFIG_MAP, namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}`};
  return {current: () => trust, reflector: startReflector({query, store}, deps, signal)};
}
