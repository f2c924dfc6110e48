/** `fieldValidation`: what becomes of fields that the kind does not have: an error, warnings, or nothing. */
import {ApiError} from '../api-error.ts';
import {cannotBeHandled, strictFailure} from '../kinds/decode-object.ts';
import type {Kind} from '../kinds/kind.ts';
import {warn, type Call} from './call.ts';

export function judgeUnknown(kind: Kind, unknown: readonly string[], call: Call): void {
  const mode = call.query.get('fieldValidation') ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore', ''].includes(mode)) {
    throw new ApiError('Invalid', `fieldValidation: Unsupported value: "${mode}": supported values: "Ignore", "Strict", "Warn"`);
  }
  if (unknown.length === 0 || mode === 'Ignore') return;
  if (mode === 'Strict') throw cannotBeHandled(kind.type, strictFailure(unknown));
  warn(
    call.response,
    unknown.map((path) => `unknown field "${path}"`),
  );
}

/** `dryRun=All`; anything else there is a mistake. */
export function isDryRun(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) throw new ApiError('Invalid', `dryRun: Unsupported value: "${wrong}": supported values: "All"`);
  return values.includes('All');
}
