/** CustomResourceDefinitions of kinds for tests: as much of each as RSG and its test controller need, with status and scale as the real one. */

interface Shape {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Paths of the scale subresource; without them the kind has none. */
  readonly scale?: {readonly spec: string; readonly status: string; readonly selector?: string};
  /** Properties of spec that the API server defaults or checks; anything else is kept as it is. */
  readonly spec?: object;
}

const OPEN = {type: 'object', 'x-kubernetes-preserve-unknown-fields': true};

function crd({group, version, kind, plural, scale, spec = {}}: Shape): object {
  const labels = scale?.selector === undefined ? {} : {labelSelectorPath: scale.selector};
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Names below *.k8s.io are protected: the API server wants a word on it.
      ...(group.endsWith('.k8s.io') ? {annotations: {'api-approved.kubernetes.io': 'unapproved, for tests'}} : {}),
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: {kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase()},
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: {
            status: {},
            ...(scale === undefined ? {} : {scale: {specReplicasPath: scale.spec, statusReplicasPath: scale.status, ...labels}}),
          },
          schema: {openAPIV3Schema: {type: 'object', properties: {spec: {...OPEN, properties: spec}, status: OPEN}}},
        },
      ],
    },
  };
}

/** Defaults and the rule for `subGroupPolicy` as the kind's webhook has them: it cannot be put on or taken off later. */
export const LEADER_WORKER_SET_CRD = crd({
  group: 'leaderworkerset.x-k8s.io',
  version: 'v1',
  kind: 'LeaderWorkerSet',
  plural: 'leaderworkersets',
  scale: {spec: '.spec.replicas', status: '.status.replicas', selector: '.status.hpaPodSelector'},
  spec: {
    replicas: {type: 'integer', default: 1, minimum: 0, maximum: 1000000},
    startupPolicy: {type: 'string', default: 'LeaderCreated', enum: ['LeaderCreated', 'LeaderReady']},
    leaderWorkerTemplate: {
      ...OPEN,
      properties: {size: {type: 'integer', default: 1, minimum: 1}, subGroupPolicy: OPEN},
      'x-kubernetes-validations': [
        {
          rule: 'has(self.subGroupPolicy) == has(oldSelf.subGroupPolicy)',
          message: 'subGroupPolicy cannot be put on or taken off after the lws is created',
        },
      ],
    },
  },
});

export const ROLE_BASED_GROUP_CRD = crd({
  group: 'workloads.x-k8s.io',
  version: 'v1alpha2',
  kind: 'RoleBasedGroup',
  plural: 'rolebasedgroups',
  spec: {
    roles: {
      type: 'array',
      items: {...OPEN, properties: {name: {type: 'string'}, replicas: {type: 'integer', default: 1, minimum: 0}}, required: ['name']},
    },
  },
});

/** A kind of an operator's own: other paths than any shipped kind, bare pods, a count that only the scale subresource may change. */
export const FLEET_CRD = crd({
  group: 'fleets.example.com',
  version: 'v1',
  kind: 'Fleet',
  plural: 'fleets',
  scale: {spec: '.spec.engines.count', status: '.status.engines', selector: '.status.selector'},
  spec: {engines: {...OPEN, properties: {count: {type: 'integer', default: 1, minimum: 0}}}},
});

export const FLEET_DECLARATION = {
  group: 'fleets.example.com',
  kind: 'Fleet',
  replicas: 'spec.engines.count',
  parking: 'scale',
  scaleSelector: 'status.selector',
  templates: [{path: 'spec.engines.pod'}],
  status: {replicas: 'status.engines', ready: 'status.ready', observedGeneration: 'status.generation'},
  nameLabels: ['fleets.example.com/name'],
  keptLabels: ['fleets.example.com/'],
} as const;
