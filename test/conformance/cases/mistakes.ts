/** Common mistakes in built-in kinds, and what the real API server says of each: `field: message`. */
import {AUTOSCALERS, CONFIG_MAPS, configMap, DEPLOYMENTS, SERVICES, STATEFUL_SETS, workload} from './objects.ts';

interface Mistake {
  readonly what: string;
  readonly path: string;
  readonly body: object;
  readonly expected: readonly string[];
}

type Change = Parameters<typeof workload>[2];

const deployment = (what: string, change: Change, ...expected: readonly string[]): Mistake => ({
  what: `a Deployment with ${what}`,
  path: DEPLOYMENTS,
  body: workload('Deployment', 'x', change),
  expected,
});
const statefulSet = (what: string, spec: object, ...expected: readonly string[]): Mistake => ({
  what: `a StatefulSet with ${what}`,
  path: STATEFUL_SETS,
  body: workload('StatefulSet', 'x', {spec}),
  expected,
});
const service = (what: string, spec: object, ...expected: readonly string[]): Mistake => ({
  what: `a Service with ${what}`,
  path: SERVICES,
  body: {apiVersion: 'v1', kind: 'Service', metadata: {name: 'x'}, spec},
  expected,
});
const autoscaler = (what: string, spec: object, ...expected: readonly string[]): Mistake => ({
  what: `a HorizontalPodAutoscaler with ${what}`,
  path: AUTOSCALERS,
  body: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {name: 'x'},
    spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'x'}, ...spec},
  },
  expected,
});

const CONTAINER = 'spec.template.spec.containers[0]';
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NOT_NEGATIVE = 'Invalid value: -1: must be greater than or equal to 0';
const MISMATCH = 'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';

