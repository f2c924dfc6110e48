/**
 * What decoding into Go's structs and encoding them again does to an object: fields that do not exist are dropped (and named), values of
 * the wrong type are an error in the real one's words, null and empty values of optional fields vanish, and structs that are no pointers
 * are always there.
 */
import type {Json} from '../../api/json.ts';
import {decodeScalar, describeJson} from './scalars.ts';
import type {Definition, Definitions, Field, FieldType} from './definitions.ts';

export interface Decoded {
  readonly value: Json;
  /** Paths such as `spec.template.spec.containers[0].imagee`. */
  readonly unknown: readonly string[];
}

/** The wrong type somewhere: the message is that of Go's JSON decoder. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Booleans and numbers that are no pointers in Go, so that `false` and 0 cannot be told from absent, and are not written. */
const OMITTED_WHEN_ZERO = new Set([
  ...['hostNetwork', 'hostPID', 'hostIPC', 'paused', 'readOnly', 'stdin', 'stdinOnce', 'tty', 'publishNotReadyAddresses'],
  ...['unschedulable', 'nullable', 'exclusiveMinimum', 'exclusiveMaximum', 'uniqueItems', 'insecureSkipTLSVerify', 'deprecated'],
  ...['minReadySeconds', 'hostPort', 'nodePort', 'healthCheckNodePort', 'initialDelaySeconds', 'generation', 'count', 'signal'],
  ...['preserveUnknownFields', 'observedGeneration'],
]);

/** Numbers of a status that are pointers, so that 0 is written. */
const WRITTEN_WHEN_ZERO = new Set(['terminatingReplicas', 'collisionCount', 'averageUtilization']);

interface Place {
  /** With indices, for unknown fields. */
  readonly path: string;
  /** Without indices, for type errors. */
  readonly goPath: string;
  readonly goName: string;
}

export function decodeObject(definitions: Definitions, definition: Definition, value: Json): Decoded {
  const unknown: string[] = [];

  const struct = (shape: Definition, input: Json, place: Place): Json => {
    const output: Record<string, unknown> = {};
    for (const [name, raw] of Object.entries(input)) {
      const field = shape.fields.get(name);
      if (field === undefined) unknown.push(join(place.path, name));
      else {
        const inner = {path: join(place.path, name), goPath: join(place.goPath, name), goName: shape.goName};
        const decoded = raw === null ? undefined : decode(field.type, raw, inner);
        if (decoded !== undefined && !isOmitted(shape, {name, field, decoded})) output[name] = decoded;
      }
    }
    for (const [name, field] of shape.fields) {
      if (field.always && output[name] === undefined) {
        const zero = zeroOf(field);
        if (zero !== undefined) output[name] = zero;
      }
    }
    return output;
  };

  const zeroOf = ({type}: Field): unknown => {
    if (type.kind === 'ref') return struct(definitions.get(type.name), {}, {path: '', goPath: '', goName: ''});
    if (type.kind !== 'scalar') return undefined;
    if (type.scalar === 'boolean') return false;
    if (type.scalar === 'string') return '';
    return /^int(32|64)$/u.test(type.scalar) ? 0 : undefined;
  };

  const decode = (type: FieldType, raw: unknown, place: Place): unknown => {
    switch (type.kind) {
      case 'scalar':
        return decodeScalar(type.scalar, raw, (goType) => mismatch(raw, goType, place));
      case 'ref': {
        const shape = definitions.get(type.name);
        if (!isObject(raw)) throw mismatch(raw, goTypeOf(shape.name), place);
        return struct(shape, raw, place);
      }
      case 'list':
        if (!Array.isArray(raw)) throw mismatch(raw, `[]${goTypeName(type.items)}`, place);
        return raw.map((item, at) => decode(type.items, item ?? {}, {...place, path: `${place.path}[${String(at)}]`}));
      case 'map': {
        if (!isObject(raw)) throw mismatch(raw, `map[string]${goTypeName(type.values)}`, place);
        const entries = Object.entries(raw).map(([key, item]) => {
          const inner = {...place, path: join(place.path, key), goPath: join(place.goPath, key)};
          return [key, item === null ? zeroOfMap(type.values) : decode(type.values, item, inner)] as const;
        });
        return Object.fromEntries(entries);
      }
    }
  };

  return {value: struct(definition, value, {path: '', goPath: '', goName: ''}), unknown};
}

const zeroOfMap = (type: FieldType): unknown => (type.kind === 'scalar' && type.scalar === 'string' ? '' : {});

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function isOmitted(shape: Definition, {name, field, decoded}: {name: string; field: Field; decoded: unknown}): boolean {
  if (field.always || (field.type.kind === 'scalar' && field.type.scalar === 'any')) return false;
  if (Array.isArray(decoded)) return decoded.length === 0 && !field.required;
  if (decoded === '') return !field.required;
  if (field.type.kind === 'map') return isObject(decoded) && Object.keys(decoded).length === 0;
  const isZero = decoded === false || decoded === 0;
  if (!isZero || field.required || WRITTEN_WHEN_ZERO.has(name)) return false;
  return OMITTED_WHEN_ZERO.has(name) || (decoded === 0 && shape.goName.endsWith('Status'));
}

function mismatch(raw: unknown, goType: string, place: Place): DecodeError {
  const where = place.goName === '' ? 'value' : `struct field ${place.goName}.${place.goPath}`;
  return new DecodeError(`json: cannot unmarshal ${describeJson(raw)} into Go ${where} of type ${goType}`);
}

function goTypeName(type: FieldType): string {
  if (type.kind === 'scalar') return type.scalar === 'bytes' ? '[]uint8' : type.scalar === 'boolean' ? 'bool' : type.scalar;
  if (type.kind === 'ref') return goTypeOf(type.name);
  return type.kind === 'list' ? `[]${goTypeName(type.items)}` : `map[string]${goTypeName(type.values)}`;
}

/** `api.core.v1.Container` is `v1.Container` in Go's messages. */
const goTypeOf = (name: string): string => name.split('.').slice(-2).join('.');
