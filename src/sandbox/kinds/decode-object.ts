/** Reads what a client sent as an object of a kind: the fields that the kind has, and the names of those it does not have. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import {apiVersionOf, type KubeObject, type ResourceType} from '../../api/objects.ts';
import {ApiError} from '../api-error.ts';
import {decodeObject} from '../schema/decode.ts';
import type {Definition, Definitions} from '../schema/definitions.ts';
import {textOf} from './fill.ts';
import type {Decoded} from './kind.ts';

interface Schema {
  readonly definitions: Definitions;
  readonly definition: Definition;
}

export function decodeAs(type: ResourceType, raw: Json, {definitions, definition}: Schema): Decoded {
  try {
    const {value, unknown} = decodeObject(definitions, definition, raw);
    return {object: asKubeObject(type, value), unknown};
  } catch (error) {
    throw cannotBeHandled(type, error instanceof Error ? error.message : String(error));
  }
}

/** The object with its kind and a name, which is empty where none was given. */
export function asKubeObject(type: ResourceType, value: Json): KubeObject {
  const metadata = asObject(value['metadata']);
  return {...value, apiVersion: apiVersionOf(type), kind: type.kind, metadata: {...metadata, name: textOf(metadata['name'])}};
}

export function cannotBeHandled({kind, version}: ResourceType, why: string): ApiError {
  return new ApiError('BadRequest', `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** What a client that asks for strict validation is told. */
export function strictFailure(unknown: readonly string[]): string {
  return `strict decoding error: ${unknown.map((path) => `unknown field "${path}"`).join(', ')}`;
}
