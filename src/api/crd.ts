/** Renders the CustomResourceDefinition from the zod schema, in the structural form that the API server takes. */
import {z} from 'zod';
import {GROUP, KIND, PLURAL, VERSION} from './labels.ts';
import {specSchema, statusSchema} from './schema.ts';

type Json = Record<string, unknown>;
interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** `namespace` is a reserved word of CEL: written as such the API server finds no bound for its length, and refuses the rule's cost. */
const NAMESPACE = '__namespace__';
const SAME_NAMESPACE = `has(t.${NAMESPACE}) == has(u.${NAMESPACE}) && (!has(t.${NAMESPACE}) || t.${NAMESPACE} == u.${NAMESPACE})`;
const SAME_TARGET = `t.name == u.name && t.kind == u.kind && t.version == u.version && ${SAME_NAMESPACE}`;

/** Rules that look at more than one field, by the path of the schema they belong to. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  'spec.group': [
    {
      rule: 'self.groupID == oldSelf.groupID',
      message: 'groupID cannot be changed: it names the originals in sortedGroupList; delete the RSG and create it with the new groupID',
      fieldPath: '.groupID',
    },
    {
      rule: `self.targetResources.all(t, self.targetResources.exists_one(u, ${SAME_TARGET}))`,
      message: 'targetResources names the same workload twice: remove one of the entries',
      fieldPath: '.targetResources',
    },
  ],
  'spec.metrics': [
    {
      rule: "!has(self.engine) || self.engine != 'custom' || has(self.names)",
      message: 'names is required with engine custom: give the metric name of each signal',
      fieldPath: '.engine',
    },
  ],
  'spec.metrics.demand': [
    {
      rule: 'has(self.service) != has(self.podSelector)',
      message: 'demand needs exactly one of service and podSelector',
    },
    {
      rule: "!has(self.preset) || self.preset != 'custom' || has(self.metric)",
      message: 'metric is required with preset custom: name the gauge of waiting requests',
      fieldPath: '.preset',
    },
  ],
};

const NAME_RULE: Rule = {
  rule: 'self.metadata.name.size() <= 63',
  message: 'metadata.name must be at most 63 characters: it becomes a label value',
  fieldPath: '.metadata.name',
};

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** zod's JSON schema, made structural: unions of scalars become int-or-string, patterns become rules with a message. */
function structural(node: unknown, path: string): unknown {
  if (Array.isArray(node)) return node.map((item) => structural(item, path));
  if (!isObject(node)) return node;
  if (Array.isArray(node['anyOf'])) return {...describe(node), 'x-kubernetes-int-or-string': true};
  const {additionalProperties, properties, items, pattern, hint, ...rest} = node;
  const {propertyNames: _names, ...kept} = rest;
  const rules: Rule[] = [...(RULES[path] ?? [])];
  if (typeof pattern === 'string' && typeof hint === 'string') {
    rules.push({rule: `self.matches(${JSON.stringify(pattern)})`, message: hint});
  }
  return {
    ...bounded(kept),
    ...(isObject(properties)
      ? {properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, structural(inner, `${path}.${name}`)]))}
      : {}),
    ...(isObject(additionalProperties) ? {additionalProperties: structural(additionalProperties, `${path}.*`), maxProperties: 32} : {}),
    ...(items === undefined ? {} : {items: structural(items, `${path}[]`)}),
    ...(rules.length > 0 ? {'x-kubernetes-validations': rules} : {}),
  };
}

function describe(node: Json): Json {
  return node['description'] === undefined ? {} : {description: node['description']};
}

/** zod bounds every integer by what JavaScript can hold; for the API server that is int64. */
function bounded(node: Json): Json {
  if (node['type'] !== 'integer') return node;
  const {minimum, maximum, ...rest} = node;
  return {
    ...rest,
    format: 'int64',
    ...(minimum === Number.MIN_SAFE_INTEGER ? {} : {minimum}),
    ...(maximum === Number.MAX_SAFE_INTEGER ? {} : {maximum}),
  };
}

function schemaOf(schema: z.ZodType, path: string): Json {
  const json = z.toJSONSchema(schema, {target: 'openapi-3.0', io: 'input', reused: 'inline'});
  const result = structural(json, path);
  return isObject(result) ? result : {};
}

const COLUMNS = [
  ['Desired', 'integer', '.spec.replicas', 'Groups wanted'],
  ['Current', 'integer', '.status.replicas', 'Groups existing'],
  ['Ready', 'integer', '.status.readyReplicas', 'Groups whose every member is ready'],
  ['Available', 'integer', '.status.availableReplicas', 'Groups whose every member is available'],
  ['Ratio', 'string', '.status.ratio.observed', 'Replicas of the members in one group'],
  ['Next-Victim', 'string', '.status.plan.nextVictims[0]', 'Group that the next scale-in removes first'],
  ['Age', 'date', '.metadata.creationTimestamp', 'Time since creation'],
] as const;

/** The CRD as a plain object. */
export function renderCrd(): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: `${PLURAL}.${GROUP}`},
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase(), shortNames: ['rsg']},
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector'},
          },
          additionalPrinterColumns: COLUMNS.map(([name, type, jsonPath, description]) => ({name, type, jsonPath, description})),
          schema: {openAPIV3Schema: rootSchema()},
        },
      ],
    },
  };
}

function rootSchema(): Json {
  return {
    description: 'Binds running workloads into one group and scales whole groups in a fixed ratio.',
    type: 'object',
    required: ['spec'],
    'x-kubernetes-validations': [NAME_RULE],
    properties: {
      apiVersion: {type: 'string'},
      kind: {type: 'string'},
      metadata: {type: 'object', properties: {name: {type: 'string'}}},
      spec: schemaOf(specSchema, 'spec'),
      status: schemaOf(statusSchema, 'status'),
    },
  };
}
