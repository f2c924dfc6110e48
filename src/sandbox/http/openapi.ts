/**
 * OpenAPI v3, as far as kubectl reads it: `explain` needs the schemas, `apply` and `create` need to see that PATCH and POST take
 * `fieldValidation`. Descriptions of built-in kinds are left out. Pure.
 */
import {createHash} from 'node:crypto';
import {asObject, type Json} from '../../api/json.ts';
import {apiVersionOf, type KubeObject} from '../../api/objects.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import type {Kind} from '../kinds/kind.ts';
import type {Definition, Definitions, Field, FieldType} from '../schema/definitions.ts';
import type {ApiVersion} from './discovery.ts';

const REF = '#/components/schemas/';
const PREFIX = 'io.k8s.';
const META = 'apimachinery.pkg.apis.meta.v1.ObjectMeta';

const pathOf = ({group, version}: ApiVersion): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);

/** The index: one document per version, under an address that changes with its content. */
export function openApiIndex(versions: readonly ApiVersion[], documentOf: (at: ApiVersion) => object): object {
  const paths = versions.map((at): [string, object] => {
    const hash = createHash('sha256')
      .update(JSON.stringify(documentOf(at)))
      .digest('hex')
      .toUpperCase();
    return [pathOf(at), {serverRelativeURL: `/openapi/v3/${pathOf(at)}?hash=${hash}`}];
  });
  return {paths: Object.fromEntries(paths)};
}

interface Source {
  readonly kinds: readonly Kind[];
  readonly crds: readonly KubeObject[];
  readonly definitions: Definitions;
}

export function openApiDocument(at: ApiVersion, {kinds, crds, definitions}: Source): object {
  const schemas: Record<string, object> = {};
  const include = (name: string): void => {
    if (schemas[`${PREFIX}${name}`] !== undefined) return;
    const definition = definitions.get(name);
    schemas[`${PREFIX}${name}`] = {};
    schemas[`${PREFIX}${name}`] = schemaOf(definition);
    for (const {type} of definition.fields.values()) for (const inner of refsOf(type)) include(inner);
  };
  const inVersion = kinds.filter(({type}) => type.group === at.group && type.version === at.version);
  for (const kind of inVersion) {
    const {type, mergeType} = kind;
    const gvk = [{group: type.group, kind: type.kind, version: type.version}];
    if (mergeType?.kind === 'ref') {
      include(mergeType.name);
      const name = `${PREFIX}${mergeType.name}`;
      schemas[name] = {...schemas[name], 'x-kubernetes-group-version-kind': gvk};
    } else {
      include(META);
      schemas[customName(kind)] = {...customSchema(kind, crds), 'x-kubernetes-group-version-kind': gvk};
    }
  }
  const paths = Object.fromEntries(inVersion.flatMap((kind) => pathsOf(kind)));
  return {openapi: '3.0.0', info: {title: 'Kubernetes', version: 'unversioned'}, paths, components: {schemas}};
}

const customName = ({type}: Kind): string => `${type.group.split('.').toReversed().join('.')}.${type.version}.${type.kind}`;

function customSchema({type}: Kind, crds: readonly KubeObject[]): Json {
  const crd = crds.find(({metadata}) => metadata.name === `${type.plural}.${type.group}`);
  const version = listOf(asObject(crd?.['spec'])['versions']).find(({name}) => textOf(name) === type.version);
  const schema = asObject(asObject(version?.['schema'])['openAPIV3Schema']);
  const properties = {...asObject(schema['properties']), metadata: {allOf: [{$ref: `${REF}${PREFIX}${META}`}]}};
  return {...schema, properties};
}

function schemaOf(definition: Definition): object {
  const fields = [...definition.fields];
  const required = fields.flatMap(([name, field]) => (field.required ? [name] : []));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, field]) => [name, propertyOf(field)])),
    ...(required.length > 0 ? {required} : {}),
  };
}

function propertyOf({type, retainKeys}: Field): object {
  const strategies = [...(retainKeys ? ['retainKeys'] : []), ...(type.kind === 'list' && type.merge !== undefined ? ['merge'] : [])];
  const key = type.kind === 'list' && type.merge !== undefined && type.merge !== '*' ? {'x-kubernetes-patch-merge-key': type.merge} : {};
  const strategy = strategies.length > 0 ? {'x-kubernetes-patch-strategy': strategies.join(',')} : {};
  return {...typeSchema(type), ...key, ...strategy};
}

function typeSchema(type: FieldType): object {
  switch (type.kind) {
    case 'ref':
      return {allOf: [{$ref: `${REF}${PREFIX}${type.name}`}]};
    case 'list':
      return {type: 'array', items: typeSchema(type.items)};
    case 'map':
      return {type: 'object', additionalProperties: typeSchema(type.values)};
    case 'scalar':
      return SCALARS[type.scalar] ?? {type: type.scalar};
  }
}

const SCALARS: Readonly<Record<string, object>> = {
  int32: {type: 'integer', format: 'int32'},
  int64: {type: 'integer', format: 'int64'},
  double: {type: 'number', format: 'double'},
  bytes: {type: 'string', format: 'byte'},
  quantity: {oneOf: [{type: 'string'}, {type: 'number'}]},
  intOrString: {format: 'int-or-string', oneOf: [{type: 'integer'}, {type: 'string'}]},
  time: {type: 'string', format: 'date-time'},
  microTime: {type: 'string', format: 'date-time'},
  any: {type: 'object'},
};

function refsOf(type: FieldType): readonly string[] {
  if (type.kind === 'ref') return [type.name];
  if (type.kind === 'list') return refsOf(type.items);
  return type.kind === 'map' ? refsOf(type.values) : [];
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: {type: 'string', uniqueItems: true},
}));

function pathsOf({type}: Kind): [string, object][] {
  const gvk = {'x-kubernetes-group-version-kind': {group: type.group, kind: type.kind, version: type.version}};
  const root = `/${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`;
  const base = type.namespaced ? `${root}/namespaces/{namespace}/${type.plural}` : `${root}/${type.plural}`;
  const operation = (action: string, parameters: readonly object[]): object => ({'x-kubernetes-action': action, ...gvk, parameters});
  return [
    [base, {get: operation('list', []), post: operation('post', WRITE_PARAMETERS)}],
    [
      `${base}/{name}`,
      {
        get: operation('get', []),
        put: operation('put', WRITE_PARAMETERS),
        patch: operation('patch', WRITE_PARAMETERS),
        delete: operation('delete', []),
      },
    ],
  ];
}
