/** The kinds of patches, applied to an object. Pure. */
import jsonPatch from 'fast-json-patch';
import {asObject, type Json} from '../../api/json.ts';
import {ApiError} from '../api-error.ts';
import type {Definitions, FieldType} from '../schema/definitions.ts';
import {mediaType, unsupportedMediaType} from './call.ts';
import {strategicMerge} from './strategic-merge.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = ['application/apply-patch+yaml', 'application/apply-patch+cbor'];
const APPLY_NOTE = 'server-side apply is not part of the sandbox: use kubectl apply without --server-side';

interface PatchTarget {
  readonly original: Json;
  /** Undefined for custom resources: they have no strategic merge patch. */
  readonly mergeType: FieldType | undefined;
  readonly definitions: Definitions;
}

export function applyPatch(text: string, contentType: string | undefined, target: PatchTarget): Json {
  const type = mediaType(contentType);
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(target.mergeType === undefined ? [] : [STRATEGIC])];
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted, APPLY.includes(type) ? APPLY_NOTE : '');
  const patch = parsePatch(text);
  if (type === JSON_PATCH) return applyOperations(target.original, patch);
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    throw new ApiError('BadRequest', 'json: cannot unmarshal array into Go value of type map[string]interface {}');
  }
  if (type === MERGE_PATCH || target.mergeType === undefined) return asObject(mergePatch(target.original, patch));
  return strategicMerge(target.definitions, target.mergeType, {original: target.original, patch: asObject(patch)});
}

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ApiError('BadRequest', 'invalid JSON patch');
  }
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = {...asObject(target)};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902. */
function applyOperations(original: Json, operations: unknown): Json {
  if (!Array.isArray(operations)) {
    throw new ApiError('BadRequest', 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp');
  }
  try {
    const {newDocument} = jsonPatch.applyPatch<Json>(structuredClone(original), operations, true);
    return newDocument;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
  }
}
