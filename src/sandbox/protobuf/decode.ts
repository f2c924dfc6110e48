/**
 * Objects in Kubernetes' protobuf encoding, which kubectl uses for what it makes itself (`create configmap`, `auth can-i`), as JSON. Answers
 * are always in JSON: clients that send protobuf read both. Pure.
 */
import type {Json} from '../../api/json.ts';
import {timestamp} from '../../runtime/clock.ts';
import type {Definition, Definitions, FieldType} from '../schema/definitions.ts';
import {asBytes, asInteger, asText, readFields, valuesOf, WireError, type WireField} from './wire.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAGIC = Buffer.from('k8s\0');

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** What goes around every object: its kind, and its own bytes. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw new WireError('provided data does not appear to be a protobuf message');
  const fields = readFields(bytes.subarray(MAGIC.length));
  const type = readFields(asBytes(valuesOf(fields, 1).at(-1)));
  return {apiVersion: asText(valuesOf(type, 1).at(-1)), kind: asText(valuesOf(type, 2).at(-1)), raw: asBytes(valuesOf(fields, 2).at(-1))};
}

export function decodeMessage(definitions: Definitions, definition: Definition, bytes: Uint8Array): Json {
  const fields = readFields(bytes);
  const result: Record<string, unknown> = {};
  for (const [name, {type, numbers}] of definition.fields) {
    const values = valuesAt(fields, numbers);
    const decoded = values.length === 0 ? undefined : decodeField(type, values);
    if (decoded !== undefined) result[name] = decoded;
  }
  return result;

  function decodeField(type: FieldType, values: readonly WireField['value'][]): unknown {
    if (type.kind === 'list') return values.flatMap((value) => decodeOne(type.items, value) ?? []);
    if (type.kind === 'map') return Object.fromEntries(values.map((value) => decodeEntry(type.values, value)));
    return decodeOne(type, values.at(-1));
  }

  function decodeEntry(type: FieldType, value: WireField['value']): [string, unknown] {
    const entry = readFields(asBytes(value));
    const values = valuesOf(entry, 2);
    // A map cannot hold lists on the wire: each is a message whose only field is the list (ExtraValue).
    const inner = type.kind === 'list' ? values.flatMap((one) => valuesOf(readFields(asBytes(one)), 1)) : values;
    return [asText(valuesOf(entry, 1).at(-1)), decodeField(type, inner) ?? ''];
  }

  function decodeOne(type: FieldType, value: WireField['value'] | undefined): unknown {
    if (type.kind === 'ref') return decodeMessage(definitions, definitions.get(type.name), asBytes(value));
    return type.kind === 'scalar' ? decodeScalar(type.scalar, value) : undefined;
  }
}

function valuesAt(fields: readonly WireField[], [number, ...rest]: readonly number[]): WireField['value'][] {
  if (number === undefined) return [];
  const values = valuesOf(fields, number);
  return rest.length === 0 ? values : values.flatMap((value) => valuesAt(readFields(asBytes(value)), rest));
}

function decodeScalar(scalar: string, value: WireField['value'] | undefined): unknown {
  switch (scalar) {
    case 'string':
      return asText(value);
    case 'bytes':
      return Buffer.from(asBytes(value)).toString('base64');
    case 'boolean':
      return asInteger(value) !== 0;
    case 'int32':
    case 'int64':
      return asInteger(value);
    case 'double':
    case 'number':
      return Buffer.from(asBytes(value)).readDoubleLE(0);
    default:
      return decodeSpecial(scalar, readFields(asBytes(value)));
  }
}

/** Types that are a message on the wire and a single value in JSON. */
function decodeSpecial(scalar: string, fields: readonly WireField[]): unknown {
  const last = (number: number): WireField['value'] | undefined => valuesOf(fields, number).at(-1);
  switch (scalar) {
    case 'quantity':
      return asText(last(1));
    case 'intOrString':
      return asInteger(last(1)) === 0 ? asInteger(last(2)) : asText(last(3));
    case 'time':
      // The zero time has no fields, and is written as absent.
      return fields.length === 0 ? undefined : timestamp(asInteger(last(1)) * 1000);
    case 'microTime': {
      if (fields.length === 0) return undefined;
      const micros = String(Math.floor(asInteger(last(2)) / 1000)).padStart(6, '0');
      return timestamp(asInteger(last(1)) * 1000).replace('Z', `.${micros}Z`);
    }
    default: {
      const raw = asText(last(1));
      return raw === '' ? undefined : parseRaw(raw);
    }
  }
}

function parseRaw(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WireError('embedded object is no JSON');
  }
}
