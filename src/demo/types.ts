/** The kinds that the demo creates and watches. */
import type {ResourceType} from '../api/objects.ts';

const type = (group: string, version: string, kind: string, plural: string): ResourceType => ({
  group,
  version,
  kind,
  plural,
  namespaced: true,
});

export const DEPLOYMENT = type('apps', 'v1', 'Deployment', 'deployments');
export const STATEFUL_SET = type('apps', 'v1', 'StatefulSet', 'statefulsets');
export const POD = type('', 'v1', 'Pod', 'pods');
export const SERVICE = type('', 'v1', 'Service', 'services');
export const HPA = type('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
export const NAMESPACE: ResourceType = {...type('', 'v1', 'Namespace', 'namespaces'), namespaced: false};
export const CRD: ResourceType = {
  ...type('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  namespaced: false,
};
export const API_SERVICE: ResourceType = {...type('apiregistration.k8s.io', 'v1', 'APIService', 'apiservices'), namespaced: false};
