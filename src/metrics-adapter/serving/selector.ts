/**
 * Label selectors as the Kubernetes API reads them from a query: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Pure. `>` and `<` belong to the
 * grammar too, but no label here is a number, so they are refused with the rest.
 */

export type Operator = 'in' | 'notin' | 'exists' | 'absent';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Of `in` and `notin`; equality is `in` with one value. */
  readonly values: readonly string[];
}

export type ParsedSelector = {readonly requirements: readonly Requirement[]} | {readonly problem: string};

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';
const KEY = new RegExp(`^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?${NAME}$`, 'u');
const VALUE = new RegExp(`^(?:${NAME})?$`, 'u');
const MAX_NAME = 63;

const SET = /^\s*(\S+)\s+(in|notin)\s*\(([^()]*)\)\s*$/u;
const EQUALITY = /^\s*([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)\s*$/u;
const PRESENCE = /^\s*(!?)\s*([^\s=!(),]+)\s*$/u;

/** An empty text selects everything: no requirements. */
export function parseSelector(text: string): ParsedSelector {
  if (text.trim() === '') return {requirements: []};
  const parts = split(text);
  if (parts === undefined) return {problem: `selector ${text}: parentheses do not match`};
  const requirements: Requirement[] = [];
  for (const part of parts) {
    const requirement = parseRequirement(part);
    if (requirement === undefined) return {problem: `selector ${text}: cannot read ${part.trim() === '' ? 'an empty part' : part.trim()}`};
    const problem = problemOf(requirement);
    if (problem !== undefined) return {problem: `selector ${text}: ${problem}`};
    requirements.push(requirement);
  }
  return {requirements};
}

/** At the commas outside parentheses. */
function split(text: string): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0 || depth > 1) return undefined;
    if (character !== ',' || depth > 0) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  return depth === 0 ? [...parts, text.slice(from)] : undefined;
}

function parseRequirement(part: string): Requirement | undefined {
  const [, setKey, setOperator, list] = SET.exec(part) ?? [];
  if (setKey !== undefined && list !== undefined) {
    return {key: setKey, operator: setOperator === 'in' ? 'in' : 'notin', values: list.split(',').map((value) => value.trim())};
  }
  const [, key, sign, value] = EQUALITY.exec(part) ?? [];
  if (key !== undefined && value !== undefined) return {key, operator: sign === '!=' ? 'notin' : 'in', values: [value]};
  const [, not, named] = PRESENCE.exec(part) ?? [];
  return named === undefined ? undefined : {key: named, operator: not === '!' ? 'absent' : 'exists', values: []};
}

function problemOf({key, values}: Requirement): string | undefined {
  const name = key.slice(key.indexOf('/') + 1);
  if (!KEY.test(key) || name.length > MAX_NAME) return `${key} is no label key`;
  const wrong = values.find((value) => !VALUE.test(value) || value.length > MAX_NAME);
  return wrong === undefined ? undefined : `${wrong} is no label value`;
}
