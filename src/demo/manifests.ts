/** The objects of the demo, as a user would write them. Pure. */
import {ENGINE_ANNOTATION} from '../compose/engines.ts';
import {GROUP, KIND, LABELS, VERSION} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import {DECODE_TARGET, PREFILL_TARGET, RATIO, REMOVAL_ORDER, RSG_NAME, SELECTORS, UTILIZATION, type Role} from './settings.ts';

export interface Place {
  readonly namespace: string;
  /** Where engines serve their metrics. */
  readonly enginePort: number;
  /** What its pods run. In the sandbox and under a simulated kubelet nothing does. */
  readonly image: string;
}

const OWN_KEY = 'app.kubernetes.io/managed-by';
const OWN_VALUE = 'rsg-demo';
/** Of the objects that the demo makes outside its namespace, and of the namespace. */
export const OWN_LABELS: Readonly<Record<string, string>> = {[OWN_KEY]: OWN_VALUE};

export function isOwn({metadata}: KubeObject): boolean {
  return metadata.labels?.[OWN_KEY] === OWN_VALUE;
}

/** Name of the APIService by which HPAs find External metrics. */
export const EXTERNAL_METRICS = 'v1beta1.external.metrics.k8s.io';

export function workload(role: Role, {namespace, enginePort, image}: Place): KubeObject {
  const kind = role === 'prefill' ? 'Deployment' : 'StatefulSet';
  const labels = SELECTORS[role];
  const container = {
    name: 'engine',
    image,
    // Only a real kubelet runs it.
    command: ['sleep', '86400'],
    ports: [{name: 'http', containerPort: enginePort}],
    resources: {requests: {cpu: '10m'}},
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {name: role, namespace},
    spec: {
      replicas: RATIO[role],
      selector: {matchLabels: labels},
      ...(kind === 'StatefulSet' ? {serviceName: role, podManagementPolicy: 'Parallel'} : {}),
      template: {
        metadata: {labels, annotations: {[ENGINE_ANNOTATION]: role}},
        spec: {terminationGracePeriodSeconds: 5, containers: [container]},
      },
    },
  };
}

export function service(role: Role, {namespace, enginePort}: Place): KubeObject {
  const spec = {selector: SELECTORS[role], ports: [{name: 'http', port: enginePort}]};
  return {apiVersion: 'v1', kind: 'Service', metadata: {name: role, namespace}, spec};
}

/** With engines that can be asked it also drains and has a load. */
export function rsg({namespace, enginePort}: Place, playsEngines: boolean): KubeObject {
  const metrics = {
    engine: 'vllm',
    port: enginePort,
    roles: {
      prefill: {saturation: [{signal: 'running', target: PREFILL_TARGET}]},
      decode: {saturation: [{signal: 'running', target: DECODE_TARGET}]},
    },
  };
  const drain = {timeoutSeconds: 30, settleSeconds: 1};
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind: KIND,
    metadata: {name: RSG_NAME, namespace},
    spec: {
      replicas: 1,
      scalingGroupTask: {sortedGroupList: REMOVAL_ORDER},
      group: {
        groupID: 'group0',
        targetResources: [
          {name: 'prefill', kind: 'deployment', version: 'apps/v1'},
          {name: 'decode', kind: 'statefulset', version: 'apps/v1'},
        ],
      },
      ...(playsEngines ? {scaleIn: {drain}, metrics} : {}),
    },
  };
}

export function hpa({namespace}: Place): KubeObject {
  const metric = {name: 'rsg_load', selector: {matchLabels: {rsg: RSG_NAME}}};
  const target = {type: 'AverageValue', averageValue: `${String(UTILIZATION * 1000)}m`};
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {name: RSG_NAME, namespace},
    spec: {
      scaleTargetRef: {apiVersion: `${GROUP}/${VERSION}`, kind: KIND, name: RSG_NAME},
      minReplicas: 1,
      maxReplicas: 8,
      metrics: [{type: 'External', external: {metric, target}}],
      behavior: {
        scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: 'Pods', value: 4, periodSeconds: 1}]},
        scaleDown: {stabilizationWindowSeconds: 4, policies: [{type: 'Percent', value: 100, periodSeconds: 1}]},
      },
    },
  };
}

/** By which the API server finds the metrics adapter on this machine. */
export function adapterService({namespace}: Place, port: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 'rsg-metrics-adapter', namespace},
    spec: {type: 'ExternalName', externalName: 'localhost', ports: [{port}]},
  };
}

export function apiService({namespace}: Place, port: number): KubeObject {
  const [version = '', ...rest] = EXTERNAL_METRICS.split('.');
  const group = rest.join('.');
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {name: EXTERNAL_METRICS, labels: {...OWN_LABELS, [LABELS.injectCa]: 'true'}},
    spec: {
      group,
      version,
      service: {name: 'rsg-metrics-adapter', namespace, port},
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  };
}
