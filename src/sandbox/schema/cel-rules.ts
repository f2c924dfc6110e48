/**
 * `x-kubernetes-validations`: the rules in CEL that a schema carries, compiled once. A rule that names `oldSelf` is a rule about changes and
 * runs only where there was a value before.
 */
import {celEnv, isCelError, parse, plan, type CelInput} from '@bufbuild/cel';
import {asObject, type Json} from '../../api/json.ts';
import type {StatusCause} from '../api-error.ts';
import {listOf, textOf} from '../kinds/fill.ts';

type Verdict = (bindings: Record<string, CelInput>) => unknown;

interface CompiledRule {
  readonly verdict: Verdict;
  readonly message: string;
  readonly fieldPath: string;
  readonly isTransition: boolean;
}

interface CompiledNode {
  readonly schema: Json;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, CompiledNode>;
  readonly items: CompiledNode | undefined;
  readonly values: CompiledNode | undefined;
}

export interface CelRules {
  /** Mistakes of `value`, which the schema itself found well formed. */
  check(value: unknown, before: unknown): readonly StatusCause[];
}

/** Words that CEL reserves; the API server escapes fields of those names. */
const RESERVED = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);
const escaped = (name: string): string => (RESERVED.has(name) ? `__${name}__` : name);

/** Throws for a rule that is no CEL. */
export function compileRules(schema: Json): CelRules {
  const root = compile(schema);
  return {check: (value, before) => (root === undefined ? [] : checkNode(root, {value, before, path: ''}))};
}

/** Undefined for a schema without rules, all the way down. */
function compile(schema: Json): CompiledNode | undefined {
  const rules = listOf(schema['x-kubernetes-validations']).map(compileRule);
  const properties = new Map<string, CompiledNode>();
  for (const [name, inner] of Object.entries(asObject(schema['properties']))) {
    const node = compile(asObject(inner));
    if (node !== undefined) properties.set(name, node);
  }
  const items = schema['items'] === undefined ? undefined : compile(asObject(schema['items']));
  const more = schema['additionalProperties'];
  const values = more === undefined ? undefined : compile(asObject(more));
  if (rules.length === 0 && properties.size === 0 && items === undefined && values === undefined) return undefined;
  return {schema, rules, properties, items, values};
}

function compileRule(rule: Json): CompiledRule {
  const expression = textOf(rule['rule']);
  const run = plan(celEnv(), parse(expression));
  return {
    verdict: (bindings) => run(bindings),
    message: textOf(rule['message']) === '' ? `failed rule: ${expression}` : textOf(rule['message']),
    fieldPath: textOf(rule['fieldPath']),
    isTransition: /\boldSelf\b/u.test(expression),
  };
}

interface Place {
  readonly value: unknown;
  readonly before: unknown;
  readonly path: string;
}

function checkNode(node: CompiledNode, {value, before, path}: Place): StatusCause[] {
  if (value === undefined || value === null) return [];
  const own = node.rules.flatMap((rule) => checkRule(rule, node.schema, {value, before, path}));
  if (Array.isArray(value)) {
    const {items} = node;
    return [
      ...own,
      ...(items === undefined
        ? []
        : value.flatMap((item, at) => checkNode(items, {value: item, before: undefined, path: `${path}[${String(at)}]`}))),
    ];
  }
  const fields = asObject(value);
  const old = asObject(before);
  const inner = Object.keys(fields).flatMap((key) => {
    const child = node.properties.get(key) ?? node.values;
    const where = path === '' ? key : `${path}.${key}`;
    return child === undefined ? [] : checkNode(child, {value: fields[key], before: old[key], path: where});
  });
  return [...own, ...inner];
}

function checkRule(rule: CompiledRule, schema: Json, {value, before, path}: Place): StatusCause[] {
  if (rule.isTransition && before === undefined) return [];
  const bindings: Record<string, CelInput> = {self: toCel(schema, value)};
  if (rule.isTransition) bindings['oldSelf'] = toCel(schema, before);
  const verdict = rule.verdict(bindings);
  if (verdict === true) return [];
  const field = `${path}${rule.fieldPath}`.replace(/^\./u, '');
  const message = isCelError(verdict) ? `rule evaluation error: ${verdict.message}` : rule.message;
  // Only single values are shown.
  const shown = typeof value === 'object' ? '' : `${JSON.stringify(value)}: `;
  return [{reason: 'FieldValueInvalid', message: `Invalid value: ${shown}${message}`, field}];
}

/** JSON as CEL sees it under a schema: whole numbers are ints only where the schema says so. */
function toCel(schema: Json, value: unknown): CelInput {
  if (Array.isArray(value)) return value.map((item) => toCel(asObject(schema['items']), item));
  if (typeof value === 'number') {
    const isInt = schema['type'] === 'integer' || (schema['type'] !== 'number' && Number.isInteger(value));
    return isInt ? BigInt(Math.trunc(value)) : value;
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  const properties = asObject(schema['properties']);
  const more = asObject(schema['additionalProperties']);
  const entries = Object.entries(value).map(([key, inner]): [string, CelInput] => [
    escaped(key),
    toCel(asObject(properties[key] ?? more), inner),
  ]);
  return new Map(entries);
}
