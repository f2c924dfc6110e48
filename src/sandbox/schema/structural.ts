/**
 * Custom resources under the structural schema of their CRD: unknown fields are pruned (and named), defaults filled in, values validated in
 * the words of the real API server. Pure.
 */
import {asObject, type Json} from '../../api/json.ts';
import type {StatusCause} from '../api-error.ts';
import {textOf} from '../kinds/fill.ts';
import {invalidValue, required, unsupported} from '../validation/causes.ts';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const keeps = (schema: Json): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

/** The value without fields that the schema does not have; their paths are added to `unknown`. */
export function prune(schema: Json, value: unknown, {path, unknown}: {path: string; unknown: string[]}): unknown {
  if (Array.isArray(value)) {
    const items = asObject(schema['items']);
    return value.map((item, at) => prune(items, item, {path: `${path}[${String(at)}]`, unknown}));
  }
  if (!isObject(value)) return value;
  const properties = asObject(schema['properties']);
  const more = schema['additionalProperties'];
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const where = {path: join(path, key), unknown};
    if (properties[key] !== undefined) {
      // Null stands for absent.
      if (inner !== null || asObject(properties[key])['nullable'] === true) result[key] = prune(asObject(properties[key]), inner, where);
    } else if (more !== undefined && more !== false) result[key] = prune(asObject(more), inner, where);
    else if (keeps(schema)) result[key] = inner;
    else unknown.push(where.path);
  }
  return result;
}

/** The value with the schema's defaults. */
export function withDefaults(schema: Json, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(asObject(schema['items']), item));
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {...value};
  for (const [key, raw] of Object.entries(asObject(schema['properties']))) {
    const property = asObject(raw);
    if (result[key] === undefined && property['default'] !== undefined) result[key] = structuredClone(property['default']);
    if (result[key] !== undefined) result[key] = withDefaults(property, result[key]);
  }
  const more = schema['additionalProperties'];
  if (isObject(more)) {
    const known = asObject(schema['properties']);
    for (const key of Object.keys(value)) if (known[key] === undefined) result[key] = withDefaults(more, result[key]);
  }
  return result;
}

/** Mistakes by the schema alone; rules in CEL are another file's. */
export function validate(schema: Json, value: unknown, path: string): StatusCause[] {
  const wrongType = typeMistake(schema, value, path);
  if (wrongType !== undefined) return [wrongType, ...fractionMistakes(schema, value, path)];
  return [
    ...(typeof value === 'string' ? stringMistakes(schema, value, path) : []),
    ...(typeof value === 'number' ? numberMistakes(schema, value, path) : []),
    ...(Array.isArray(value) ? listMistakes(schema, value, path) : []),
    ...(isObject(value) ? objectMistakes(schema, value, path) : []),
    ...enumMistakes(schema, value, path),
  ];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float64';
  return typeof value;
}

function typeMistake(schema: Json, value: unknown, path: string): StatusCause | undefined {
  const given = typeName(value);
  const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : schema['type'];
  if (typeof wanted !== 'string' || wanted === given || wanted.split(',').includes(given)) return undefined;
  if (wanted === 'number' && (given === 'integer' || given === 'float64')) return undefined;
  if (given === 'null' && schema['nullable'] === true) return undefined;
  const shown = wanted === 'integer' && given === 'float64' ? textOf(schema['format'] ?? 'integer') : wanted;
  const message = `Invalid value: "${given}": ${path} in body must be of type ${shown}: "${given}"`;
  return {reason: 'FieldValueTypeInvalid', message, field: path};
}

/** Said a second time, without a place. */
function fractionMistakes({type, format}: Json, value: unknown, path: string): StatusCause[] {
  if (type !== 'integer' || typeName(value) !== 'float64' || format === undefined) return [];
  return [invalidValue('<nil>', '', `Checked value must be of type integer with format ${textOf(format)} in ${path}`)];
}

function stringMistakes(schema: Json, value: string, path: string): StatusCause[] {
  const {maxLength, minLength, pattern} = schema;
  const length = Array.from(value).length;
  return [
    ...(typeof maxLength === 'number' && length > maxLength
      ? [{reason: 'FieldValueTooLong', message: `Too long: may not be more than ${String(maxLength)} bytes`, field: path}]
      : []),
    ...(typeof minLength === 'number' && length < minLength
      ? [invalidValue(path, value, `${path} in body should be at least ${String(minLength)} chars long`)]
      : []),
    ...(typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)
      ? [invalidValue(path, value, `${path} in body should match '${pattern}'`)]
      : []),
  ];
}

function numberMistakes(schema: Json, value: number, path: string): StatusCause[] {
  const {minimum, maximum, exclusiveMinimum, exclusiveMaximum} = schema;
  const low = typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum);
  const high = typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum);
  const or = (exclusive: unknown): string => (exclusive === true ? '' : ' or equal to');
  return [
    ...(low ? [invalidValue(path, value, `${path} in body should be greater than${or(exclusiveMinimum)} ${String(minimum)}`)] : []),
    ...(high ? [invalidValue(path, value, `${path} in body should be less than${or(exclusiveMaximum)} ${String(maximum)}`)] : []),
  ];
}

function listMistakes(schema: Json, value: readonly unknown[], path: string): StatusCause[] {
  const {maxItems, minItems} = schema;
  return [
    ...(typeof maxItems === 'number' && value.length > maxItems ? [tooMany(path, value.length, `${String(maxItems)} items`)] : []),
    ...(typeof minItems === 'number' && value.length < minItems
      ? [invalidValue(path, value.length, `${path} in body should have at least ${String(minItems)} items`)]
      : []),
    ...value.flatMap((item, at) => validate(asObject(schema['items']), item, `${path}[${String(at)}]`)),
  ];
}

const tooMany = (path: string, count: number, most: string): StatusCause => ({
  reason: 'FieldValueTooMany',
  message: `Too many: ${String(count)}: must have at most ${most}`,
  field: path,
});

function objectMistakes(schema: Json, value: Json, path: string): StatusCause[] {
  const {maxProperties, required: names} = schema;
  const properties = asObject(schema['properties']);
  const more = schema['additionalProperties'];
  const count = Object.keys(value).length;
  return [
    ...(typeof maxProperties === 'number' && count > maxProperties ? [tooMany(path, count, `${String(maxProperties)} items`)] : []),
    ...(Array.isArray(names) ? names : []).flatMap((name) =>
      value[String(name)] === undefined ? [required(join(path, String(name)))] : [],
    ),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const property = properties[key] ?? (isObject(more) ? more : undefined);
      return property === undefined ? [] : validate(asObject(property), inner, join(path, key));
    }),
  ];
}

function enumMistakes(schema: Json, value: unknown, path: string): StatusCause[] {
  const allowed = schema['enum'];
  if (!Array.isArray(allowed) || allowed.includes(value)) return [];
  return [unsupported(path, value, allowed.map(String))];
}
