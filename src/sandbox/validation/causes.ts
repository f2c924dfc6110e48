/** Mistakes in the words of the real API server's field errors. */
import type {StatusCause} from '../api-error.ts';

export function required(field: string, detail = ''): StatusCause {
  return {reason: 'FieldValueRequired', message: detail === '' ? 'Required value' : `Required value: ${detail}`, field};
}

export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return {reason: 'FieldValueInvalid', message: `Invalid value: ${show(value)}${detail === '' ? '' : `: ${detail}`}`, field};
}

export function unsupported(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.map((one) => JSON.stringify(one));
  return {reason: 'FieldValueNotSupported', message: `Unsupported value: ${show(value)}: supported values: ${list.join(', ')}`, field};
}

export function duplicate(field: string, value: unknown): StatusCause {
  return {reason: 'FieldValueDuplicate', message: `Duplicate value: ${show(value)}`, field};
}

export function forbidden(field: string, detail: string): StatusCause {
  return {reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field};
}

export function notFoundValue(field: string, value: unknown): StatusCause {
  return {reason: 'FieldValueNotFound', message: `Not found: ${show(value)}`, field};
}

/** Nothing, where it is a whole number of 0 or more, or not given. */
export function nonNegative(field: string, value: unknown): readonly StatusCause[] {
  return typeof value === 'number' && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
}

export function portNumber(field: string, value: unknown): readonly StatusCause[] {
  if (typeof value !== 'number' || (value >= 1 && value <= 65_535)) return [];
  return [invalidValue(field, value, 'must be between 1 and 65535, inclusive')];
}

/** Nothing, where the value is one of those allowed. */
export function oneOf(field: string, value: unknown, supported: readonly string[]): readonly StatusCause[] {
  return supported.includes(String(value)) ? [] : [unsupported(field, value, supported)];
}

/** Each name that was there before, at its own path. */
export function duplicates(values: readonly unknown[], fieldOf: (at: number) => string): readonly StatusCause[] {
  return values.flatMap((value, at) =>
    value !== undefined && value !== '' && values.indexOf(value) < at ? [duplicate(fieldOf(at), value)] : [],
  );
}

const show = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

/** The rules of names, each with the sentence that the real one gives. */
export type NameRule = (value: string) => readonly string[];

function patterned(options: {what: string; expression: string; example: string; max: number; tooLong: string}): NameRule {
  const pattern = new RegExp(`^${options.expression}$`, 'u');
  return (value) => [
    ...(value.length > options.max ? [options.tooLong] : []),
    ...(pattern.test(value) ? [] : [`${options.what} (e.g. ${options.example}, regex used for validation is '${options.expression}')`]),
  ];
}

const EDGES = 'and must start and end with an alphanumeric character';

export const subdomain = patterned({
  what: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${EDGES}`,
  expression: '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  example: "'example.com'",
  max: 253,
  tooLong: 'must be no more than 253 bytes',
});

export const label = patterned({
  what: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${EDGES}`,
  expression: '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  example: "'my-name',  or '123-abc'",
  max: 63,
  tooLong: 'must be no more than 63 bytes',
});

export const labelValue = patterned({
  what: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${EDGES}`,
  expression: '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
  example: "'MyValue',  or 'my_value',  or '12345'",
  max: 63,
  tooLong: 'must be no more than 63 bytes',
});

const qualifiedPart = patterned({
  what: `name part must consist of alphanumeric characters, '-', '_' or '.', ${EDGES}`,
  expression: '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  example: "'MyName',  or 'my.name',  or '123-abc'",
  max: 63,
  tooLong: 'name part must be no more than 63 bytes',
});

/** Keys of labels and annotations. */
export const qualifiedName: NameRule = (value) => {
  const parts = value.split('/');
  if (parts.length === 1) return value === '' ? ['name part must be non-empty', ...qualifiedPart(value)] : qualifiedPart(value);
  const [prefix = '', name = ''] = parts;
  if (parts.length > 2) {
    const text =
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    return [
      `${text} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const inPrefix = prefix === '' ? ['prefix part must be non-empty'] : subdomain(prefix).map((why) => `prefix part ${why}`);
  return [...inPrefix, ...(name === '' ? ['name part must be non-empty'] : []), ...qualifiedPart(name)];
};
