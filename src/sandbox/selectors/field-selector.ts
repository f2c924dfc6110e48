/** Field selectors: the few fields of each kind that the API server indexes. Pure. */
import type {KubeObject} from '../../api/objects.ts';
import {ApiError} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';

interface FieldRequirement {
  readonly read: (object: KubeObject) => string;
  readonly negated: boolean;
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

export function matchesFields(selector: FieldSelector, object: KubeObject): boolean {
  return selector.every(({read, negated, value}) => (read(object) === value) !== negated);
}

/** Throws BadRequest for a field that the kind does not offer. */
export function parseFieldSelector(kind: Kind, text: string): FieldSelector {
  return splitUnescaped(text).flatMap((part) => (part.trim() === '' ? [] : [parseRequirement(kind, part.trim(), text)]));
}

function splitUnescaped(text: string): string[] {
  return text.split(/(?<!\\),/u);
}

function parseRequirement(kind: Kind, part: string, whole: string): FieldRequirement {
  const [, field = '', sign = '', value = ''] = /^([^=!]+)(!=|==|=)(.*)$/u.exec(part) ?? [];
  if (field === '') throw new ApiError('BadRequest', `invalid selector: '${whole}'; can't understand '${part}'`);
  const read = readerOf(kind, field);
  if (read === undefined) throw new ApiError('BadRequest', unknownField(kind, field));
  return {read, negated: sign === '!=', value: value.replace(/\\([,=\\])/gu, '$1')};
}

/** Kinds with fields of their own say it in other words than those without. */
function unknownField(kind: Kind, field: string): string {
  const isCustom = kind.mergeType === undefined;
  if (isCustom || Object.keys(kind.selectable).length > 0) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function readerOf(kind: Kind, field: string): FieldRequirement['read'] | undefined {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  return kind.selectable[field];
}
