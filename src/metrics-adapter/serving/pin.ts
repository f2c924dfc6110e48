/**
 * From a metric's selector to one query. A series is pinned by labels `rsg`, `role`, `group` and `quantile`, each to exactly one value: an
 * HPA adds up whatever it gets, so a selector that could mean several is refused. Pure.
 */
import type {MetricQuery} from '../query.ts';
import {parseSelector, type Requirement} from './selector.ts';

const KEYS = ['rsg', 'role', 'group', 'quantile'] as const;
type Key = (typeof KEYS)[number];

/** The labels as asked for, which an answer repeats. */
export type Pinned = Readonly<Partial<Record<Key, string>>>;

export type PinResult = {readonly pinned: Pinned} | {readonly problem: string};

/** What the selector says; `rsg` may be missing from it. */
export function pin(selector: string): PinResult {
  const parsed = parseSelector(selector);
  if ('problem' in parsed) return parsed;
  const pinned: Partial<Record<Key, string>> = {};
  for (const requirement of parsed.requirements) {
    const key = KEYS.find((one) => one === requirement.key);
    if (key === undefined) return {problem: `${requirement.key}: no such label; a selector may have ${KEYS.join(', ')}`};
    const value = only(requirement);
    if (value === undefined) return {problem: `the selector must name exactly one ${key}, such as ${key}=${EXAMPLES[key]}`};
    if ((pinned[key] ?? value) !== value) return {problem: `the selector names two values of ${key}: ${pinned[key] ?? ''} and ${value}`};
    pinned[key] = value;
  }
  if (pinned.quantile !== undefined && !/^(?:0?\.\d+|[01](?:\.0+)?)$/u.test(pinned.quantile)) {
    return {problem: `quantile ${pinned.quantile} must be a number between 0 and 1, such as 0.95`};
  }
  return {pinned};
}

const EXAMPLES: Readonly<Record<Key, string>> = {rsg: 'llama', role: 'decode', group: 'group1', quantile: '0.95'};

function only({operator, values}: Requirement): string | undefined {
  const [value, ...others] = new Set(values);
  return operator === 'in' && others.length === 0 && value !== '' ? value : undefined;
}

export function queryOf(subject: {readonly namespace: string; readonly rsg: string; readonly metric: string}, pinned: Pinned): MetricQuery {
  const {role, group, quantile} = pinned;
  return {
    ...subject,
    ...(role === undefined ? {} : {role}),
    ...(group === undefined ? {} : {group}),
    ...(quantile === undefined ? {} : {quantile: Number(quantile)}),
  };
}
