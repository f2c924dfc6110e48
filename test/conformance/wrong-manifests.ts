/** What a person gets wrong in a manifest, each a change of one that is right. */
interface Wrong {
  readonly what: string;
  readonly manifest: string;
}

function changed(base: string, what: string, [from, to]: readonly [string, string]): Wrong {
  if (!base.includes(from)) throw new Error(`${what}: the manifest does not contain ${from}`);
  return {what, manifest: base.replace(from, to)};
}

export const ENGINE = `apiVersion: apps/v1
kind: Deployment
metadata: {name: engine, labels: {app: engine}}
spec:
  replicas: 0
  selector: {matchLabels: {app: engine}}
  template:
    metadata: {labels: {app: engine}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: engine
        image: "engine:1"
        ports: [{containerPort: 8000, name: http}]
        env: [{name: X, value: "1"}]
        resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi}}
        readinessProbe: {httpGet: {port: http, path: /health}}
        livenessProbe: {tcpSocket: {port: 8000}, initialDelaySeconds: 5}
        volumeMounts: [{name: cache, mountPath: /cache}]
      volumes: [{name: cache, emptyDir: {}}]
`;
export const LLAMA = `apiVersion: resourcescalinggroup.com/v1
kind: ResourceScalingGroup
metadata: {name: llama}
spec:
  replicas: 1
  scalingGroupTask: {sortedGroupList: [group1]}
  group:
    groupID: group0
    targetResources:
    - {name: prefill, kind: deployment, version: apps/v1}
    - {name: decode, kind: statefulset, version: apps/v1}
`;

const RSGS: readonly (readonly [string, string, string])[] = [
  ['another kind', 'kind: ResourceScalingGroup\n', 'kind: ResourceScalingGruop\n'],
  ['a version that is not served', 'resourcescalinggroup.com/v1', 'resourcescalinggroup.com/v9'],
  ['a field misspelt', '  group:\n', '  gruop:\n'],
  ['fewer than no groups', 'replicas: 1', 'replicas: -1'],
  ['a word for a number', 'replicas: 1', 'replicas: one'],
  ['half a group', 'replicas: 1', 'replicas: 1.5'],
  ['more groups than a number holds', 'replicas: 1', 'replicas: 99999999999'],
  ['a field that the kind does not have', 'replicas: 1', 'replicas: 1\n  nosuch: 3'],
  ['a name in capitals', 'name: llama', 'name: Llama_1'],
  ['no name', 'name: llama', ''],
  ['a namespace that is not there', 'name: llama', 'name: llama, namespace: nosuch'],
  ['a group ID in capitals', 'groupID: group0', 'groupID: Group_0'],
  ['an empty group ID', 'groupID: group0', "groupID: ''"],
  ['a group twice in the list', '[group1]', '[group1, group1]'],
  ['a list that is none', '[group1]', 'group1'],
  ['a target without name', 'name: prefill, kind: deployment', 'kind: deployment'],
  ['a target twice', 'name: decode, kind: statefulset', 'name: prefill, kind: deployment'],
  ['a kind that cannot be cloned', 'kind: deployment', 'kind: daemonset'],
  ['a drain of negative length', 'replicas: 1', 'replicas: 1\n  scaleIn: {drain: {timeoutSeconds: -5}}'],
  ['an engine that nobody knows', 'replicas: 1', 'replicas: 1\n  metrics: {engine: nosuch}'],
];
const DEPLOYMENTS: readonly (readonly [string, string, string])[] = [
  ['fewer than no pods', 'replicas: 0', 'replicas: -1'],
  ['a word for a number', 'replicas: 0', 'replicas: one'],
  ['a field misspelt', 'replicas: 0', 'replicaz: 0'],
  ['a quantity with a strange unit', 'cpu: 100m', 'cpu: 100q'],
  ['a negative quantity', 'cpu: 100m', 'cpu: -1'],
  ['a request above the limit', 'memory: 1Gi', 'memory: 8Gi'],
  ['a container field misspelt', 'image: "engine:1"', 'imagee: x'],
  ['a container name in capitals', '- name: engine', '- name: Engine_'],
  ['a port out of range', 'containerPort: 8000', 'containerPort: 80000'],
  ['a port name that is too long', 'name: http}]', 'name: averyveryverylongname}]'],
  ['a probe of a port name that is too long', '{port: http, path', '{port: nosuchportnamewhichislong, path'],
  ['a probe of a port out of range', 'tcpSocket: {port: 8000}', 'tcpSocket: {port: 80000}'],
  ['a mount of no volume', 'name: cache, mountPath', 'name: nosuch, mountPath'],
  ['a volume field misspelt', 'emptyDir: {}', 'emptyDirr: {}'],
  ['a selector of other pods', 'matchLabels: {app: engine}', 'matchLabels: {app: other}'],
  ['no selector', '  selector: {matchLabels: {app: engine}}\n', ''],
  ['a negative grace period', 'terminationGracePeriodSeconds: 1', 'terminationGracePeriodSeconds: -1'],
  ['pods that are not restarted', 'terminationGracePeriodSeconds: 1', 'restartPolicy: Never'],
  ['a version that is not served', 'apps/v1', 'apps/v1beta9'],
  ['a list for a label', 'labels: {app: engine}}\nspec', 'labels: {app: [x]}}\nspec'],
  ['a number for a text', 'value: "1"', 'value: 1'],
  ['a negative delay', 'initialDelaySeconds: 5', 'initialDelaySeconds: -5'],
];

export const WRONG: readonly Wrong[] = [
  ...RSGS.map(([what, from, to]) => changed(LLAMA, `an RSG with ${what}`, [from, to])),
  ...DEPLOYMENTS.map(([what, from, to]) => changed(ENGINE, `a Deployment with ${what}`, [from, to])),
  {what: 'what is no YAML', manifest: 'a: ['},
  {what: 'a kind and no version', manifest: 'kind: Pod'},
  {what: 'nothing', manifest: ''},
  {what: 'an empty list', manifest: 'apiVersion: v1\nkind: List\nitems: []'},
];
