/** Kinds that CustomResourceDefinitions bring: validated by their schema and its rules, shown in their printer columns. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import {compileRules, type CelRules} from '../schema/cel-rules.ts';
import {decodeObject} from '../schema/decode.ts';
import {objectMeta, type Definitions} from '../schema/definitions.ts';
import {compilePath} from '../schema/json-path.ts';
import {prune, validate, withDefaults} from '../schema/structural.ts';
import {valueAt} from '../storage/scale.ts';
import {since} from '../tables/age.ts';
import {AGE, NAME} from '../tables/columns.ts';
import {asKubeObject, cannotBeHandled} from './decode-object.ts';
import {listOf, showScalar, textOf} from './fill.ts';
import type {Column, Decoded, Kind, ScalePaths} from './kind.ts';

/** One kind for every served version. */
export function customKinds(crd: KubeObject, definitions: Definitions): readonly Kind[] {
  return listOf(asObject(crd['spec'])['versions']).flatMap((version) =>
    version['served'] === true ? [customKind(crd, version, definitions)] : [],
  );
}

function customKind(crd: KubeObject, version: Json, definitions: Definitions): Kind {
  const spec = asObject(crd['spec']);
  const names = asObject(spec['names']);
  const schema = asObject(asObject(version['schema'])['openAPIV3Schema']);
  const subresources = asObject(version['subresources']);
  const scale = subresources['scale'] === undefined ? undefined : scalePaths(asObject(subresources['scale']));
  const type = {
    group: textOf(spec['group']),
    version: textOf(version['name']),
    kind: textOf(names['kind']),
    plural: textOf(names['plural']),
    namespaced: spec['scope'] === 'Namespaced',
  };
  const rules = compileRules(schema);
  const check = createValidator({schema, rules, scale});
  return {
    type,
    singular: textOf(names['singular']),
    shortNames: strings(names['shortNames']),
    categories: strings(names['categories']),
    hasStatus: subresources['status'] !== undefined,
    initialStatus: undefined,
    scale,
    generation: 'spec',
    graceful: false,
    requiresVersion: true,
    selectable: {},
    columns: printerColumns(listOf(version['additionalPrinterColumns'])),
    decode: (raw) => decodeCustom(raw, {type, schema, definitions}),
    defaults: (object) => asKubeObject(type, asObject(withDefaults(schema, object))),
    validate: check,
    allocate: () => [],
    mergeType: undefined,
  };
}

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function scalePaths(scale: Json): ScalePaths {
  const path = (value: unknown): readonly string[] => textOf(value).replace(/^\./u, '').split('.');
  return {
    specReplicas: path(scale['specReplicasPath']),
    statusReplicas: path(scale['statusReplicasPath']),
    selector: scale['labelSelectorPath'] === undefined ? undefined : path(scale['labelSelectorPath']),
  };
}

/** Metadata is decoded as of any object; the rest is pruned to the schema. */
function decodeCustom(raw: Json, {type, schema, definitions}: {type: Kind['type']; schema: Json; definitions: Definitions}): Decoded {
  const {metadata, ...rest} = raw;
  try {
    const meta = decodeObject(definitions, objectMeta(definitions), asObject(metadata));
    const unknown = meta.unknown.map((path) => `metadata.${path}`);
    const open = {...schema, properties: {...asObject(schema['properties']), apiVersion: {}, kind: {}}};
    const pruned = asObject(prune(open, rest, {path: '', unknown}));
    return {object: asKubeObject(type, {...pruned, metadata: meta.value}), unknown};
  } catch (error) {
    throw cannotBeHandled(type, error instanceof Error ? error.message : String(error));
  }
}

/** Kinds of mistakes after which the rules in CEL could fail for the wrong reason, and are left out. */
const BLOCKING = new Set([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueNotSupported',
]);
const LEFT_OUT: StatusCause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

interface Validator {
  readonly schema: Json;
  readonly rules: CelRules;
  readonly scale: ScalePaths | undefined;
}

function createValidator({schema, rules, scale}: Validator): Kind['validate'] {
  return (object, before) => {
    const causes = validate(schema, object, '');
    const scaled = scale === undefined ? [] : scaleMistakes(object, scale);
    if (causes.some(({reason}) => BLOCKING.has(reason))) return [...causes, ...scaled, LEFT_OUT];
    return [...causes, ...scaled, ...rules.check(object, before)];
  };
}

const MAX_REPLICAS = 2 ** 31 - 1;

function scaleMistakes(object: KubeObject, {specReplicas}: ScalePaths): StatusCause[] {
  const path = `.${specReplicas.join('.')}`;
  const value = valueAt(object, specReplicas);
  if (value === undefined) return [];
  if (typeof value === 'number' && Number.isInteger(value)) {
    const wrong =
      value < 0
        ? 'should be a non-negative integer'
        : value > MAX_REPLICAS
          ? `should be less than or equal to ${String(MAX_REPLICAS)}`
          : '';
    return wrong === '' ? [] : [{reason: 'FieldValueInvalid', message: `Invalid value: ${String(value)}: ${wrong}`, field: path}];
  }
  const kind = typeof value === 'number' ? 'float64' : typeof value;
  const message = `Invalid value: 0: ${path} accessor error: ${showScalar(value)} is of the type ${kind}, expected int64`;
  return [{reason: 'FieldValueInvalid', message, field: path}];
}

function printerColumns(columns: readonly Json[]): readonly Column[] {
  if (columns.length === 0) return [NAME, AGE];
  return [NAME, ...columns.map(printerColumn)];
}

function printerColumn(column: Json): Column {
  const read = compilePath(textOf(column['jsonPath']));
  const isDate = column['type'] === 'date';
  return {
    name: textOf(column['name']),
    type: textOf(column['type']),
    ...(column['format'] === undefined ? {} : {format: textOf(column['format'])}),
    description: textOf(column['description']),
    priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
    cell: (object, now) => {
      const [value] = read(object);
      if (isDate) return value === undefined ? '<unknown>' : since(value, now);
      if (value === undefined) return null;
      return typeof value === 'object' ? JSON.stringify(value) : value;
    },
  };
}
