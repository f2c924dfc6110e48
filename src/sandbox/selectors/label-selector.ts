/** Label selectors: the query parameter's text, and the object form that workloads and scales have. Pure. */
import {asObject, strings, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {labelValue, qualifiedName} from '../validation/causes.ts';

type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!' | '>' | '<';
  readonly values: readonly string[];
}

export type LabelSelector = readonly Requirement[];

export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export function matchesLabels(selector: LabelSelector, labels: Labels = {}): boolean {
  return selector.every((requirement) => meets(requirement, labels[requirement.key]));
}

function meets({operator, values}: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case '>':
    case '<': {
      const [left, right] = [Number(value), Number(values[0])];
      return value !== undefined && Number.isInteger(left) && (operator === '>' ? left > right : left < right);
    }
  }
}

export function labelsOf(object: KubeObject): Labels {
  return object.metadata.labels ?? {};
}

/** Requirements, separated by commas outside parentheses. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.trim() === '') return [];
  return splitTopLevel(text).map(parseRequirement);
}

function splitTopLevel(text: string): string[] {
  return text.split(/,(?![^(]*\))/u).map((part) => part.trim());
}

function parseRequirement(text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/u.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    return checked({key, operator: operator === 'in' ? 'in' : 'notin', values: list.split(',').map((one) => one.trim())}, text);
  }
  const equal = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*([^=!<>\s]*)$/u.exec(text);
  if (equal !== null) {
    const [, key = '', sign = '', value = ''] = equal;
    const operator = sign === '!=' ? 'notin' : sign === '>' || sign === '<' ? sign : 'in';
    return checked({key, operator, values: [value]}, text);
  }
  const exists = /^(!?)\s*([^=!<>\s(),]+)$/u.exec(text);
  if (exists !== null) return checked({key: exists[2] ?? '', operator: exists[1] === '!' ? '!' : 'exists', values: []}, text);
  throw new SelectorError(misread(text));
}

/** Where the reading of a requirement ends, in the words of the real one's lexer. */
function misread(text: string): string {
  const [, key, rest = ''] = /^!?\s*([^=!<>\s(),]+)\s*(.*)$/u.exec(text) ?? [];
  if (key === undefined) return `unable to parse requirement: found '${text}', expected: !, identifier, or 'end of string'`;
  const [, more] = /^(?:==|=|!=|>|<)\s*[^=!<>\s(),]*\s*(=|!|<|>|[^=!<>\s(),]+)/u.exec(rest) ?? [];
  if (more !== undefined) return `found '${more}', expected: ',' or 'end of string'`;
  const [word = ''] = rest.split(/\s/u, 1);
  return `unable to parse requirement: found '${word}', expected: in, notin, =, ==, !=, gt, lt`;
}

function checked(requirement: Requirement, text: string): Requirement {
  const [inKey] = qualifiedName(requirement.key);
  if (inKey !== undefined)
    throw new SelectorError(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(requirement.key)}: ${inKey}`);
  const isNumeric = requirement.operator === '>' || requirement.operator === '<';
  if (isNumeric && !/^-?\d+$/u.test(requirement.values[0] ?? '')) {
    throw new SelectorError(`unable to parse requirement: ${text}: for 'Gt', 'Lt' operators, the value must be an integer`);
  }
  for (const value of requirement.values) {
    const [why] = labelValue(value);
    if (why !== undefined) {
      const where = `values[0][${requirement.key}]`;
      throw new SelectorError(`unable to parse requirement: ${where}: Invalid value: ${JSON.stringify(value)}: ${why}`);
    }
  }
  return requirement;
}

/** `matchLabels` and `matchExpressions` of a workload's or a budget's selector. */
export function fromObject(selector: Json): LabelSelector {
  const equal = Object.entries(strings(selector['matchLabels'])).map(([key, value]) => ({key, operator: 'in', values: [value]}) as const);
  const expressions = selector['matchExpressions'];
  return [...equal, ...(Array.isArray(expressions) ? expressions.map((one) => fromExpression(asObject(one))) : [])];
}

const OPERATORS: Readonly<Record<string, Requirement['operator']>> = {In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!'};

function fromExpression(expression: Json): Requirement {
  const {key, operator, values} = expression;
  return {
    key: String(key),
    operator: OPERATORS[String(operator)] ?? 'in',
    values: Array.isArray(values) ? values.map(String) : [],
  };
}

/** As the API server writes selectors in `/scale` and in tables: sorted by key. */
export function formatSelector(selector: Json): string {
  const sorted = fromObject(selector).toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.map(formatRequirement).join(',');
}

function formatRequirement({key, operator, values}: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
      if (values.length === 1) return `${key}=${values[0] ?? ''}`;
      return `${key} in (${[...values].sort().join(',')})`;
    case 'notin':
      return `${key} notin (${[...values].sort().join(',')})`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}
