/**
 * Writes `src/sandbox/schema/kubernetes.generated.ts`: the fields of the built-in kinds, with what decoding and strategic merge patch need
 * to know of them, from the OpenAPI documents and the `generated.proto` files of a Kubernetes source tree. Descriptions are left out.
 *
 *     node test/support/kubernetes-schema.ts SOURCE VERSION
 */
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {readProtoNumbers, type ProtoNumbers} from './kubernetes-proto.ts';

const DOCUMENTS = [
  'api__v1',
  'apis__apps__v1',
  'apis__authentication.k8s.io__v1',
  'apis__authorization.k8s.io__v1',
  'apis__autoscaling__v1',
  'apis__autoscaling__v2',
  'apis__discovery.k8s.io__v1',
  'apis__coordination.k8s.io__v1',
  'apis__apiextensions.k8s.io__v1',
  'apis__apiregistration.k8s.io__v1',
];
const ROOTS = [
  ...['ConfigMap', 'Event', 'Namespace', 'Node', 'PersistentVolumeClaim', 'Pod', 'Secret', 'Service', 'ServiceAccount'].map(
    (kind) => `api.core.v1.${kind}`,
  ),
  ...['ControllerRevision', 'Deployment', 'ReplicaSet', 'StatefulSet'].map((kind) => `api.apps.v1.${kind}`),
  'api.autoscaling.v1.Scale',
  'api.autoscaling.v2.HorizontalPodAutoscaler',
  'api.discovery.v1.EndpointSlice',
  'api.coordination.v1.Lease',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  'kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  'api.authentication.v1.TokenReview',
  'api.authentication.v1.SelfSubjectReview',
  'api.authorization.v1.SubjectAccessReview',
  'api.authorization.v1.LocalSubjectAccessReview',
  'api.authorization.v1.SelfSubjectAccessReview',
  'api.authorization.v1.SelfSubjectRulesReview',
  'apimachinery.pkg.apis.meta.v1.DeleteOptions',
];
const SCALARS: Readonly<Record<string, string>> = {
  'apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'apimachinery.pkg.api.resource.Quantity': 'quantity',
  'apimachinery.pkg.apis.meta.v1.Time': 'time',
  'apimachinery.pkg.apis.meta.v1.MicroTime': 'microTime',
  'apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'apimachinery.pkg.runtime.RawExtension': 'any',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'any',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'any',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'any',
};

interface Node {
  readonly $ref?: string | undefined;
  readonly allOf?: readonly Node[] | undefined;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly items?: Node | undefined;
  readonly additionalProperties?: Node | undefined;
  readonly default?: unknown;
  readonly 'x-kubernetes-patch-merge-key'?: string | undefined;
  readonly 'x-kubernetes-patch-strategy'?: string | undefined;
}
const nodeSchema: z.ZodType<Node> = z.object({
  $ref: z.string().optional(),
  allOf: z.array(z.lazy(() => nodeSchema)).optional(),
  type: z.string().optional(),
  format: z.string().optional(),
  items: z.lazy(() => nodeSchema).optional(),
  additionalProperties: z.lazy(() => nodeSchema).optional(),
  default: z.unknown().optional(),
  'x-kubernetes-patch-merge-key': z.string().optional(),
  'x-kubernetes-patch-strategy': z.string().optional(),
});
const documentSchema = z.object({
  components: z.object({
    schemas: z.record(
      z.string(),
      z.object({properties: z.record(z.string(), nodeSchema).default({}), required: z.array(z.string()).default([])}),
    ),
  }),
});

const PREFIX = '#/components/schemas/io.k8s.';

function typeOf(node: Node): string {
  const ref = node.$ref ?? node.allOf?.[0]?.$ref;
  if (ref !== undefined) {
    const name = ref.slice(PREFIX.length);
    return SCALARS[name] ?? `=${name}`;
  }
  switch (node.type) {
    case 'array':
      return `[${mergeOf(node)}]${typeOf(node.items ?? {})}`;
    case 'object':
      return node.additionalProperties === undefined ? 'any' : `{}${typeOf(node.additionalProperties)}`;
    case 'string':
      return node.format === 'byte' ? 'bytes' : 'string';
    case 'integer':
      return node.format ?? 'int64';
    default:
      return node.type ?? 'any';
  }
}

/** `#7`; `#2.4` is field 4 of an embedded message; empty for apiVersion and kind, which travel outside. */
function numberOf(numbers: ProtoNumbers, name: string, field: string): string {
  const path = numbers(name, field);
  return path === undefined ? '' : `#${path.join('.')}`;
}

/** Go's zero value as default: a field that is always written. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || JSON.stringify(value) === '{}';
}

/** How strategic merge patch treats a list: by key, as a set (`*`), or as one value. */
function mergeOf(node: Node): string {
  if (node['x-kubernetes-patch-strategy']?.includes('merge') !== true) return '';
  return node['x-kubernetes-patch-merge-key'] ?? '*';
}

async function main(source: string, version: string): Promise<void> {
  const numbers = await readProtoNumbers(source);
  const schemas: z.infer<typeof documentSchema>['components']['schemas'] = {};
  for (const name of DOCUMENTS) {
    const document = documentSchema.parse(JSON.parse(await readFile(join(source, 'api/openapi-spec/v3', `${name}_openapi.json`), 'utf8')));
    Object.assign(schemas, document.components.schemas);
  }
  const lines = new Map<string, string>();
  const visit = (name: string): void => {
    if (lines.has(name)) return;
    lines.set(name, '');
    const definition = schemas[`io.k8s.${name}`];
    if (definition === undefined) throw new Error(`${name} is in none of the documents`);
    const fields = Object.entries(definition.properties).map(([field, node]) => {
      const number = numberOf(numbers, name, field);
      const type = typeOf(node);
      const ref = /=(.+)$/u.exec(type)?.[1];
      if (ref !== undefined) visit(ref);
      const retain = node['x-kubernetes-patch-strategy']?.includes('retainKeys') === true ? '~' : '';
      return `${field}${number}:${type}${retain}${definition.required.includes(field) ? '*' : ''}${isZero(node.default) ? '!' : ''}`;
    });
    lines.set(name, `${name} ${fields.join(' ')}`);
  };
  for (const root of ROOTS) visit(root);
  const text = [...lines.values()].sort().join('\n');
  await writeFile(
    join(import.meta.dirname, '../../src/sandbox/schema/kubernetes.generated.ts'),
    `/** Generated by test/support/kubernetes-schema.ts from the OpenAPI documents of Kubernetes ${version}; its head says how. */\n` +
      `export const KUBERNETES_VERSION = '${version}';\n\nexport const KUBERNETES_FIELDS = \`${text}\`;\n`,
  );
}

const [source, version] = process.argv.slice(2);
if (source === undefined || version === undefined) throw new Error('usage: kubernetes-schema.ts SOURCE VERSION');
await main(source, version);
