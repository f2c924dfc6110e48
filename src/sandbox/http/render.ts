/** Objects in the forms that clients ask for: whole, metadata only, or as rows of a table. Pure. */
import {asObject} from '../../api/json.ts';
import {apiVersionOf, type KubeObject} from '../../api/objects.ts';
import {ApiError} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';

const META = {apiVersion: 'meta.k8s.io/v1'} as const;

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface TableOptions {
  readonly now: number;
  readonly includeObject: IncludeObject;
  /** Left out in all but the first event of a watch. */
  readonly withColumns?: boolean;
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw new ApiError('BadRequest', `unrecognized includeObject value: ${value}`);
}

export function partialMetadata({metadata}: KubeObject): object {
  return {kind: 'PartialObjectMetadata', ...META, metadata};
}

export function metadataList(objects: readonly KubeObject[], metadata: ListMeta): object {
  return {kind: 'PartialObjectMetadataList', ...META, metadata, items: objects.map(partialMetadata)};
}

/** Items of built-in kinds carry no kind of their own, as Go's typed lists do not. */
export function objectList(kind: Kind, objects: readonly KubeObject[], metadata: ListMeta): object {
  const items = kind.mergeType === undefined ? objects : objects.map((object) => ({...object, apiVersion: undefined, kind: undefined}));
  return {kind: `${kind.type.kind}List`, apiVersion: apiVersionOf(kind.type), metadata, items};
}

export function table(kind: Kind, objects: readonly KubeObject[], options: TableOptions & {metadata: object}): object {
  const {now, includeObject, metadata, withColumns = true} = options;
  const columns = kind.columns.map(({name, type, format = '', description = '', priority = 0}) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return {
    kind: 'Table',
    ...META,
    metadata,
    columnDefinitions: withColumns ? columns : null,
    rows: objects.map((object) => ({
      cells: kind.columns.map((column) => column.cell(object, now) ?? null),
      ...(rowConditions(object) ?? {}),
      object: rowObject(object, includeObject),
    })),
  };
}

function rowObject(object: KubeObject, includeObject: IncludeObject): object | null {
  if (includeObject === 'None') return null;
  return includeObject === 'Object' ? object : partialMetadata(object);
}

/** Rows of pods that have ended say so, and are shown apart by some clients. */
function rowConditions(object: KubeObject): object | undefined {
  const phase = asObject(object['status'])['phase'];
  if (object.kind !== 'Pod' || (phase !== 'Succeeded' && phase !== 'Failed')) return undefined;
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return {conditions: [{type: 'Completed', status: 'True', reason: phase, message}]};
}
