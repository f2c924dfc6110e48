/** What the real API server fills into pods and pod templates (core/v1 defaults, and the admission plugins for pods). Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {hashOf} from '../sim/hash.ts';
import {change, changeEach, fill, listOf, textOf} from './fill.ts';

const CONTAINER_LISTS = ['containers', 'initContainers'] as const;
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const NODE_PROBLEM_SECONDS = 300;

export function podSpecDefaults(spec: Json): Json {
  let result = fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
  });
  if (result['serviceAccountName'] !== undefined) result = fill(result, {serviceAccount: result['serviceAccountName']});
  for (const list of CONTAINER_LISTS) {
    result = changeEach(result, list, (container) => containerDefaults(container, result['hostNetwork'] === true));
  }
  return changeEach(result, 'volumes', volumeDefaults);
}

function containerDefaults(container: Json, hostNetwork: boolean): Json {
  let result = fill(container, {
    imagePullPolicy: pullPolicy(textOf(container['image'])),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  });
  result = changeEach(result, 'ports', (port) => fill(port, {protocol: 'TCP', ...(hostNetwork ? {hostPort: port['containerPort']} : {})}));
  for (const probe of PROBES) result = change(result, probe, probeDefaults);
  for (const hook of ['postStart', 'preStop']) {
    result = change(result, 'lifecycle', (lifecycle) => change(lifecycle, hook, (handler) => change(handler, 'httpGet', httpDefaults)));
  }
  result = changeEach(result, 'env', (variable) =>
    change(variable, 'valueFrom', (from) => change(from, 'fieldRef', (ref) => fill(ref, {apiVersion: 'v1'}))),
  );
  return result;
}

function pullPolicy(image: string): string {
  const [reference = ''] = image.split('@');
  const tag = /:([^:/]+)$/u.exec(reference)?.[1];
  const isLatest = !image.includes('@') && (tag === undefined || tag === 'latest');
  return isLatest ? 'Always' : 'IfNotPresent';
}

function probeDefaults(probe: Json): Json {
  const filled = fill(probe, {timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3});
  return change(change(filled, 'httpGet', httpDefaults), 'grpc', (grpc) => fill(grpc, {service: ''}));
}

const httpDefaults = (get: Json): Json => fill(get, {path: '/', scheme: 'HTTP'});

/** Pods only: templates stay as written. */
function withRequests(spec: Json): Json {
  return CONTAINER_LISTS.reduce<Json>(
    (result, list) => changeEach(result, list, (container) => change(container, 'resources', requestsFromLimits)),
    spec,
  );
}

function requestsFromLimits(resources: Json): Json {
  const limits = asObject(resources['limits']);
  if (Object.keys(limits).length === 0) return resources;
  return {...resources, requests: fill(resources['requests'], limits)};
}

function volumeDefaults(volume: Json): Json {
  let result = volume;
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    result = change(result, source, (inner) => fill(inner, {defaultMode: 420}));
  }
  result = change(result, 'hostPath', (path) => fill(path, {type: ''}));
  result = change(result, 'projected', (projected) =>
    changeEach(projected, 'sources', (source) => change(source, 'serviceAccountToken', (token) => fill(token, {expirationSeconds: 3600}))),
  );
  return result;
}

/** A pod as it is stored when created: admitted, not yet scheduled. */
export function podDefaults(pod: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = fill(podSpecDefaults(asObject(pod['spec'])), {enableServiceLinks: true});
  if (before !== undefined) return {...pod, spec};
  const admitted = withTokenVolume(
    fill(withRequests(spec), {
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [],
    }),
    pod.metadata.uid ?? '',
  );
  const tolerations = withNodeTolerations(listOf(admitted['tolerations']));
  return {...pod, spec: {...admitted, tolerations}, status: {phase: 'Pending', qosClass: qosClass(admitted)}};
}

function withNodeTolerations(given: readonly Json[]): readonly Json[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].flatMap((key) => {
    const covered = given.some(
      (one) => (one['key'] === key || one['key'] === undefined) && (one['effect'] === 'NoExecute' || one['effect'] === undefined),
    );
    return covered ? [] : [{key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: NODE_PROBLEM_SECONDS}];
  });
  return [...given, ...added];
}

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The service account's token, as the admission plugin mounts it into every container. */
function withTokenVolume(spec: Json, uid: string): Json {
  if (spec['automountServiceAccountToken'] === false) return spec;
  const name = `kube-api-access-${hashOf(uid).slice(0, 5)}`;
  const mount = {name, mountPath: TOKEN_PATH, readOnly: true};
  const mounted = (container: Json): Json => {
    const mounts = listOf(container['volumeMounts']);
    return mounts.some(({mountPath}) => mountPath === TOKEN_PATH) ? container : {...container, volumeMounts: [...mounts, mount]};
  };
  const namespaceField = {path: 'namespace', fieldRef: {apiVersion: 'v1', fieldPath: 'metadata.namespace'}};
  const sources = [
    {serviceAccountToken: {expirationSeconds: 3607, path: 'token'}},
    {configMap: {name: 'kube-root-ca.crt', items: [{key: 'ca.crt', path: 'ca.crt'}]}},
    {downwardAPI: {items: [namespaceField]}},
  ];
  const volumes = [...listOf(spec['volumes']), {name, projected: {defaultMode: 420, sources}}];
  return CONTAINER_LISTS.reduce<Json>((result, list) => changeEach(result, list, mounted), {...spec, volumes});
}

function qosClass(spec: Json): string {
  const all = listOf(spec['containers']).map((container) => asObject(container['resources']));
  const given = (resources: Json): number =>
    Object.keys(asObject(resources['limits'])).length + Object.keys(asObject(resources['requests'])).length;
  if (all.every((resources) => given(resources) === 0)) return 'BestEffort';
  const guaranteed = all.every((resources) =>
    ['cpu', 'memory'].every((name) => {
      const limit = asObject(resources['limits'])[name];
      return limit !== undefined && asObject(resources['requests'])[name] === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