export const BUILT_IN_MISTAKES: readonly Mistake[] = [
  deployment('replicas below 0', {spec: {replicas: -1}}, `spec.replicas: ${NOT_NEGATIVE}`),
  deployment('no selector', {spec: {selector: undefined}}, 'spec.selector: Required value', MISMATCH),
  deployment('an empty selector', {spec: {selector: {}}}, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'),
  deployment('a selector of other pods', {spec: {selector: {matchLabels: {app: 'y'}}}}, MISMATCH),
  deployment('no containers', {pod: {containers: []}}, 'spec.template.spec.containers: Required value'),
  deployment('no image', {container: {image: undefined}}, `${CONTAINER}.image: Required value`),
  deployment('a container without name', {container: {name: undefined}}, `${CONTAINER}.name: Required value`),
  deployment('a container name that is none', {container: {name: 'A_b'}}, `${CONTAINER}.name: Invalid value: "A_b": ${LABEL}`),
  deployment(
    'two containers of one name',
    {
      pod: {
        containers: [
          {name: 'a', image: 'a'},
          {name: 'a', image: 'a'},
        ],
      },
    },
    'spec.template.spec.containers[1].name: Duplicate value: "a"',
  ),
  deployment(
    'pods that are not restarted',
    {pod: {restartPolicy: 'Never'}},
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ),
  deployment(
    'a pull policy that does not exist',
    {container: {imagePullPolicy: 'Often'}},
    `${CONTAINER}.imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"`,
  ),
  deployment(
    'a port out of range',
    {container: {ports: [{containerPort: 70_000}]}},
    `${CONTAINER}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
  ),
  deployment(
    'two ports of one name',
    {
      container: {
        ports: [
          {containerPort: 1, name: 'a'},
          {containerPort: 2, name: 'a'},
        ],
      },
    },
    `${CONTAINER}.ports[1].name: Duplicate value: "a"`,
  ),
  deployment(
    'a mount of no volume',
    {container: {volumeMounts: [{name: 'v', mountPath: '/v'}]}},
    `${CONTAINER}.volumeMounts[0].name: Not found: "v"`,
  ),
  deployment(
    'a volume of two kinds',
    {pod: {volumes: [{name: 'v', emptyDir: {}, hostPath: {path: '/v'}}]}},
    'spec.template.spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
  ),
  deployment(
    'a request above its limit',
    {container: {resources: {requests: {cpu: '2'}, limits: {cpu: '1'}}}},
    `${CONTAINER}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
  ),
  deployment(
    'accelerators without a limit',
    {container: {resources: {requests: {'nvidia.com/gpu': '1'}}}},
    `${CONTAINER}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
  ),
  deployment(
    'a probe of nothing',
    {container: {readinessProbe: {}}},
    `${CONTAINER}.readinessProbe: Required value: must specify a handler type`,
  ),
  deployment(
    'a strategy that does not exist',
    {spec: {strategy: {type: 'Slow'}}},
    'spec.strategy: Unsupported value: {"Type":"Slow","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
  ),
  deployment(
    'neither surge nor unavailable pods',
    {spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}},
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ),
  statefulSet(
    'a pod management policy that does not exist',
    {podManagementPolicy: 'Chaos'},
    "spec.podManagementPolicy: Invalid value: \"Chaos\": must be 'OrderedReady' or 'Parallel'",
  ),
  statefulSet('replicas below 0', {replicas: -1}, `spec.replicas: ${NOT_NEGATIVE}`),
  statefulSet(
    'a retention policy that does not exist',
    {persistentVolumeClaimRetentionPolicy: {whenScaled: 'Keep'}},
    'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
  ),
  statefulSet(
    'an empty claim',
    {volumeClaimTemplates: [{metadata: {name: 'v'}, spec: {}}]},
    'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
    'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
  ),
  service('no ports', {}, 'spec.ports: Required value'),
  service(
    'two ports without names',
    {ports: [{port: 1}, {port: 2}]},
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ),
  service(
    'a type that does not exist',
    {type: 'Magic', ports: [{port: 1}]},
    'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ),
  service(
    'the same port twice',
    {
      ports: [
        {name: 'a', port: 80},
        {name: 'b', port: 80},
      ],
    },
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ),
  service(
    'a node port without being of that type',
    {ports: [{port: 80, nodePort: 30_080}]},
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ),
  service(
    'the same node port twice',
    {
      type: 'NodePort',
      ports: [
        {name: 'a', port: 80, nodePort: 30_080},
        {name: 'b', port: 81, nodePort: 30_080},
      ],
    },
    'spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated',
  ),
  service('no external name', {type: 'ExternalName'}, 'spec.externalName: Required value'),
  autoscaler(
    'a maximum below the minimum',
    {minReplicas: 3},
    'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
  ),
  autoscaler(
    'no target',
    {scaleTargetRef: undefined},
    'spec.scaleTargetRef.kind: Required value',
    'spec.scaleTargetRef.name: Required value',
    'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
  ),
  autoscaler(
    'a metric of no kind',
    {metrics: [{type: 'External'}]},
    'spec.metrics[0].external: Required value: must populate information for the given metric source',
  ),
  autoscaler(
    'scale to zero on cpu',
    {minReplicas: 0},
    'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
  ),
  autoscaler(
    'a stabilization window over an hour',
    {behavior: {scaleDown: {stabilizationWindowSeconds: 3601}}},
    'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
  ),
  {
    what: 'a ConfigMap with a key that is none',
    path: CONFIG_MAPS,
    body: configMap('x', {data: {'a b': 'c'}}),
    expected: [
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  },
  {
    what: 'a name that is none',
    path: CONFIG_MAPS,
    body: configMap('A_b'),
    expected: [
      "metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  },
  {what: 'no name', path: CONFIG_MAPS, body: configMap(''), expected: ['metadata.name: Required value: name or generateName is required']},
];

const HANDLED = 'Deployment in version "v1" cannot be handled as a Deployment:';

export const TYPE_MISTAKES: readonly {readonly what: string; readonly path: string; readonly body: object; readonly message: string}[] = [
  {
    what: 'replicas as a text',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {spec: {replicas: 'two'}}),
    message: `${HANDLED} json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    what: 'half a replica',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {spec: {replicas: 1.5}}),
    message: `${HANDLED} json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
  },
  {
    what: 'containers that are no list',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {pod: {containers: {}}}),
    message: `${HANDLED} json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container`,
  },
  {
    what: 'a number as the value of a variable',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {container: {env: [{name: 'A', value: 1}]}}),
    message: `${HANDLED} json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string`,
  },
  {
    what: 'a quantity that is none',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {container: {resources: {requests: {cpu: 'some'}}}}),
    message: `${HANDLED} quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  },
  {
    what: 'fields that do not exist',
    path: DEPLOYMENTS,
    body: workload('Deployment', 'x', {spec: {replica: 2}, container: {imag: 'x'}}),
    message: `${HANDLED} strict decoding error: unknown field "spec.template.spec.containers[0].imag", unknown field "spec.replica"`,
  },
];
